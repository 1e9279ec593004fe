"""Runs in the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Select, select

from chorus.db import rows, tables
from chorus.model import Run


@dataclass(frozen=True, slots=True)
class ReportingRun:
    """A run whose agent reports, with what its task says of the agent and its branch."""

    run: Run
    agent: str
    vcs_backend: str


_REPORTING = select(tables.runs, tables.tasks.c.agent, tables.tasks.c.vcs_backend).join(
    tables.tasks, tables.tasks.c.id == tables.runs.c.task_id
)


def reporting_by_token(connection: Connection, token_hash: str) -> ReportingRun | None:
    """Return the run whose hook token has this hash; None when there is none."""
    return _reporting(connection, _REPORTING.where(tables.runs.c.token_hash == token_hash))


def reporting(connection: Connection, run_id: str) -> ReportingRun | None:
    """Return the run with this id; None when there is none."""
    return _reporting(connection, _REPORTING.where(tables.runs.c.id == run_id))


def _reporting(connection: Connection, query: Select[tuple[object, ...]]) -> ReportingRun | None:
    found = connection.execute(query).first()
    return ReportingRun(rows.run(found), found.agent, found.vcs_backend) if found else None
