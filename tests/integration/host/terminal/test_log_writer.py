"""The program that keeps a terminal's output, as the process it is: fed through a pipe."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chorus.host.terminal import log_writer
from chorus.host.terminal.output_log import OutputLog
from chorus.testing.waiting import eventually

Start = Callable[..., Awaitable["Writer"]]


class Writer:
    """A running log writer."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.log = OutputLog(folder)

    async def feed(self, data: bytes) -> None:
        """Give it these bytes. Blocks for as long as it does not take them."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def finish(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert await self.process.wait() == 0

    def refuse(self, refused: bool) -> None:
        """Have the system refuse every write to a file, or not any more."""
        limit = 0 if refused else resource.RLIM_INFINITY
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    writers: list[Writer] = []

    async def start(folder: Path = tmp_path / "log", **options: int) -> Writer:
        process = await asyncio.create_subprocess_exec(
            *log_writer.argv(folder, **options), stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        writers.append(Writer(process, folder))
        return writers[-1]

    yield start
    for writer in writers:
        if writer.process.returncode is None:
            writer.process.kill()
            await writer.process.wait()


def content(folder: Path) -> dict[int, bytes]:
    return {base: Path(log_writer.segment_path(str(folder), base)).read_bytes() for base in _bases(folder)}


def _bases(folder: Path) -> list[int]:
    return log_writer.segments(str(folder))


def gaps(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "gaps.jsonl").read_text().splitlines()]


async def test_keeps_the_exact_bytes(start: Start) -> None:
    writer = await start()
    data = bytes(range(256)) * 4 + "grüße 🎻".encode()[:-2] + b"\xff\xfe\x00" + b"x" * 1_000_000 + b"\r\n"
    await writer.feed(data)
    await writer.finish()
    assert content(writer.folder) == {0: data}
    assert (writer.folder / "position").read_text().split() == [f"{len(data):020}", "closed"]
    assert not (writer.folder / "gaps.jsonl").exists()


async def test_writes_as_it_reads(start: Start) -> None:
    writer = await start()
    for count in range(1, 6):
        await writer.feed(b"x")
        await eventually(partial(_ends_at, writer, count))


def _ends_at(writer: Writer, offset: int) -> bool:
    return writer.log.end() == offset


async def test_everything_is_private(start: Start) -> None:
    writer = await start()
    await writer.feed(b"x")
    await writer.finish()
    assert writer.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in writer.folder.iterdir()} == {0o600}


async def test_goes_on_where_the_writer_before_it_ended(start: Start) -> None:
    for piece in (b"first ", b"second"):
        writer = await start()
        await writer.feed(piece)
        await writer.finish()
    assert content(writer.folder) == {0: b"first second"}
    assert not (writer.folder / "gaps.jsonl").exists()


async def test_waits_for_the_writer_before_it(start: Start) -> None:
    """What two of them write at once must not mix: the one before may still have input."""
    first = await start()
    await first.feed(b"first ")
    await eventually(lambda: first.log.end() == 6)
    second = await start()
    await second.feed(b"second")
    await first.feed(b"and last ")
    await first.finish()
    await second.finish()
    assert content(first.folder) == {0: b"first and last second"}


async def test_rotates_and_drops_the_oldest(start: Start) -> None:
    writer = await start(segment_bytes=1000, keep=3)
    data = random.Random(1).randbytes(7300)
    await writer.feed(data)
    await writer.finish()
    kept = {5000: data[5000:6000], 6000: data[6000:7000], 7000: data[7000:]}
    assert content(writer.folder) == kept
    assert (writer.log.start(), writer.log.end()) == (5000, 7300)


async def test_a_flood_stays_within_its_bounds(start: Start) -> None:
    """30 MB: the log is capped, the writer does not grow, nothing blocks."""
    writer = await start(segment_bytes=1024 * 1024, keep=4)
    block = random.Random(2).randbytes(1024 * 1024)
    for _ in range(30):
        await writer.feed(block)
    peak = _peak_memory(writer.process.pid)
    await writer.finish()
    assert sum(len(data) for data in content(writer.folder).values()) == 4 * 1024 * 1024
    assert _bases(writer.folder) == [n * 1024 * 1024 for n in (26, 27, 28, 29)]
    assert peak < 40_000


def _peak_memory(pid: int) -> int:
    """In KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


