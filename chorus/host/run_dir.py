"""Private folder of a run: how it is to be started, what its launcher recorded, its output.

launch.json   argv, cwd and environment of the agent (0600: it holds the run's token)
agent.json    pid and start time, written by the launcher when the agent lives
exit.json     how it ended, written by the launcher
log/          the terminal's output, see `chorus.host.terminal.output_log`
prompt        the prompt, when it is to be typed into the terminal
sent-<id>     how far the message with this id was typed: JSON lines, see `chorus.host.terminal.typing_once`
context-<id>.json  what is put before this message, or (`start`) before the first prompt
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus.backends import Launch
from chorus.errors import StorageFull
from chorus.platform.file_watch import wait_for_file
from chorus.platform.processes import Process

#: The file that keeps a prompt that is to be typed.
PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class ExitRecord:
    exit_code: int | None
    signal: str | None
    error: str | None
    terminal_gone: bool


@dataclass(frozen=True, slots=True)
class TypingProgress:
    """How far a text was typed: `given` pieces for certain; the next one, if it was, after this offset of
    the output.
    """

    given: int
    offset: int


class RunDir:
    def __init__(self, state_dir: Path, run_id: str) -> None:
        self.path = state_dir / "runs" / run_id
        self.log = self.path / "log"

    def prepare(self, launch: Launch, files: Mapping[str, str], cwd: str, env: Mapping[str, str]) -> None:
        """Write everything the launcher and the agent need; safe to repeat until the agent is started."""
        self.log.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in files.items():
            self._write(name, text)
        content = {"argv": list(launch.argv), "cwd": cwd, "env": dict(env), "stdin": launch.stdin}
        self._write("launch.json", json.dumps(content))

    def _write(self, name: str, text: str) -> None:
        target = self.path / name
        if target.parent != self.path:
            raise ValueError(f"a run's file must lie in its folder: {name!r}")
        temporary = target.with_name(f".{name}.new")
        with storage_errors():
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        temporary.rename(target)

    def save(self, name: str, data: Mapping[str, Any]) -> None:
        """Write something down that must be the same when it is asked for again."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(name, json.dumps(data))

    def load(self, name: str) -> dict[str, Any] | None:
        return self._read(name)

    # --- what was typed -----------------------------------------------------------------------------

    def typed(self, name: str) -> TypingProgress | None:
        """How far the text of this name was typed; None when that was never begun."""
        try:
            lines = (self.path / f"sent-{name}").read_bytes().splitlines()
        except FileNotFoundError:
            return None
        notes = [note for line in lines if (note := _parse(line)) is not None]
        return TypingProgress(notes[-1]["given"], notes[-1]["offset"]) if notes else None

    def note_typing(self, name: str, given: int, offset: int) -> None:
        """So many pieces were given; the next one is about to be, when the output is at this offset."""
        note = json.dumps({"given": given, "offset": offset}).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with (
            storage_errors(),
            open(os.open(self.path / f"sent-{name}", flags, 0o600), "wb", buffering=0) as file,
        ):
            file.write(note)

    def prompt(self) -> str | None:
        """The prompt that is to be typed; None when the agent got it otherwise."""
        try:
            return (self.path / PROMPT).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    # --- what the launcher recorded -----------------------------------------------------------------

    @property
    def started(self) -> bool:
        return (self.path / "started").exists()

    def agent(self) -> Process | None:
        data = self._read("agent.json")
        return Process(int(data["pid"]), int(data["start_time"])) if data else None

    def environment(self) -> dict[str, str]:
        """The environment the agent was started with."""
        data = self._read("launch.json")
        return dict(data["env"]) if data else {}

    def exit(self) -> ExitRecord | None:
        data = self._read("exit.json")
        if data is None:
            return None
        gone = bool(data.get("terminal_gone"))
        return ExitRecord(data.get("exit_code"), data.get("signal"), data.get("error"), gone)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            return _parse((self.path / name).read_bytes())
        except OSError:
            return None

    async def wait_for(self, *names: str) -> None:
        """Wait until one of these files is there; the caller sets the time-out."""
        await wait_for_file(self.path, *names)


@contextmanager
def storage_errors() -> Iterator[None]:
    """A full disk is said as one."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull() from error
        raise


def _parse(data: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else, such as half a line."""
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
