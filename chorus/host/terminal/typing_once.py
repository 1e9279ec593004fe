"""Typing into a terminal: keys, and texts that are typed once although the server may die meanwhile.

A terminal cannot be asked what was typed into it. But it shows it: programs that take input echo it, and
an agent that is typed to is idle, so it says nothing else. Before each piece the place in the output log
is noted; after a crash the output from there on tells whether the piece arrived.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from chorus.backends import Agent, Keys, SessionBackend
from chorus.crash import point
from chorus.errors import StorageFull
from chorus.host.backends.calls import call
from chorus.host.run_dir import RunDir
from chorus.host.terminal.output_log import OutputLog
from chorus.model import Task

#: Seconds that an echo may take to reach the log.
ECHO_SECONDS = 1.0

#: Letters and digits of a piece that are looked for in the output.
_ECHO_CHARS = 24

#: Bytes of output that are searched; an echo is at their beginning.
_SEARCHED_BYTES = 64 * 1024

#: Escape sequences of terminals (ECMA-48: CSI, OSC and the two-character ones).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_NOT_LETTERS = re.compile(r"[\W_]+")


async def type_keys(session: SessionBackend, task: Task, keys: Sequence[Keys]) -> None:
    """Give the keys with their pauses: programs drop or misread what comes faster than they take it."""
    for key in keys:
        await _send_key(session, task, key)


async def _send_key(session: SessionBackend, task: Task, key: Keys) -> None:
    await call(f"session {session.name}", session.input(task.id, key.data))
    if key.pause:
        await asyncio.sleep(key.pause)


async def type_once(
    session: SessionBackend, task: Task, run_dir: RunDir, name: str, agent: Agent, text: str
) -> None:
    """Submit a text as a prompt; what was typed of it before a crash is not typed again.

    `name` stands for the text in this run; the same name always comes with the same text.
    """
    log, sent, keys = OutputLog(run_dir.log), run_dir.typed(name), agent.typing(text)
    given = sent.given if sent else 0
    if sent and given < len(keys) and await _has_arrived(log, sent.offset, keys[given]):
        given += 1
    for index in range(given, len(keys)):
        _note_progress(run_dir, name, index, log.end(), begun=index > given)
        point("deliver.marked")
        await _send_key(session, task, keys[index])
        point("deliver.given")
    _note_progress(run_dir, name, len(keys), log.end(), begun=True)
    point("deliver.typed")


def _note_progress(run_dir: RunDir, name: str, given: int, offset: int, *, begun: bool) -> None:
    """Note a place. When the disk fills up in the middle of a text, the rest is typed without notes: half a
    prompt in the terminal would be worse than what they guard against.
    """
    try:
        run_dir.note_typing(name, given, offset)
    except StorageFull:
        if not begun:
            raise


async def _has_arrived(log: OutputLog, offset: int, key: Keys) -> bool:
    """Whether what follows the offset shows that this piece was typed."""
    shown = _echo_of(key)
    try:
        async with asyncio.timeout(ECHO_SECONDS):
            async for _ in log.follow(offset):
                if shown(log.read(offset, _SEARCHED_BYTES).data):
                    return True
    except TimeoutError:
        pass
    return False


def _echo_of(key: Keys) -> Callable[[bytes], bool]:
    """How a piece is recognised in what came after it: a text by its words, a key by any reaction.

    A program may show a long text or one of several lines as a note that something was pasted.
    """
    letters = _letters(key.data)[:_ECHO_CHARS]
    folded = len(key.data) > 256 or b"\n" in key.data.strip()
    if not letters or folded:
        return bool
    return lambda output: letters in _letters(output)


def _letters(data: bytes) -> str:
    """The letters and digits alone: lines are wrapped and decorated in ways of their own."""
    return _NOT_LETTERS.sub("", _ESCAPES.sub("", data.decode(errors="replace")))
