"""Where agents report to: an agent outlives servers, and the next one may have another address.

It is in a file, for what can look there. What cannot, such as a hook over HTTP, goes on reporting to the
address it was started with: that one is listened at as well, as long as the agent lives.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

NAME = "hook-url"


class Doors(Protocol):
    """Further addresses at which reports are taken."""

    def open(self, url: str) -> None:
        """Take reports there, too, if that is not done already. Raises Conflict when somebody else does."""
        ...

    def close(self, url: str) -> None: ...


class HookAddress:
    def __init__(self, state_dir: Path, url: Callable[[], str], doors: Doors) -> None:
        self.file = state_dir.absolute() / NAME
        self._url = url
        self._doors = doors
        self._former: dict[str, str] = {}

    def keep(self, run_id: str, url: str | None) -> None:
        """Hear what this run reports to the address it was started with. Raises Conflict when that is not
        possible any more.
        """
        if url and url != self.now() and run_id not in self._former:
            self._doors.open(url)
            self._former[run_id] = url

    def let_go(self, run_id: str) -> None:
        """The run is over. The address of the last one is given back."""
        url = self._former.pop(run_id, None)
        if url is not None and url not in self._former.values():
            self._doors.close(url)

    def now(self) -> str:
        return self._url()

    def tell(self) -> None:
        """Write down where reports go from now on. Whoever reads meanwhile sees one address, old or new."""
        new = self.file.with_name(f"{NAME}.{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(self.now())
        new.replace(self.file)
