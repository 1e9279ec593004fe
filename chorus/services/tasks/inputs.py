"""Inputs of people about tasks, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chorus.errors import BadInput, Conflict
from chorus.model import RunMode, Task, used_up


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a person says of a task; None takes the default."""

    title: str
    project_id: str | None = None
    description: str = ""
    priority: int = 0
    agent: str | None = None
    session_backend: str | None = None
    vcs_backend: str | None = None
    permission_profile: str | None = None
    allowed_tools: Sequence[str] | None = None
    run_mode: RunMode = RunMode.INTERACTIVE
    budget_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a task may cost, in US dollars; None for as much as it takes."""

    usd: float | None


@dataclass(frozen=True, slots=True)
class TaskChanges:
    """What a person changes about a task; None leaves it as it is."""

    title: str | None = None
    description: str | None = None
    priority: int | None = None
    permission_profile: str | None = None
    allowed_tools: Sequence[str] | None = None
    budget: Budget | None = None
    run_mode: RunMode | None = None


def tools(values: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns of tools. Raises BadInput for one that is none."""
    for value in values:
        if not value.strip() or len(value) > 500 or not value.isprintable() or value.startswith("-"):
            raise BadInput(
                f"{value[:60]!r} is not a tool pattern; write for example run(git status:*).",
                field="allowedTools",
            )
    return tuple(values)


def budget(usd: float | None) -> float | None:
    """Return the budget. Raises BadInput if it is out of bounds."""
    if usd is not None and not 0 < usd <= 1_000_000:
        raise BadInput(
            "The budget must be more than 0 dollars and at most 1,000,000; none is no limit.",
            field="budgetUsd",
        )
    return usd


def check_affordable(task: Task) -> None:
    """Raise Conflict if the task has cost as much as it may."""
    why = used_up(task)
    if why is not None:
        raise Conflict(f"{why}.", budgetUsd=task.budget_usd, costUsd=task.cost_usd)
