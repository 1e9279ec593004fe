"""Program that keeps a terminal's output: it copies standard input to an append-only log.

    python -I -S logwriter.py LOG_DIR [SEGMENT_BYTES] [KEEP]

A script of its own that needs only the standard library, because it outlives the server. It never makes
the terminal wait: what cannot be written (a full disk, an I/O error) is dropped, counted and on record.
A terminal that nobody reads would grow instead: tmux 3.3a takes 17 MB a second for a stuck reader.

LOG_DIR holds, all 0600:

    00000000000000000000.log   segments, named by the offset of their first byte (20 digits). The bytes of a
    00000000000008388608.log   segment follow each other; it ends where the next begins, or earlier.
    position                   one line: an offset, a space, and a state: at this offset the newest segment
                               began (open), bytes were dropped up to it (gap), or the output ended (closed)
    gaps.jsonl                 one line per gap, the newest GAPS of them:
                               {"offset": n, "until": n, "bytes": n | null, "why": text, "at": s since epoch}

An offset counts the bytes of the terminal since its first one. Where bytes were dropped the offsets go on,
so a gap is a segment that ends before the next begins, and no byte ever has another's offset. A gap of
unknown size (the writer before this one was killed) counts as one byte and has null bytes.

A segment is at most SEGMENT_BYTES long. The oldest goes when KEEP segments' worth of bytes are newer.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time

SEGMENT_BYTES = 8 * 1024 * 1024
KEEP = 4

#: The most segments there can be: each gap begins a new one.
SEGMENTS = 64
GAPS = 100

_READ_BYTES = 128 * 1024
#: Seconds without trying to write after it failed: each new try that works and fails is one more gap.
_PAUSE = 1.0
_KILLED = "the program that keeps the output was killed and started again"
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def argv(log_dir: str | os.PathLike[str], segment_bytes: int = SEGMENT_BYTES, keep: int = KEEP) -> list[str]:
    """The command that runs this script for a log."""
    script = os.path.abspath(__file__)
    return [sys.executable, "-I", "-S", script, os.fspath(log_dir), str(segment_bytes), str(keep)]


def segments(log_dir: str) -> list[int]:
    """The offsets at which the segments of a log begin, in order."""
    names = (name for name in os.listdir(log_dir) if len(name) == 24 and name.endswith(".log"))
    return sorted(int(name[:20]) for name in names if name[:20].isdigit())


def segment_path(log_dir: str, base: int) -> str:
    return os.path.join(log_dir, f"{base:020}.log")


class Log:
    """The end of a log. `offset` is that of the next byte, written or not."""

    def __init__(self, log_dir: str, segment_bytes: int = SEGMENT_BYTES, keep: int = KEEP) -> None:
        self.dir = log_dir
        self.segment_bytes = max(1, segment_bytes)
        self.keep = max(1, keep)
        self.offset = 0
        self._base = 0
        self._segment: int | None = None  # file descriptors
        self._position: int | None = None
        self._gap: tuple[int, str] | None = None  # where it began, and why
        self._retry_at = 0.0

    def open(self) -> None:
        """Go on where the writer before us was, once it has ended. A log that cannot be opened now is tried
        again.
        """
        try:
            self._open()
        except OSError as error:
            self._begin_gap(error, 0)

    def write(self, data: bytes) -> None:
        """Write what can be written. Never raises for a file system that refuses."""
        if self._gap is not None and time.monotonic() < self._retry_at:
            self.offset += len(data)
            return
        view = memoryview(data)
        try:
            if self._position is None:
                self._open()
            while view:
                view = view[self._write_some(view) :]
        except OSError as error:
            self._begin_gap(error, len(view))

    def close(self) -> None:
        """Have on record where it ended, and that it did."""
        if self._position is not None:
            self._note_gap()
            self._note_position("closed")
            os.close(self._position)
        self._let_go()

    def _write_some(self, view: memoryview) -> int:
        room = self._base + self.segment_bytes - self.offset
        if self._segment is None or room <= 0 or not self._intact(self._segment):
            self._segment = self._next_segment()
            room = self.segment_bytes
        written = os.write(self._segment, view[:room])
        self.offset += written
        return written

    def _intact(self, segment: int) -> bool:
        """Whether the segment is as we left it; somebody may have truncated or removed it."""
        seen = os.fstat(segment)
        return seen.st_size == self.offset - self._base and seen.st_nlink > 0

    def _next_segment(self) -> int:
        self._let_go()
        segment = os.open(segment_path(self.dir, self.offset), _APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self._base = self.offset
        self._note_gap()
        self._note_position("open")
        self._remove_oldest()
        return segment

    def _let_go(self) -> None:
        if self._segment is not None:
            os.close(self._segment)
            self._segment = None

    def _remove_oldest(self) -> None:
        newer = 0
        for index, base in enumerate(reversed(segments(self.dir))):
            if newer >= self.keep * self.segment_bytes or index >= SEGMENTS:
                with contextlib.suppress(OSError):
                    os.unlink(segment_path(self.dir, base))
            else:
                newer += self.segment_bytes if base == self._base else self._size(base)

    def _size(self, base: int) -> int:
        try:
            return os.stat(segment_path(self.dir, base)).st_size
        except OSError:
            return 0

    # --- where it stands ---

    def _open(self) -> None:
        os.makedirs(self.dir, mode=0o700, exist_ok=True)
        path = os.path.join(self.dir, "position")
        position = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(position, fcntl.LOCK_EX)  # its writer is reading its last bytes
        dropped = self.offset
        self.offset = self._take_up(os.read(position, 64).split())
        if self._gap is not None:
            self._gap = (self.offset, self._gap[1])
            self.offset += dropped
            self._let_go()
        self._position = position
        self._note_position("open")

    def _take_up(self, noted: list[bytes]) -> int:
        """The offset to go on at; its segment is opened when there is room in it."""
        found = segments(self.dir)
        end = found[-1] + self._size(found[-1]) if found else 0
        known = max(end, int(noted[0])) if len(noted) == 2 and noted[0].isdigit() else end
        if (found or noted) and noted[1:] != [b"closed"]:
            self._note(known, None, _KILLED)
            return known + 1
        if found and known == end:
            self._base = found[-1]
            self._segment = os.open(segment_path(self.dir, self._base), _APPEND)
        return known

    def _note_position(self, state: str) -> None:
        # In place, so that it can be written when the disk is full.
        if self._position is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._position, f"{self.offset:020} {state:6}\n".encode(), 0)

    # --- what is missing ---

    def _begin_gap(self, error: OSError, dropped: int) -> None:
        if self._gap is None:
            self._gap = (self.offset, error.strerror or str(error))
        self._let_go()
        self._retry_at = time.monotonic() + _PAUSE
        self.offset += dropped
        self._note_position("gap")

    def _note_gap(self) -> None:
        if self._gap is not None:
            (offset, why), self._gap = self._gap, None
            if self.offset > offset:
                self._note(offset, self.offset - offset, why)

    def _note(self, offset: int, missing: int | None, why: str) -> None:
        """Put a gap on record, as far as the disk lets us: the segments tell of it in any case."""
        known = "null" if missing is None else str(missing)
        text = "".join(char for char in why if char.isalnum() or char in " .,:-")
        line = (
            f'{{"offset": {offset}, "until": {offset + (missing or 1)}, "bytes": {known}, '
            f'"why": "{text}", "at": {time.time():.3f}}}\n'
        )
        with contextlib.suppress(OSError):
            self._rewrite("gaps.jsonl", [*self._lines("gaps.jsonl")[1 - GAPS :], line])

    def _lines(self, name: str) -> list[str]:
        try:
            with open(os.path.join(self.dir, name), encoding="utf-8", errors="replace") as file:
                return file.readlines()
        except OSError:
            return []

    def _rewrite(self, name: str, lines: list[str]) -> None:
        part = os.path.join(self.dir, name + ".part")
        fd = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.replace(part, os.path.join(self.dir, name))


def main(log_dir: str, segment_bytes: int = SEGMENT_BYTES, keep: int = KEEP) -> None:
    for ignored in (signal.SIGHUP, signal.SIGINT):  # the end of the input is what ends us
        signal.signal(ignored, signal.SIG_IGN)
    log = Log(log_dir, segment_bytes, keep)
    log.open()
    with contextlib.suppress(OSError):
        while data := os.read(0, _READ_BYTES):
            log.write(data)
    log.close()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
