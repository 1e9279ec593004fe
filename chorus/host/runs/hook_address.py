"""Address to which agents report: an agent outlives servers, and the next one may have another address.

It is in a file, for hooks that can look there. Those that cannot, such as hooks over HTTP, go on reporting to
the address they were started with: the server listens there as well, as long as such an agent lives.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

FILE_NAME = "hook-url"


class ReportListeners(Protocol):
    """Further addresses at which the server takes reports."""

    def open(self, url: str) -> None:
        """Take reports there, too, if that is not done already. Raise Conflict when another program does."""
        ...

    def close(self, url: str) -> None: ...


class HookAddress:
    def __init__(self, state_dir: Path, url: Callable[[], str], listeners: ReportListeners) -> None:
        self.file = state_dir.absolute() / FILE_NAME
        self._url = url
        self._listeners = listeners
        self._previous: dict[str, str] = {}

    def listen_for(self, run_id: str, url: str | None) -> None:
        """Listen at the address that a run was started with. Raise Conflict when that is not possible."""
        if url and url != self.current() and run_id not in self._previous:
            self._listeners.open(url)
            self._previous[run_id] = url

    def release(self, run_id: str) -> None:
        """Stop listening for a run that is over; the address is closed with the last run that has it."""
        url = self._previous.pop(run_id, None)
        if url is not None and url not in self._previous.values():
            self._listeners.close(url)

    def current(self) -> str:
        return self._url()

    def write(self) -> None:
        """Write the current address to the file. Readers see one address meanwhile, the old or the new."""
        new = self.file.with_name(f"{FILE_NAME}.{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(self.current())
        new.replace(self.file)
