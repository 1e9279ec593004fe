"""Files of JSON lines that only grow: whole lines with their offsets, in bounded pieces."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

#: Bytes that are read at a time, and the longest line that is understood: one may hold a whole file.
PIECE_BYTES = 1024 * 1024
MAX_LINE_BYTES = 16 * PIECE_BYTES


def open_lines(path: str | Path) -> BinaryIO:
    # Without blocking: a pipe in its place must not hold us.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return open(os.open(path, flags), "rb")


def read_piece(content: BinaryIO, begin: int) -> tuple[list[tuple[int, bytes]], int]:
    """The next whole lines with their offsets, and where to go on; none when the rest is not yet whole.

    What is longer than LONGEST is given in parts: none of them will be understood.
    """
    content.seek(begin)
    data = content.read(PIECE_BYTES)
    while b"\n" not in data and PIECE_BYTES <= len(data) < MAX_LINE_BYTES:
        more = content.read(PIECE_BYTES)
        if not more:
            return [], begin
        data += more
    end = data.rfind(b"\n") + 1 or (len(data) if len(data) >= MAX_LINE_BYTES else 0)
    offset, lines = begin, []
    for line in _split(data[:end]):
        lines.append((offset, line))
        offset += len(line)
    return lines, begin + end


def _split(data: bytes) -> Iterator[bytes]:
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin) + 1 or len(data)
        yield data[begin:end]
        begin = end


def parse(line: bytes) -> dict[str, Any] | None:
    """The object a line holds; None for anything else."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
