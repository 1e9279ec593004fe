"""Usage of runs: tokens and their price, counted once for each answer of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chorus.db import usage
from chorus.db.unit import Unit
from chorus.db.usage import UsageSum
from chorus.model import Run, UsageSeen


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
    cache = {"cacheReadTokens": of_run.cache_read_tokens, "cacheWriteTokens": of_run.cache_write_tokens}
    unpriced = usage.unpriced(unit.connection, run.id)
    data = {"runId": run.id, **_named(of_run), **cache, "task": _named(of_task), "unpriced": unpriced}
    unit.emit("run.usage", run.task_id, source, data)


def _named(used: UsageSum) -> dict[str, Any]:
    return {
        "inputTokens": used.input_tokens,
        "outputTokens": used.output_tokens,
        "costUsd": used.cost_usd,
    }
