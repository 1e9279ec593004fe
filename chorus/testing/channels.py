"""What status sources for headless agents, and for agents with transcripts, are held to.

class TestMySource(SpeaksLinesContract):
    asking = {"type": "may_i", "id": "1", "tool": "shell"}

    @pytest.fixture
    def source(self):
        return MySource()
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chorus.backends import SpeaksLines, StatusSource, SupportsTranscripts, Verdict
from chorus.model import PermissionAsked, PermissionDecision, Signal

MARK = "a-mark-4711"

#: Lines of strangers: none of them may raise.
ODD: tuple[dict[str, Any], ...] = (
    {},
    {"type": None},
    {"type": "something_new", "data": [1, {"a": None}]},
    {"type": 7, "message": "text", "request": []},
    {"type": "user", "message": {"content": [None, 3, {"type": "tool_result"}]}},
    {"type": "assistant", "message": {"content": {"a": 1}}, "timestamp": 7},
)


class SpeaksLinesContract:
    """What every source for a channel promises. `asking` is a line that asks for permission."""

    asking: ClassVar[Mapping[str, Any]]

    @pytest.fixture
    def source(self) -> StatusSource:
        raise NotImplementedError

    def lines(self, source: StatusSource) -> SpeaksLines:
        assert isinstance(source, SpeaksLines)
        return source

    def test_lines_for_the_agent_are_json_and_hold_their_mark(self, source: StatusSource) -> None:
        speaks = self.lines(source)
        said = (speaks.opening(MARK), speaks.prompt('Fix it\n"now"', MARK), speaks.interruption(MARK))
        for line in said:
            assert line is None or json.dumps(MARK) in json.dumps(line)
            assert line is None or "\n" not in json.dumps(line)

    def test_the_same_is_said_the_same_way(self, source: StatusSource) -> None:
        """A line that was written before a crash is known again."""
        speaks = self.lines(source)
        assert speaks.prompt("Fix it", MARK) == speaks.prompt("Fix it", MARK)

    @pytest.mark.parametrize("line", ODD)
    def test_odd_lines_are_data(self, source: StatusSource, line: dict[str, Any]) -> None:
        speaks, memory = self.lines(source), dict[str, Any]()
        whole = speaks.complete(line, memory)
        assert all(isinstance(signal, Signal) for signal in source.interpret(whole))
        assert speaks.asks(line) is None or isinstance(speaks.asks(line), str)
        assert speaks.takes_back(line) is None or isinstance(speaks.takes_back(line), str)

    def test_completed_lines_are_json(self, source: StatusSource) -> None:
        speaks, memory = self.lines(source), dict[str, Any]()
        for line in (*ODD, self.asking):
            assert json.loads(json.dumps(speaks.complete(line, memory))) is not None

    def test_asking_is_understood(self, source: StatusSource) -> None:
        asked = [one for one in source.interpret(self.asking) if isinstance(one, PermissionAsked)]
        assert len(asked) == 1
        assert self.lines(source).asks(self.asking)

    @pytest.mark.parametrize("decision", list(PermissionDecision))
    def test_an_answer_names_its_question(self, source: StatusSource, decision: PermissionDecision) -> None:
        mark = self.lines(source).asks(self.asking)
        assert json.dumps(mark) in json.dumps(source.answer(self.asking, Verdict(decision)))


class TranscriptsContract:
    """What every source of transcripts promises."""

    @pytest.fixture
    def source(self) -> StatusSource:
        raise NotImplementedError

    @pytest.mark.parametrize("line", ODD)
    def test_odd_lines_say_nothing(self, source: StatusSource, line: dict[str, Any]) -> None:
        assert isinstance(source, SupportsTranscripts)
        assert source.entry(line) is None

    @pytest.mark.parametrize("conversation", ["", "unknown", "../../../etc/passwd", "*", "a" * 300])
    def test_a_conversation_that_is_not_there_has_no_files(
        self, source: StatusSource, conversation: str, tmp_path: Path
    ) -> None:
        assert isinstance(source, SupportsTranscripts)
        assert list(source.transcripts(conversation, {"HOME": str(tmp_path)})) == []
