"""Reading transcripts: each line once, in pieces, and what reports did not tell."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from chorus.backends import Entry
from chorus.host.json_lines import MAX_LINE_BYTES, PIECE_BYTES
from chorus.host.observe.transcripts import Transcripts
from chorus.model import PromptAccepted, UsageSeen


class FakeSource:
    """A fake status source: a line is {"id": usage} or {"said": prompt}, written `age` seconds ago."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths

    def transcripts(self, conversation: str, env: Mapping[str, str]) -> Sequence[Path]:
        return [path for path in self.paths if path.exists()]

    def entry(self, line: Mapping[str, Any]) -> Entry | None:
        at = time.time() - line.get("age", 0)
        if "id" in line:
            return Entry(at, [UsageSeen(line["id"], 1, 1)])
        return Entry(at, [PromptAccepted(line["said"])]) if "said" in line else None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.jsonl"


def add(path: Path, *lines: Mapping[str, Any], end: str = "\n") -> int:
    """Append lines; the offset after them."""
    with path.open("a") as file:
        file.write("\n".join(json.dumps(line) for line in lines) + end)
    return path.stat().st_size


def reader(path: Path, offset: int = 0, **more: Any) -> Transcripts:
    return Transcripts(FakeSource(path), {}, {str(path): offset} if offset else {}, **more)


def ids(transcripts: Transcripts, **more: Any) -> list[str]:
    found = transcripts.read("conversation", **more)
    return [one.message_id for one in found.usages] if found else []


def test_each_line_is_read_once_and_half_a_line_later(path: Path) -> None:
    transcripts = reader(path)
    assert transcripts.read("conversation") is None
    add(path, {"id": "1"}, {"other": True}, {"id": "2"})
    assert ids(transcripts) == ["1", "2"]
    assert ids(transcripts) == []
    add(path, {"id": "3"}, end="")
    assert ids(transcripts) == []
    add(path, end="\n")
    assert ids(transcripts) == ["3"]


def test_another_reader_goes_on_at_the_offset_on_record(path: Path) -> None:
    end = add(path, {"id": "1"})
    found = reader(path).read("conversation")
    assert found is not None
    assert found.offsets == {str(path): end}
    add(path, {"id": "2"})
    assert ids(reader(path, end)) == ["2"]


def test_lines_that_are_longer_than_a_piece(path: Path) -> None:
    add(path, {"id": "1", "fill": "x" * 2 * PIECE_BYTES}, {"id": "2"})
    assert ids(reader(path)) == ["1", "2"]


def test_a_line_that_is_too_long_is_passed_over(path: Path) -> None:
    add(path, {"id": "1", "fill": "x" * (MAX_LINE_BYTES + PIECE_BYTES)}, {"id": "2"})
    assert ids(reader(path)) == ["2"]


def test_lines_that_are_no_objects(path: Path) -> None:
    path.write_bytes(b'[1]\n"x"\n\xff\xfe\n{"id": "1"}\n\n{broken\n' + b"[" * 100_000 + b"\n")
    assert ids(reader(path)) == ["1"]


def test_a_transcript_that_is_written_anew_is_read_anew(path: Path) -> None:
    transcripts = reader(path)
    add(path, {"id": "1"}, {"id": "2"})
    ids(transcripts)
    path.unlink()
    add(path, {"id": "3"})
    assert ids(transcripts) == ["3"]


def test_a_link_or_a_pipe_is_not_read(path: Path, tmp_path: Path) -> None:
    add(tmp_path / "secret", {"id": "1"})
    path.symlink_to(tmp_path / "secret")
    assert ids(reader(path)) == []


def test_what_a_report_may_still_tell_is_held_back_and_never_passed(path: Path) -> None:
    transcripts = reader(path)
    begin = add(path, {"id": "1"})
    add(path, {"said": "new"}, {"id": "2"})
    found = transcripts.read("conversation")
    assert found is not None
    assert found.lost == []
    assert found.offsets == {str(path): begin}
    assert len(found.usages) == 2
    # The server dies: the next one reads from there, and nothing is lost.
    later = reader(path, begin, away_until=time.time() + 10).read("conversation")
    assert later is not None
    assert [entry.signals for entry in later.lost] == [[PromptAccepted("new")]]
    assert later.offsets == {str(path): path.stat().st_size}


def test_what_is_old_was_lost(path: Path) -> None:
    add(path, {"said": "old", "age": 60}, {"said": "new"})
    found = reader(path).read("conversation")
    assert found is not None
    assert [entry.signals for entry in found.lost] == [[PromptAccepted("old")]]


def test_at_the_end_nothing_is_held_back(path: Path) -> None:
    add(path, {"said": "new"})
    found = reader(path).read("conversation", all=True)
    assert found is not None
    assert len(found.lost) == 1


def test_only_usage_counts_where_the_rest_is_told_otherwise(path: Path) -> None:
    add(path, {"said": "old", "age": 60}, {"id": "1"})
    found = reader(path, lost=False).read("conversation")
    assert found is not None
    assert (found.lost, len(found.usages)) == ([], 1)
