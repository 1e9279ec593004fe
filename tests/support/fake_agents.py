"""An agent and a status source that start nothing, for tests of services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chorus_hooks.tools import KINDS, use

from chorus.backends import Agent, Injection, Keys, Launch, LaunchRequest, StatusSource, Verdict
from chorus.errors import BadInput
from chorus.model import PermissionAsked, Signal, StatusSeen, ToolStarted, TurnEnded
from chorus.model.enums import AgentStatus


@dataclass
class FakeAgent(Agent):
    """An agent whose abilities a test chooses; by default it can do everything."""

    name: str = "fake"
    status_source: str = "fake"
    resumes: bool = True
    accepts_input: bool = True
    headless: bool = True
    confirms_prompts: bool = False
    applies_profiles: bool = True

    def launch(self, request: LaunchRequest) -> Launch:
        return Launch(("true", request.prompt or ""))

    def typing(self, text: str) -> Sequence[Keys]:
        return [Keys(f"{text}\r".encode())]


class FakeSource(StatusSource):
    """A status source of reports like {"status": "THINKING"}, {"tool": "Bash", "input": {}, "asks": true}."""

    name = "fake"
    tool_kinds = KINDS

    def inject(self, request: LaunchRequest) -> Injection:
        return Injection()

    def interpret(self, report: Mapping[str, Any]) -> Sequence[Signal]:
        match report:
            case {"status": status}:
                return [StatusSeen(AgentStatus(status), report.get("activity"))]
            case {"turn": "ended"}:
                return [TurnEnded(report.get("text"))]
            case {"tool": tool, "asks": True}:
                return [PermissionAsked(use(tool, report.get("input", {})), use_id=report.get("id"))]
            case {"tool": tool}:
                return [ToolStarted(use(tool, report.get("input", {})), use_id=report.get("id"))]
        raise BadInput("This report says nothing.")

    def answer(self, report: Mapping[str, Any], verdict: Verdict) -> Mapping[str, Any]:
        return {"decision": verdict.decision.value, "message": verdict.message}

    def source_id(self, report: Mapping[str, Any]) -> str | None:
        return report.get("name")