async def test_a_refused_write_never_blocks_and_is_on_record(start: Start) -> None:
    writer = await start()
    await writer.feed(b"before")
    await eventually(lambda: writer.log.end() == 6)
    writer.refuse(True)
    await writer.feed(b"x" * 1_000_000)  # more than any pipe holds: it is read
    await writer.feed(b"y" * 1_000_000)
    writer.refuse(False)
    await fed_until_written(writer, b"after")
    await writer.finish()
    (_, first), (base, second) = content(writer.folder).items()
    assert first == b"before"
    assert set(second.split(b"after")) == {b""}
    [gap] = gaps(writer.folder)
    assert (gap["offset"], gap["until"], gap["bytes"]) == (6, base, base - 6)
    assert gap["bytes"] >= 2_000_000
    assert gap["why"] == "File too large"
    chunk = writer.log.read(0)
    assert (chunk.offset, chunk.data, chunk.truncated_from) == (0, b"before", None)
    chunk = writer.log.read(chunk.end)
    assert (chunk.offset, chunk.data, chunk.truncated_from) == (base, second, 6)


async def fed_until_written(writer: Writer, data: bytes) -> None:
    """It rests for a second after a failure, so what comes at first is dropped too."""
    known = len(_bases(writer.folder))
    while len(_bases(writer.folder)) == known:
        await writer.feed(data)
        await asyncio.sleep(0.05)


def fill(disk: Path) -> Path:
    """Leave no room on a disk; the file that takes it."""
    with open(disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return disk / "filler"


async def test_a_full_disk_never_blocks_and_is_on_record(start: Start, small_disk: Path) -> None:
    writer = await start(small_disk / "log")
    await writer.feed(b"b" * 100_000)
    await eventually(lambda: writer.log.end() == 100_000)
    filler = fill(small_disk)
    await writer.feed(b"l" * 1_000_000)
    filler.unlink()
    await fed_until_written(writer, b"after")
    await writer.finish()
    *_, gap = gaps(writer.folder)
    assert gap["why"] == "No space left on device"
    assert gap["until"] == _bases(writer.folder)[-1]
    assert content(writer.folder)[gap["until"]].startswith(b"after")


async def test_a_disk_that_is_full_from_the_start(start: Start, small_disk: Path) -> None:
    folder = small_disk / "log"
    folder.mkdir()
    filler = fill(small_disk)
    writer = await start(folder)
    await writer.feed(b"l" * 1_000_000)
    filler.unlink()
    await fed_until_written(writer, b"after")
    await writer.finish()
    [gap] = gaps(writer.folder)
    assert gap["offset"] == 0
    assert gap["bytes"] == _bases(writer.folder)[-1] >= 1_000_000


async def test_a_writer_that_was_killed_leaves_a_gap(start: Start) -> None:
    writer = await start()
    await writer.feed(b"before")
    await eventually(lambda: writer.log.end() == 6)
    writer.process.kill()
    await writer.process.wait()
    again = await start()
    await again.feed(b"after")
    await again.finish()
    assert content(writer.folder) == {0: b"before", 7: b"after"}
    [gap] = gaps(writer.folder)
    assert (gap["offset"], gap["until"], gap["bytes"]) == (6, 7, None)


@pytest.mark.parametrize("size", [0, 3])
async def test_no_offset_has_two_bytes_after_a_truncation(start: Start, size: int) -> None:
    writer = await start()
    await writer.feed(b"before")
    await eventually(lambda: writer.log.end() == 6)
    os.truncate(log_writer.segment_path(str(writer.folder), 0), size)
    await writer.feed(b"after")
    await writer.finish()
    assert content(writer.folder) == {0: b"before"[:size], 6: b"after"}


async def test_a_removed_segment_is_not_missed(start: Start) -> None:
    writer = await start()
    await writer.feed(b"before")
    await eventually(lambda: writer.log.end() == 6)
    os.unlink(log_writer.segment_path(str(writer.folder), 0))
    await writer.feed(b"after")
    await writer.finish()
    assert content(writer.folder) == {6: b"after"}


async def test_the_end_of_the_input_ends_it_and_keys_do_not(start: Start) -> None:
    writer = await start()
    await writer.feed(b"a")
    await eventually(lambda: writer.log.end() == 1)
    for number in (signal.SIGINT, signal.SIGHUP):
        writer.process.send_signal(number)
    await writer.feed(b"b")
    await writer.finish()
    assert content(writer.folder) == {0: b"ab"}


def test_many_gaps_stay_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full again and again must not fill the folder. In process: nothing rests a second."""
    monkeypatch.setattr(log_writer, "_PAUSE", 0.0)
    folder, away = tmp_path / "log", tmp_path / "away"
    log = log_writer.Log(str(folder), segment_bytes=1, keep=1000)
    log.open()
    for _ in range(200):
        log.write(b"x")
        folder.rename(away)
        log.write(b"lost")
        away.rename(folder)
    log.close()
    assert len(_bases(folder)) == log_writer.SEGMENTS
    assert len(gaps(folder)) == log_writer.GAPS
    assert [gap["bytes"] for gap in gaps(folder)] == [4] * log_writer.GAPS
