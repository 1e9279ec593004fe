"""Budget of a task. Pure."""

from __future__ import annotations

from chorus.model.records import Task


def used_up(task: Task) -> str | None:
    """Why the task's agent is given no further prompt, in words; None while there is money left."""
    if task.budget_usd is None or task.cost_usd is None or task.cost_usd < task.budget_usd:
        return None
    return (
        f"The budget of ${task.budget_usd:,.2f} is used up (${task.cost_usd:,.2f} so far): raise it to go on"
    )
