"""What of large data an event keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chorus.model.truncate import CUT, Truncator


def size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else "deep"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "short",
        None,
        3.5,
        {"command": "ls", "options": [1, True, None, {"x": "y"}]},
        "äöü€😀" * 20,
        '"\\\n\t' * 20,
    ],
)
def test_what_fits_is_kept_as_it_is(value: Any) -> None:
    truncator = Truncator(1000)
    assert truncator.value(value) == value
    assert not truncator.cut


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_000,
        "€" * 5_000,
        "\x01" * 100_000,
        "😀\ud800" * 10_000,
        {"file_path": "a", "content": "y" * 100_000},
        {"k" * 5_000: 1, "other": 2},
        list(range(10_000)),
        {str(number): number for number in range(10_000)},
        nested(50),
    ],
)
def test_what_is_too_long_is_cut_and_says_so(value: Any) -> None:
    truncator = Truncator(1000)
    kept = truncator.value(value)
    assert truncator.cut
    assert size(kept) < 1100
    assert CUT in json.dumps(kept, ensure_ascii=False) or len(kept) < len(value)


def test_the_beginning_stays_readable() -> None:
    kept = Truncator(60).value({"file_path": "src/app.py", "content": "one\ntwo\n" * 100})
    assert kept["file_path"] == "src/app.py"
    assert kept["content"].startswith("one")
    assert kept["content"].endswith(CUT)


def test_one_budget_is_shared() -> None:
    truncator = Truncator(10)
    assert truncator.text("12345678") == "12345678"
    assert truncator.text("12345678") == "12" + CUT
    assert truncator.cut
