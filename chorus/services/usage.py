"""Usage of runs: tokens and their price, counted once for each answer of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from chorus.db import usage
from chorus.db.unit import Unit
from chorus.model import Run, UsageSeen
from chorus.model.events import RunUsageEvent, UsageSums


def count(unit: Unit, run: Run, seen: Sequence[UsageSeen], source: str) -> None:
    """Put usage on record with the sums of the run and its task, and tell when they have changed."""
    before = usage.of_run(unit.connection, run.id)
    for answer in {one.message_id: one for one in seen}.values():
        usage.count(unit.connection, run, answer)
    of_run = usage.of_run(unit.connection, run.id)
    if of_run == before:
        return
    usage.keep_for_run(unit.connection, run.id, of_run)
    of_task = usage.of_task(unit.connection, run.task_id)
    usage.keep_for_task(unit.connection, run.task_id, of_task)
    unpriced = usage.unpriced(unit.connection, run.id)
    totals = UsageSums(
        input_tokens=of_task.input_tokens, output_tokens=of_task.output_tokens, cost_usd=of_task.cost_usd
    )
    event = RunUsageEvent(run_id=run.id, **asdict(of_run), task=totals, unpriced=unpriced)
    unit.emit(event, task_id=run.task_id, source=source)
