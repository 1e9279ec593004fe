"""Runs a headless agent between files: `relay.py RUN_DIR [--once] [--keep BYTES] -- COMMAND...`.

The agent writes its lines into this program, which appends them to `output.jsonl` as they are and shows them
in the terminal in words. What is appended to `input.jsonl` is given to the agent, line by line; a byte in the
named pipe `bell` says that there is more. So it outlives the server, which reads and writes files.
`output.jsonl` goes on in `output.jsonl.OFFSET` (20 digits: the bytes before it). The server removes what it
has read, and this program what is more than --keep bytes old, read or not. No line is ever cut.
With --once the agent gets no more input after its first result, and ends. This program ends as the agent did.
It needs only the standard library.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import subprocess
import sys
import termios
import time

TYPE_CHECKING = False  # importing typing would double the time this script takes to start
if TYPE_CHECKING:
    from typing import Any

CHUNK = 65_536

#: Seconds between attempts to write to a disk that is full: the agent waits that long.
FULL_SECONDS = 1.0

#: Bytes of what the agent said that are kept for a server that is away, and in one file of it.
KEEP = 512 * 1024 * 1024
SEGMENT = 8 * 1024 * 1024

#: Lines and characters of an answer of a tool that are shown.
SHOWN_LINES = 4
SHOWN_CHARS = 160

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Relay:
    def __init__(self, run_dir: str, once: bool, command: list[str], keep: int = KEEP) -> None:
        self.once = once
        self.over = False
        self.screen = Screen()
        self.output = Output(os.path.join(run_dir, "output.jsonl"), keep)
        self.input = os.path.join(run_dir, "input.jsonl")
        self.read_to = 0
        self.pending = b""  # of the input, not yet taken by the agent
        self.partial = b""  # of the output, the line that is not whole yet
        self.bell = _pipe(os.path.join(run_dir, "bell"))
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.stdin, self.stdout = self.child.stdin.fileno(), self.child.stdout.fileno()
        os.set_blocking(self.stdin, False)

    def run(self) -> int:
        poll = select.poll()
        poll.register(self.stdout, select.POLLIN)
        poll.register(self.bell, select.POLLIN)
        self.take_input()
        while True:
            wanted = select.POLLOUT if self.pending and not self.over else 0
            if not self.over:
                poll.register(self.stdin, wanted)
            for descriptor, event in poll.poll():
                if descriptor == self.bell:
                    os.read(self.bell, CHUNK)
                    self.take_input()
                elif descriptor == self.stdin and not self.over:
                    self.give() if event & select.POLLOUT else self.close(poll)
                elif descriptor == self.stdout and not self.take_output():
                    return self.child.wait()
            if self.over and self.child.stdin and not self.child.stdin.closed:
                self.close(poll)

    def close(self, poll: select.poll) -> None:
        self.over = True
        with contextlib.suppress(KeyError):
            poll.unregister(self.stdin)
        if self.child.stdin:
            self.child.stdin.close()

    def take_input(self) -> None:
        """Whole lines only: half a line would end the agent."""
        try:
            with open(self.input, "rb") as file:
                file.seek(self.read_to)
                data = file.read()
        except FileNotFoundError:
            return
        end = data.rfind(b"\n") + 1
        self.read_to += end
        self.pending += data[:end]

    def give(self) -> None:
        try:
            written = os.write(self.stdin, self.pending)
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.over = True
            return
        self.pending = self.pending[written:]

    def take_output(self) -> bool:
        data = os.read(self.stdout, CHUNK)
        if not data:
            return False
        self.output.write(data)
        *lines, self.partial = (self.partial + data).split(b"\n")
        for line in lines:
            self.heard(line)
        return True

    def heard(self, line: bytes) -> None:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            self.screen.say(line.decode(errors="replace"))
            return
        if isinstance(found, dict):
            with contextlib.suppress(Exception):  # whatever it says, the agent goes on
                self.screen.show(found)
            if self.once and found.get("type") == "result":
                self.over = True


class Output:
    """What the agent said, in files that follow each other; each begins with a line."""

    def __init__(self, path: str, keep: int) -> None:
        self.path = path
        self.keep = keep
        self.segment_bytes = min(SEGMENT, keep // 4)
        self.file = os.open(path, _APPEND, 0o600)
        self.offset = os.fstat(self.file).st_size
        self.segments = [(0, path)]  # where each begins, those that are gone not among them

    def write(self, data: bytes) -> None:
        end = data.find(b"\n") + 1
        if end and self.offset - self.segments[-1][0] >= self.segment_bytes:
            self.append(data[:end])
            data = data[end:]
            self.next_segment()
        self.append(data)

    def append(self, data: bytes) -> None:
        _store(self.file, data)
        self.offset += len(data)

    def next_segment(self) -> None:
        path = f"{self.path}.{self.offset:020}"
        try:
            file = os.open(path, _APPEND, 0o600)
        except OSError:  # no room for a file: the one there is goes on
            return
        os.close(self.file)
        self.file = file
        self.segments.append((self.offset, path))
        while len(self.segments) > 1 and self.offset - self.segments[1][0] >= self.keep:
            with contextlib.suppress(OSError):  # the server may have removed it
                os.unlink(self.segments.pop(0)[1])


def _store(descriptor: int, data: bytes) -> None:
    """Append all of it. On a full disk the agent waits: nothing it says is lost."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            time.sleep(FULL_SECONDS)


