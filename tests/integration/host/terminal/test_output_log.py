"""Reading and following output logs: files made by the real log writer, or laid out by hand."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from chorus.host.terminal import log_writer
from chorus.host.terminal.output_log import CHUNK, Chunk, OutputLog
from chorus.testing.waiting import eventually


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def writer(folder: Path) -> log_writer.Log:
    """The writer's own code, in this process: what it writes is there when `write` returns."""
    log = log_writer.Log(str(folder), segment_bytes=1000, keep=3)
    log.open()
    return log


def everything(log: OutputLog, offset: int = 0, limit: int = CHUNK) -> list[Chunk]:
    found = []
    while (chunk := log.read(offset, limit)).end > offset:
        found.append(chunk)
        offset = chunk.end
    return found


# --- reading ------------------------------------------------------------------------------------


def test_a_log_that_is_not_there_is_empty(folder: Path) -> None:
    log = OutputLog(folder)
    assert (log.start(), log.end()) == (0, 0)
    assert log.read(0) == Chunk(0, b"")
    assert not folder.exists()


@pytest.mark.parametrize("limit", [1, 7, 999, 1000, 1001, 5000])
def test_reads_across_segments(folder: Path, writer: log_writer.Log, limit: int) -> None:
    data = random.Random(limit).randbytes(2500)
    writer.write(data)
    log = OutputLog(folder)
    chunks = everything(log, limit=limit)
    assert b"".join(chunk.data for chunk in chunks) == data
    assert {chunk.truncated_from for chunk in chunks} == {None}
    assert max(len(chunk.data) for chunk in chunks) <= limit
    assert (log.start(), log.end()) == (0, 2500)


def test_reads_from_any_offset(folder: Path, writer: log_writer.Log) -> None:
    data = random.Random(3).randbytes(2500)
    writer.write(data)
    for offset in (0, 1, 999, 1000, 1001, 2499):
        assert b"".join(chunk.data for chunk in everything(OutputLog(folder), offset)) == data[offset:]


def test_at_the_end_there_is_nothing_yet(folder: Path, writer: log_writer.Log) -> None:
    writer.write(b"abc")
    assert OutputLog(folder).read(3) == Chunk(3, b"")
    assert OutputLog(folder).read(1000) == Chunk(1000, b"")


def test_says_what_was_rotated_away(folder: Path, writer: log_writer.Log) -> None:
    data = random.Random(4).randbytes(7300)
    writer.write(data)
    log = OutputLog(folder)
    assert log.start() == 5000
    assert log.read(10, 100) == Chunk(5000, data[5000:5100], truncated_from=10)
    assert log.read(5000, 100).truncated_from is None


def test_says_what_was_truncated(folder: Path, writer: log_writer.Log) -> None:
    writer.write(b"before")
    Path(log_writer.segment_path(str(folder), 0)).write_bytes(b"be")
    writer.write(b"after")
    log = OutputLog(folder)
    assert everything(log) == [Chunk(0, b"be"), Chunk(6, b"after", truncated_from=2)]
    assert log.read(4) == Chunk(6, b"after", truncated_from=4)


def test_bytes_that_others_append_are_nobodys(folder: Path, writer: log_writer.Log) -> None:
    """Whoever wrote into a segment cannot put bytes at offsets that belong to the next."""
    writer.write(b"before")
    with Path(log_writer.segment_path(str(folder), 0)).open("ab") as file:
        file.write(b"INTRUDER")
    writer.write(b"after")
    assert everything(OutputLog(folder)) == [Chunk(0, b"before"), Chunk(6, b"after")]


def test_foreign_files_are_passed_over(folder: Path, writer: log_writer.Log) -> None:
    writer.write(b"abc")
    for name in ("x.log", "00000000000000000001.log.gz", "notes", "0000000000000000000a.log"):
        (folder / name).write_bytes(b"foreign")
    assert everything(OutputLog(folder)) == [Chunk(0, b"abc")]


def test_says_what_was_dropped_last(folder: Path, writer: log_writer.Log, tmp_path: Path) -> None:
    """Nothing comes after the gap: only the writer's own note tells of it."""
    writer.write(b"x" * 1000)
    folder.rename(tmp_path / "away")  # the next segment cannot be made
    writer.write(b"lost")
    (tmp_path / "away").rename(folder)
    assert OutputLog(folder).read(1000) == Chunk(1004, b"", truncated_from=1000)
    writer.close()
    assert OutputLog(folder).read(1000) == Chunk(1004, b"", truncated_from=1000)
    assert OutputLog(folder).read(1004) == Chunk(1004, b"")


# --- following ----------------------------------------------------------------------------------


class Follower:
    """Somebody who follows a log in the background."""

    def __init__(self, log: OutputLog, offset: int = 0, ended: asyncio.Event | None = None) -> None:
        self.chunks: list[Chunk] = []
        self.task = asyncio.create_task(self._follow(log, offset, ended))

    async def _follow(self, log: OutputLog, offset: int, ended: asyncio.Event | None) -> None:
        async with aclosing(log.follow(offset, ended=ended)) as chunks:
            async for chunk in chunks:
                self.chunks.append(chunk)

    @property
    def data(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)

    def has(self, data: bytes) -> Callable[[], bool]:
        return lambda: self.data == data


