"""The program between a headless agent and its files, with small programs as agents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks import relay

pytestmark = pytest.mark.timeout(120)

#: Says back what it is told, and ends with the input.
ECHO = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"type": "result", "got": json.loads(line)}), flush=True)
"""


class Running:
    def __init__(self, folder: Path, script: str, *options: str) -> None:
        self.folder = folder
        command = [sys.executable, "-I", "-S", relay.__file__, str(folder), *options]
        self.process = subprocess.Popen(
            [*command, "--", sys.executable, "-u", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def tell(self, line: dict[str, Any], end: str = "\n") -> None:
        with (self.folder / "input.jsonl").open("a") as file:
            file.write(json.dumps(line) + end)

    def ring(self) -> None:
        self.until(self._rung)

    def _rung(self) -> bool:
        try:
            bell = os.open(self.folder / "bell", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # it is not there yet, or nobody listens yet
            return False
        os.write(bell, b"\n")
        os.close(bell)
        return True

    def said(self) -> list[dict[str, Any]]:
        """The lines that are whole by now."""
        try:
            text = (self.folder / "output.jsonl").read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def until(self, wanted: Callable[[], object]) -> None:
        deadline = time.monotonic() + 40
        while not wanted():
            assert time.monotonic() < deadline
            time.sleep(0.01)  # files of another process: nothing tells

    def end(self) -> tuple[int, str]:
        screen = self.process.communicate(timeout=20)[0]
        return self.process.returncode, screen.decode()


@pytest.fixture
def running(tmp_path: Path) -> Any:
    started: list[Running] = []

    def start(script: str, *options: str) -> Running:
        started.append(Running(tmp_path, script, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.communicate()


def test_lines_go_both_ways_and_half_a_line_waits(running: Any, tmp_path: Path) -> None:
    (tmp_path / "input.jsonl").write_text('{"before": 1}\n')
    agent = running(ECHO)
    agent.until(lambda: len(agent.said()) == 1)
    agent.tell({"half": 2}, end="")
    agent.ring()
    agent.tell({}, end="")
    with (tmp_path / "input.jsonl").open("r+") as file:  # what a server that died had begun is mended
        file.truncate(len('{"before": 1}\n'))
    agent.tell({"whole": "x" * 300_000})
    agent.ring()
    agent.until(lambda: len(agent.said()) == 2)
    assert [list(one["got"]) for one in agent.said()] == [["before"], ["whole"]]


def test_once_ends_after_the_first_result(running: Any, tmp_path: Path) -> None:
    (tmp_path / "input.jsonl").write_text('{"one": 1}\n')
    agent = running(ECHO, "--once")
    code, _ = agent.end()
    assert (code, len(agent.said())) == (0, 1)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_it_ends_as_the_agent_did(running: Any, script: str, code: int) -> None:
    assert running(script).end()[0] == code


def test_a_signal_to_the_group_is_the_agents_to_take(running: Any) -> None:
    script = """
import signal, sys, time
def leave(*_):
    print('{"type": "left"}', flush=True)
    sys.exit(5)
signal.signal(signal.SIGTERM, leave)
print('{"type": "up"}', flush=True)
time.sleep(60)
"""
    agent = running(script)
    agent.until(agent.said)
    os.killpg(agent.process.pid, signal.SIGTERM)
    assert agent.end()[0] == 5
    assert agent.said()[-1] == {"type": "left"}


def test_the_terminal_shows_words_and_is_not_steered(running: Any) -> None:
    lines = [
        {"type": "assistant", "message": {"content": [{"type": "text", "text": "Hello\x1b]0;evil\x07"}]}},
        {
            "type": "assistant",
            "message": {"content": [{"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}]},
        },
        {
            "type": "user",
            "message": {"content": [{"type": "tool_result", "content": "\n".join("abcdef") + "\x1b[2J"}]},
        },
        {"type": "assistant", "message": "nothing as expected"},
        {"type": "result", "is_error": False, "duration_ms": 1500, "total_cost_usd": 0.25},
    ]
    script = (
        f"print({json.dumps(chr(10).join(json.dumps(line) for line in lines))}); print('not JSON \\x1b[2J')"
    )
    code, screen = running(script).end()
    assert code == 0
    assert screen.splitlines() == [
        *("Hello ]0;evil ", "* Bash ls", "  | a", "  | b", "  | c", "  | d", "  | (2 more lines)"),
        *("-- done after 1.5 s, $0.2500", "not JSON  [2J"),
    ]


def test_its_output_goes_on_in_further_files_and_the_oldest_go(running: Any, tmp_path: Path) -> None:
    script = 'for n in range(1000): print(\'{"n": %d, "x": "%s"}\' % (n, "x" * 1000))'
    agent = running(script, "--keep", "200000")
    assert agent.end()[0] == 0
    files = sorted(tmp_path.glob("output.jsonl*"))
    assert files[0].name != "output.jsonl"
    assert 200_000 <= sum(path.stat().st_size for path in files) < 200_000 + 50_000 + 2 * relay.CHUNK
    # Each begins where the one before it ended, and with a whole line.
    for one, following in zip(files, files[1:], strict=False):
        assert int(one.suffix[1:]) + one.stat().st_size == int(following.suffix[1:])
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    assert [line["n"] for line in lines] == list(range(lines[0]["n"], 1000))
