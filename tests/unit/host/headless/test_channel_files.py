"""The files through which a headless agent is talked to, and listening to them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chorus.backends import Channel, SpeaksLines
from chorus.errors import Busy, NotFound
from chorus.host.headless.channel_files import ChannelFiles
from chorus.host.headless.conversation import read_remaining
from chorus.host.headless.reader import ChannelReader
from chorus.host.run_dir import RunDir

Line = Mapping[str, Any]


class FakeSource(SpeaksLines):
    """A fake source: {"ask": mark} asks, {"back": mark} takes it back; it counts lines in its memory."""

    def opening(self, mark: str) -> Line | None:
        return None

    def prompt(self, text: str, mark: str) -> Line:
        return {"text": text, "mark": mark}

    def interruption(self, mark: str) -> Line:
        return {"mark": mark}

    def complete(self, line: Line, memory: dict[str, Any]) -> Line:
        memory["n"] = memory.get("n", 0) + 1
        return {**line, "nth": memory["n"]}

    def asks(self, line: Line) -> str | None:
        return line.get("ask")

    def takes_back(self, line: Line) -> str | None:
        return line.get("back")


@dataclass
class FakeControl:
    """A fake control plane that keeps what it is told; `answers` are those that somebody gave."""

    heard: list[tuple[str, Line]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: dict[str, asyncio.Future[Line]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    lost_lines: list[tuple[int, int]] = field(default_factory=list)

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        self.lost_lines.append((begin, until))

    async def hear(self, run_id: str, source: str, line: Line, name: str) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.heard.append((name, line))

    async def ask(self, run_id: str, source: str, line: Line, name: str, gone: asyncio.Event) -> Line | None:
        self.asked.append(name)
        answer = self.answers.setdefault(line["ask"], asyncio.get_running_loop().create_future())
        leaving = asyncio.ensure_future(gone.wait())
        waiting: set[asyncio.Future[Any]] = {answer, leaving}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            self.gone.append(line["ask"])
            return None
        leaving.cancel()
        return answer.result()


@dataclass
class FakeRun:
    id: str = "run-1"


@dataclass
class Scene:
    run_dir: RunDir
    files: ChannelFiles
    control: FakeControl = field(default_factory=FakeControl)
    conversations: list[str] = field(default_factory=list)

    def reader(self) -> ChannelReader:
        run: Any = FakeRun()
        control: Any = self.control
        return ChannelReader(control, run, self.run_dir, self.files, FakeSource(), self.conversations.append)

    def says(self, *lines: Line, end: str = "\n", after: int = 0) -> int:
        """`after` so many bytes in another file; how many bytes there are then."""
        path = self.run_dir.path / (f"output.jsonl.{after:020}" if after else "output.jsonl")
        with path.open("a") as file:
            file.write("\n".join(json.dumps(line) for line in lines) + end)
        return after + path.stat().st_size

    def outputs(self) -> int:
        return len(list(self.run_dir.path.glob("output.jsonl*")))

    def given(self) -> list[Line]:
        return [json.loads(line) for line in (self.run_dir.path / "input.jsonl").read_text().splitlines()]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    run_dir = RunDir(tmp_path, "run-1")
    ChannelFiles.prepare(run_dir, Channel("fake"))
    files = ChannelFiles.of(run_dir)
    assert files is not None
    return Scene(run_dir, files)


def test_a_run_without_a_channel_has_none(tmp_path: Path) -> None:
    assert ChannelFiles.of(RunDir(tmp_path, "run-2")) is None


def test_what_is_said_twice_is_written_once(scene: Scene) -> None:
    scene.files.send("m1", {"text": "a\nb", "mark": "m1"})
    scene.files.send("m1", {"text": "a\nb", "mark": "m1"})
    scene.files.send("m11", {"mark": "m11"})
    assert scene.given() == [{"text": "a\nb", "mark": "m1"}, {"mark": "m11"}]


def test_half_a_line_that_a_crash_left_is_mended(scene: Scene) -> None:
    scene.files.send("m1", {"mark": "m1"})
    with (scene.run_dir.path / "input.jsonl").open("a") as file:
        file.write('{"mark": "m2", "te')
    # The mark of half a line stands for nothing: nobody has read it.
    scene.files.send("m2", {"mark": "m2"})
    assert scene.given() == [{"mark": "m1"}, {"mark": "m2"}]


def test_the_bell_rings_only_where_somebody_listens(scene: Scene) -> None:
    os.mkfifo(scene.run_dir.path / "bell")
    scene.files.ring_bell()  # nobody there: it must not wait
    with open(os.open(scene.run_dir.path / "bell", os.O_RDWR | os.O_NONBLOCK), "rb", buffering=0) as bell:
        scene.files.send("m1", {"mark": "m1"})
        assert bell.read(10) == b"\n"


async def test_each_line_is_taken_once_also_by_the_next_reader(scene: Scene) -> None:
    scene.says({"a": 1, "session_id": "c1"}, {"a": 2})
    scene.says({"a": 3}, end="")
    await read_remaining(scene.reader())
    assert [(line["a"], line["nth"]) for _, line in scene.control.heard] == [(1, 1), (2, 2)]
    assert scene.conversations == ["c1"]
    scene.says(end="\n")
    await read_remaining(scene.reader())
    # What earlier lines said is known to it, too.
    assert [(line["a"], line["nth"]) for _, line in scene.control.heard[2:]] == [(3, 3)]
    assert len({name for name, _ in scene.control.heard}) == 3


async def test_a_line_is_tried_again_only_where_that_can_help(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus.host.headless.reader.RETRY_SECONDS", 0)
    scene.control.refusals = [Busy(), NotFound()]
    scene.says({"a": 1}, {"a": 2})
    await read_remaining(scene.reader())
    assert [line["a"] for _, line in scene.control.heard] == [2]
    assert scene.control.refusals == []


async def test_what_was_asked_is_answered_whenever_somebody_does(scene: Scene) -> None:
    scene.says({"ask": "q1"}, {"ask": "q2"}, {"a": 1})
    ended = asyncio.Event()
    listening = asyncio.create_task(scene.reader().read(ended))
    async with asyncio.timeout(45):
        while not (scene.control.heard and "q2" in scene.control.answers):
            await asyncio.sleep(0.01)  # a fake says nothing by itself
        scene.control.answers["q2"].set_result({"answer": "q2"})
        while not scene.files.sent("q2"):
            await asyncio.sleep(0.01)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert scene.given() == [{"answer": "q2"}]

    # The server was away: what is open is asked again, by the same name; what is answered is not.
    scene.control.asked.clear()
    listening = asyncio.create_task(scene.reader().read(ended))
    async with asyncio.timeout(45):
        while not scene.control.asked:
            await asyncio.sleep(0.01)
        scene.says({"back": "q1"})
        while not scene.control.gone:
            await asyncio.sleep(0.01)
        ended.set()
        await listening
    assert (scene.control.asked, scene.control.gone) == (["line:0"], ["q1"])
    assert scene.given() == [{"answer": "q2"}]


async def test_an_output_in_several_files_is_one(scene: Scene) -> None:
    second = scene.says({"a": 1}, {"a": 2})
    third = scene.says({"a": 3}, after=second)
    await read_remaining(scene.reader())
    scene.says({"a": 4}, after=third)
    await read_remaining(scene.reader())
    assert [(line["a"], line["nth"]) for _, line in scene.control.heard] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert len({name for name, _ in scene.control.heard}) == 4
    assert scene.control.lost_lines == []
    # What was read goes, but for the last file before the one that is written.
    assert scene.outputs() == 2


async def test_lines_that_were_removed_unread_are_told_once(scene: Scene) -> None:
    second = scene.says({"a": 1})
    third = scene.says({"a": 2}, after=second)
    scene.says({"a": 3}, after=third)
    (scene.run_dir.path / "output.jsonl").unlink()
    (scene.run_dir.path / f"output.jsonl.{second:020}").unlink()
    await read_remaining(scene.reader())
    await read_remaining(scene.reader())
    assert scene.control.lost_lines == [(0, third)]
    assert [line["a"] for _, line in scene.control.heard] == [3]


async def test_what_is_asked_stays_until_it_is_answered(scene: Scene) -> None:
    size = scene.says({"ask": "q1"})
    for number in range(3):
        size = scene.says({"a": number}, after=size)
    ended = asyncio.Event()
    listening = asyncio.create_task(scene.reader().read(ended))
    async with asyncio.timeout(45):
        while scene.files.read_offset() < size or "q1" not in scene.control.answers:
            await asyncio.sleep(0.01)  # a fake says nothing by itself
        assert scene.outputs() == 4
        scene.control.answers["q1"].set_result({"answer": "q1"})
        while not scene.files.sent("q1"):
            await asyncio.sleep(0.01)
        size = scene.says({"a": 3}, after=size)
        while scene.outputs() > 2:
            await asyncio.sleep(0.01)
        ended.set()
        await listening
