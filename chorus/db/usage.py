"""Usage in the database: tokens and their price, counted once for each answer of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chorus.db import tables
from chorus.model import Run, UsageSeen

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_USAGES, _TASKS = tables.usages, tables.tasks

#: What is counted of each answer and summed up for each run; of a task and a project only some is kept.
_COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd")
_KEPT = ("input_tokens", "output_tokens", "cost_usd")


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Usage that was added up. None: nothing is known, which is not the same as nothing used."""

    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


def _sums(of: Table, names: tuple[str, ...], condition: ColumnElement[bool]) -> Select[Any]:
    return select(*(func.sum(of.c[name]).label(name) for name in names)).where(condition)


_OF_RUN = _sums(_USAGES, _COUNTED, _USAGES.c.run_id == bindparam("of"))
_OF_TASK = _sums(_USAGES, _COUNTED, _USAGES.c.task_id == bindparam("of"))
_OF_PROJECT = _sums(_TASKS, _KEPT, _TASKS.c.project_id == bindparam("of"))
_UNPRICED = (
    select(_USAGES.c.model)
    .where(_USAGES.c.run_id == bindparam("of"), _USAGES.c.cost_usd.is_(None), _USAGES.c.model.is_not(None))
    .distinct()
)


def _keep(on: Table, names: tuple[str, ...]) -> Any:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(on).where(on.c.id == bindparam("of")).values(values)


_KEEP_RUN = _keep(tables.runs, _COUNTED)
_KEEP_TASK = _keep(_TASKS, _KEPT)


def count(connection: Connection, run: Run, usage: UsageSeen) -> None:
    """Count the usage of one answer of a model; while the answer is written its tokens grow.

    An answer belongs to the run that it was first seen in, whatever conversation it turns up in again.
    """
    values = {name: getattr(usage, name) for name in _COUNTED}
    insert = _INSERTS[connection.dialect.name](_USAGES).values(
        task_id=run.task_id, message_id=usage.message_id, run_id=run.id, model=usage.model, **values
    )
    grown = insert.excluded.output_tokens > _USAGES.c.output_tokens
    keys = [_USAGES.c.task_id, _USAGES.c.message_id]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values, where=grown))


def of_run(connection: Connection, run_id: str) -> UsageSum:
    """Return what a run has taken."""
    return _sum(connection, _OF_RUN, run_id)


def of_task(connection: Connection, task_id: str) -> UsageSum:
    """Return what all runs of a task have taken."""
    return _sum(connection, _OF_TASK, task_id)


def of_project(connection: Connection, project_id: str) -> UsageSum:
    """Return what the tasks of a project have taken; nothing is known of deleted tasks."""
    return _sum(connection, _OF_PROJECT, project_id)


def unpriced(connection: Connection, run_id: str) -> list[str]:
    """Return the models of a run whose price is not known: their tokens are counted, their cost is not."""
    return sorted(connection.execute(_UNPRICED, {"of": run_id}).scalars())


def keep_for_run(connection: Connection, run_id: str, usage: UsageSum) -> None:
    """Save the sum of a run with it."""
    connection.execute(
        _KEEP_RUN, {"of": run_id, **{f"new_{name}": getattr(usage, name) for name in _COUNTED}}
    )


def keep_for_task(connection: Connection, task_id: str, usage: UsageSum) -> None:
    """Save the sum of a task with it."""
    connection.execute(_KEEP_TASK, {"of": task_id, **{f"new_{name}": getattr(usage, name) for name in _KEPT}})


def _sum(connection: Connection, query: Select[Any], of: str) -> UsageSum:
    found = connection.execute(query, {"of": of}).one()._mapping
    return UsageSum(**{name: _whole(name, value) for name, value in found.items()})


def _whole(name: str, value: Any) -> Any:
    """Return tokens as whole numbers of 32 bits, as the API has them; PostgreSQL adds up to decimals."""
    return value if value is None or name == "cost_usd" else min(int(value), 2**31 - 1)
