"""The status source `claude-hooks`: Claude Code's hooks, and what it writes down about itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from chorus.backends import Entry, Injection, LaunchRequest, StateFileReading, StatusSource, Verdict
from chorus.model import Ruling, Signal
from chorus_hooks import answers, events, injection, state_file, tools, transcript
from chorus_hooks.conversation import folder
from chorus_hooks.fields import event, text
from chorus_hooks.options import Options

#: The id of a conversation: a UUID, and nothing that could lead to another file.
CONVERSATION = re.compile(r"[0-9a-fA-F-]{36}")

_ONCE_PER_USE = ("PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionDenied")


class ClaudeHooks(StatusSource):
    """Reports arrive as HTTP requests of the agent; `interpret` and `answer` are pure."""

    name = "claude-hooks"
    tool_kinds = tools.KINDS

    def __init__(self, options: Options | None = None) -> None:
        self._prices = options.price_table() if options else {}
        self._places: dict[str, Path] = {}

    def inject(self, request: LaunchRequest) -> Injection:
        return injection.inject(request)

    def interpret(self, report: Mapping[str, Any]) -> Sequence[Signal]:
        return events.interpret(report)

    def answer(self, report: Mapping[str, Any], verdict: Verdict) -> Mapping[str, Any]:
        return answers.answer(report, verdict)

    def guard(self, report: Mapping[str, Any], ruling: Ruling) -> Mapping[str, Any]:
        return answers.guard(ruling)

    def source_id(self, report: Mapping[str, Any]) -> str | None:
        """Only the uses of tools are numbered. The content counts too, so that two different reports never
        share a name.
        """
        kind, use = event(report), text(report, "tool_use_id")
        if kind not in _ONCE_PER_USE or not use:
            return None
        content = orjson.dumps(report, default=str, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(content).hexdigest()[:16]
        return f"{kind}:{use[:100]}:{digest}"

    def observe(self, pid: int, env: Mapping[str, str]) -> StateFileReading | None:
        return state_file.observe(pid, env)

    def transcripts(self, conversation: str, env: Mapping[str, str]) -> Sequence[Path]:
        """Looked for in every project's folder once, then where it was found."""
        if not CONVERSATION.fullmatch(conversation):
            return ()
        known = self._places.get(conversation)
        own = [known] if known else transcript.own(folder(env) / "projects", conversation)
        if own and not known:
            self._places[conversation] = own[0]
        return [*own, *(sub for path in own for sub in transcript.of_subagents(path))]

    def entry(self, line: Mapping[str, Any]) -> Entry | None:
        return transcript.entry(line, self._prices)