@pytest.fixture
async def follow(folder: Path) -> AsyncIterator[Callable[..., Follower]]:
    followers: list[Follower] = []

    def follow(offset: int = 0, ended: asyncio.Event | None = None, where: Path = folder) -> Follower:
        followers.append(Follower(OutputLog(where), offset, ended))
        return followers[-1]

    yield follow
    for follower in followers:
        follower.task.cancel()
    await asyncio.gather(*(follower.task for follower in followers), return_exceptions=True)


Follow = Callable[..., Follower]


async def test_follows_what_comes(folder: Path, writer: log_writer.Log, follow: Follow) -> None:
    writer.write(b"one ")
    follower = follow()
    await eventually(follower.has(b"one "))
    writer.write(b"two ")
    await eventually(follower.has(b"one two "))
    writer.write(b"x" * 2500)
    await eventually(follower.has(b"one two " + b"x" * 2500))
    assert {chunk.truncated_from for chunk in follower.chunks} == {None}


async def test_can_follow_before_there_is_anything(folder: Path, follow: Follow) -> None:
    follower = follow()
    await eventually(folder.exists)
    log = log_writer.Log(str(folder))
    log.open()
    log.write(b"first")
    await eventually(follower.has(b"first"))


async def test_resumes_at_an_offset(folder: Path, writer: log_writer.Log, follow: Follow) -> None:
    writer.write(b"0123456789")
    await eventually(follow(4).has(b"456789"))


async def test_many_follow_one_log_and_each_gets_all(
    folder: Path, writer: log_writer.Log, follow: Follow
) -> None:
    followers = [follow() for _ in range(50)]
    for piece in range(20):
        writer.write(b"%d," % piece)
        await asyncio.sleep(0)
    expected = b"".join(b"%d," % piece for piece in range(20))
    for follower in followers:
        await eventually(follower.has(expected))


async def test_many_logs_are_followed_with_one_inotify(tmp_path: Path, follow: Follow) -> None:
    before = _inotify_handles()
    places = [tmp_path / str(number) for number in range(200)]
    followers = [follow(where=place) for place in places]
    await eventually(places[-1].exists)
    assert _inotify_handles() == before + 1
    for number, place in enumerate(places):
        log = log_writer.Log(str(place))
        log.open()
        log.write(b"%d" % number)
        log.close()
    for number, follower in enumerate(followers):
        await eventually(follower.has(b"%d" % number))
    for follower in followers:
        follower.task.cancel()
    await asyncio.gather(*(follower.task for follower in followers), return_exceptions=True)
    await eventually(lambda: _inotify_handles() == before)


def _inotify_handles() -> int:
    links = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sum("inotify" in str(path.readlink()) for path in links)


async def test_a_slow_reader_is_told_what_it_missed(folder: Path, writer: log_writer.Log) -> None:
    data = random.Random(5).randbytes(10_000)
    async with aclosing(OutputLog(folder).follow(0)) as chunks:
        writer.write(data[:100])
        assert (await anext(chunks)).data == data[:100]
        writer.write(data[100:])  # more than is kept
        chunk = await anext(chunks)
    assert (chunk.offset, chunk.truncated_from) == (7000, 100)
    assert chunk.data == data[7000:8000]


async def test_ends_when_the_run_is_over(folder: Path, writer: log_writer.Log, follow: Follow) -> None:
    ended = asyncio.Event()
    follower = follow(ended=ended)
    writer.write(b"last words")
    await eventually(follower.has(b"last words"))
    assert not follower.task.done()
    ended.set()
    await asyncio.wait_for(follower.task, 45)
    assert follower.data == b"last words"


async def test_what_comes_right_after_the_end_is_not_lost(
    folder: Path, writer: log_writer.Log, follow: Follow
) -> None:
    ended = asyncio.Event()
    follower = follow(ended=ended)
    await eventually(folder.exists)
    ended.set()
    await asyncio.sleep(0)
    writer.write(b"last")
    await eventually(follower.has(b"last"))
    writer.write(b" words")
    writer.close()
    await asyncio.wait_for(follower.task, 45)
    assert follower.data == b"last words"


async def test_an_old_run_is_read_to_its_end(folder: Path, writer: log_writer.Log, follow: Follow) -> None:
    data = random.Random(6).randbytes(2900)
    writer.write(data)
    writer.close()
    ended = asyncio.Event()
    ended.set()
    follower = follow(100, ended)
    await asyncio.wait_for(follower.task, 45)
    assert follower.data == data[100:]


async def test_large_chunks_are_read_in_a_thread(folder: Path) -> None:
    log = log_writer.Log(str(folder))
    log.open()
    log.write(b"x" * 1_000_000)
    async with aclosing(OutputLog(folder).follow(0, chunk=1_000_000)) as chunks:
        assert len((await anext(chunks)).data) == 1_000_000


async def test_without_inotify_it_looks_now_and_then(
    folder: Path, writer: log_writer.Log, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may have no watch left (fs.inotify.max_user_watches)."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("asyncinotify.Inotify.add_watch", refuse)
    follower = follow()
    await asyncio.sleep(0)
    writer.write(b"one")
    await eventually(follower.has(b"one"))
    writer.write(b" two")
    await eventually(follower.has(b"one two"))


async def test_a_removed_folder_is_survived(folder: Path, writer: log_writer.Log, follow: Follow) -> None:
    ended = asyncio.Event()
    follower = follow(ended=ended)
    writer.write(b"one")
    await eventually(follower.has(b"one"))
    shutil.rmtree(folder)
    ended.set()
    await asyncio.wait_for(follower.task, 45)
    assert follower.data == b"one"