def _pipe(path: str) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    # For writing as well, so that it never ends when a writer goes.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)


class Screen:
    """What happens, in words for whoever looks at the terminal."""

    def show(self, line: dict[str, Any]) -> None:
        kind = line.get("type")
        indent = "  " if line.get("parent_tool_use_id") else ""
        if kind == "assistant":
            for block in _blocks(line):
                self.block(block, indent)
        elif kind == "user" and line.get("isReplay"):
            self.say("\n> " + _words(line["message"]["content"]), indent)
        elif kind == "user":
            for block in _blocks(line):
                self.result(block, indent)
        elif kind == "control_request":
            request = line["request"]
            self.say(f"? {request.get('tool_name')} needs approval: answer in Chorus", indent)
        elif kind == "result":
            cost = line.get("total_cost_usd")
            price = f", ${cost:.4f}" if isinstance(cost, float) else ""
            how = "error" if line.get("is_error") else "done"
            said = f": {line.get('result') or line.get('subtype')}" if line.get("is_error") else ""
            self.say(f"-- {how} after {line.get('duration_ms', 0) / 1000:.1f} s{price}{said}")
        elif kind == "system" and line.get("subtype") == "api_retry":
            self.say(f"! retrying, attempt {line.get('attempt')}: {line.get('error')}")

    def block(self, block: dict[str, Any], indent: str) -> None:
        if block.get("type") == "text":
            self.say(block["text"], indent)
        elif block.get("type") == "tool_use":
            given = block.get("input") or {}
            names = ("command", "file_path", "path", "pattern", "url", "query", "description")
            about = next((str(given[name]) for name in names if given.get(name)), "")
            self.say(f"* {block.get('name')} {about}"[:SHOWN_CHARS], indent)

    def result(self, block: dict[str, Any], indent: str) -> None:
        if block.get("type") != "tool_result":
            return
        lines = _words(block.get("content")).splitlines()
        for line in lines[:SHOWN_LINES]:
            self.say(f"  | {line[:SHOWN_CHARS]}", indent)
        if len(lines) > SHOWN_LINES:
            self.say(f"  | ({len(lines) - SHOWN_LINES} more lines)", indent)

    def say(self, text: str, indent: str = "") -> None:
        """Printable characters only: what an agent read must not steer a terminal."""
        for line in text.split("\n"):
            shown = "".join(char if char.isprintable() else " " for char in line)
            with contextlib.suppress(OSError):
                _store(1, f"{indent}{shown}\n".encode(errors="replace"))


def _blocks(line: dict[str, Any]) -> list[dict[str, Any]]:
    content = line["message"]["content"]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _words(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts)


def _quiet_terminal() -> None:
    """Keys go nowhere, so they are not shown either."""
    with contextlib.suppress(termios.error, OSError):
        mode = termios.tcgetattr(0)
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, mode)


def main(run_dir: str, once: bool, command: list[str], keep: int = KEEP) -> None:
    # A handler that does nothing, unlike SIG_IGN, is not inherited: the agent, which is in the same process
    # group, takes the signal as it likes, and this program ends after it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    _quiet_terminal()
    code = Relay(run_dir, once, command, keep).run()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    words = sys.argv[1:]
    at = words.index("--")
    given = words[1:at]
    keep_bytes = int(given[given.index("--keep") + 1]) if "--keep" in given else KEEP
    main(words[0], "--once" in given, words[at + 1 :], keep_bytes)
