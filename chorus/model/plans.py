"""Plans of an agent that wait for approval. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The tool with which agents ask to begin; its input is {"plan": Markdown}, or empty when none was written.
PLAN_TOOL = "ExitPlanMode"

#: What a person reads where there is no plan: the agent's own dialog then says no more either.
NO_PLAN = "Wants to begin, and has written no plan"


def plan(tool: str, given: Mapping[str, Any]) -> str | None:
    """The plan, in Markdown; None when there is none."""
    text = given.get("plan") if tool == PLAN_TOOL else None
    return text if isinstance(text, str) and text.strip() else None
