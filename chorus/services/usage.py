"""What runs take: tokens and their price, counted once for each answer of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chorus.db import tables
from chorus.db.unit import Unit
from chorus.model import Run, UsageSeen

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd")


@dataclass(frozen=True, slots=True)
class UsageSum:
    """None: nothing is known."""

    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


def of_project(connection: Connection, project_id: str) -> UsageSum:
    tasks = tables.tasks
    columns = [func.sum(tasks.c[name]).label(name) for name in ("input_tokens", "output_tokens", "cost_usd")]
    row = (connection.execute(select(*columns).where(tasks.c.project_id == project_id))).one()
    return UsageSum(_tokens(row.input_tokens), _tokens(row.output_tokens), row.cost_usd)


def count(unit: Unit, run: Run, seen: Sequence[UsageSeen], source: str) -> None:
    """Put usage on record and the sums of the run and its task with it; tells when they have changed.

    An answer belongs to the run that it was first seen in, whatever conversation it turns up in again.
    While it is written its tokens grow.
    """
    before = _sums(unit, tables.usages.c.run_id == run.id)
    for one in {usage.message_id: usage for usage in seen}.values():
        _count(unit, run, one)
    sums = _sums(unit, tables.usages.c.run_id == run.id)
    if sums == before:
        return
    _set(unit, tables.runs, run.id, sums)
    of_task = _sums(unit, tables.usages.c.task_id == run.task_id)
    shown = {name: of_task[name] for name in ("input_tokens", "output_tokens", "cost_usd")}
    _set(unit, tables.tasks, run.task_id, shown)
    data = {"runId": run.id, **_named(sums), "task": _named(shown), "unpriced": _unpriced(unit, run)}
    unit.emit("run.usage", run.task_id, source, data)


def _count(unit: Unit, run: Run, one: UsageSeen) -> None:
    table = tables.usages
    values = {name: getattr(one, name) for name in _COUNTED}
    insert = _INSERTS[unit.connection.dialect.name](table).values(
        task_id=run.task_id, message_id=one.message_id, run_id=run.id, model=one.model, **values
    )
    grown = insert.excluded.output_tokens > table.c.output_tokens
    keys = [table.c.task_id, table.c.message_id]
    unit.connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values, where=grown))


def _sums(unit: Unit, condition: Any) -> dict[str, Any]:
    """None where there is nothing to sum up: no usage is not the same as none that is known."""
    columns = [func.sum(tables.usages.c[name]).label(name) for name in _COUNTED]
    row = (unit.connection.execute(select(*columns).where(condition))).one()
    sums = {name: getattr(row, name) for name in _COUNTED}
    return {name: value if name == "cost_usd" else _tokens(value) for name, value in sums.items()}


def _tokens(value: Any) -> int | None:
    """PostgreSQL adds up whole numbers to decimals; the API's numbers have 32 bits."""
    return None if value is None else min(int(value), 2**31 - 1)


def _unpriced(unit: Unit, run: Run) -> list[str]:
    """The models of the run whose price is not known: their tokens are counted, their cost is not."""
    table = tables.usages
    query = select(table.c.model).where(table.c.run_id == run.id, table.c.cost_usd.is_(None)).distinct()
    return sorted(model for (model,) in (unit.connection.execute(query)).all() if model)


def _set(unit: Unit, table: Table, id: str, values: Mapping[str, Any]) -> None:
    unit.connection.execute(update(table).where(table.c.id == id).values(**values))


def _named(sums: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "input_tokens": "inputTokens",
        "output_tokens": "outputTokens",
        "cache_read_tokens": "cacheReadTokens",
        "cache_write_tokens": "cacheWriteTokens",
        "cost_usd": "costUsd",
    }
    return {names[name]: value for name, value in sums.items()}
