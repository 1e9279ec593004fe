"""Session backends: where agents run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """A process to start in a terminal of the task's own.

    `argv` is a launcher of Chorus: it changes to the right directory, sets the agent's environment and
    records how it ended, so nothing here is text of a user. `log_argv` is a program that takes the
    terminal's output bytes on standard input and never blocks: the backend feeds it from the first byte,
    whether or not a server of Chorus is alive. `environment` is all the session may inherit.
    """

    task_id: str
    run_id: str
    argv: Sequence[str]
    log_argv: Sequence[str]
    environment: Mapping[str, str]
    cols: int = 120
    rows: int = 40


@dataclass(frozen=True, slots=True)
class SessionState:
    """What was seen of a task's session.

    `run_id` is the marker it was started with. `alive` is False when the terminal is there but its
    process has ended. `title` is what the program set as its title: text of a stranger.
    """

    task_id: str
    run_id: str | None
    alive: bool
    pid: int | None = None
    title: str = ""
    cols: int = 0
    rows: int = 0


@runtime_checkable
class SessionBackend(Protocol):
    """Runs agents in terminals that outlive the server."""

    name: str

    def check(self) -> str | None:
        """Why this backend cannot work here; None when it can."""
        return None

    async def start(self, spec: SessionSpec) -> SessionState:
        """Have exactly one session of the task running this run; an earlier run's terminal in it is
        replaced.
        """
        ...

    async def observe(self, task_id: str) -> SessionState | None:
        """The task's session as it is; None only when it is certain that there is none."""
        ...

    async def sessions(self) -> Sequence[SessionState]:
        """All sessions that carry a marker of this Chorus, to adopt them after a restart."""
        ...

    async def input(self, task_id: str, data: bytes) -> None:
        """Give the program these bytes exactly as they are. Raises Conflict when it has ended."""
        ...

    async def resize(self, task_id: str, cols: int, rows: int) -> None: ...

    async def screen(self, task_id: str) -> str:
        """The text that is visible now."""
        ...

    async def stop(self, task_id: str) -> None:
        """End the session and everything in it. No session: nothing to do."""
        ...

    def attach_command(self, task_id: str) -> Sequence[str]:
        """The command with which a person joins the session in a terminal."""
        ...

    async def close(self) -> None:
        """Let go of connections; sessions stay."""
