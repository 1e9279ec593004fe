"""Where agents report to, in a file: an agent outlives servers, and the next one may have another address."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

NAME = "hook-url"


class HookAddress:
    def __init__(self, state_dir: Path, url: Callable[[], str]) -> None:
        self.file = state_dir.absolute() / NAME
        self._url = url

    def now(self) -> str:
        return self._url()

    def tell(self) -> None:
        """Write down where reports go from now on. Whoever reads meanwhile sees one address, old or new."""
        new = self.file.with_name(f"{NAME}.{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(self.now())
        new.replace(self.file)
