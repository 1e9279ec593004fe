"""What each of many permission requests needs is read for all of them at once, and is its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from chorus.bus.memory import MemoryBus
from chorus.db import migrate, tables
from chorus.db.database import Database
from chorus.db.engine import create_engine
from chorus.db.unit import Unit
from chorus.graphql.context import Context
from tests.support.inbox import Inbox, services

WAYS = ["ACCEPT_EDITS", "ASK_FOR_EDITS"]


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    database = Database(create_engine(f"sqlite:///{tmp_path / 'chorus.db'}"), MemoryBus())
    migrate.upgrade(database.engine)
    inbox = Inbox(database, Context(services(database, tmp_path), "ada"))
    await inbox.begin()
    yield inbox
    await database.close()


async def test_many_requests_cost_as_many_statements_as_two(inbox: Inbox) -> None:
    await inbox.add(1)
    assert len(await inbox.read()) == 2
    few = list(inbox.statements)
    assert any("FROM runs" in one for one in few), few
    await inbox.add(*range(2, 26))
    assert len(await inbox.read()) == 50
    assert len(inbox.statements) == len(few), inbox.statements


async def test_each_request_is_told_what_belongs_to_its_own_task(inbox: Inbox) -> None:
    await inbox.add(1, 2, 3)
    found = await inbox.read()
    for number in (1, 2, 3):
        edit, plan = found[f"edit-{number}"], found[f"plan-{number}"]
        assert edit["task"] == {"id": f"task-{number}", "title": f"Task {number}"}
        # Inside its own worktree only; anywhere else the whole path would be offered.
        assert edit["patterns"] == ["Edit(./docs/**)", "Edit(**)"]
        assert (edit["planOptions"], plan["planOptions"]) == ([], WAYS)
        assert edit["expiresAt"] == "2026-01-01T12:01:00+00:00"


async def test_rules_leave_no_choice_only_where_they_apply(inbox: Inbox) -> None:
    await inbox.add(1, 2, 3, 4)
    await inbox.add(5, project="other")
    await inbox.allow_edits("TASK", task=2)
    await inbox.allow_edits("SESSION", task=3, conversation=3)
    await inbox.allow_edits("SESSION", task=4, conversation=3)  # of another one than the task's present one
    await inbox.allow_edits("PROJECT", "other")
    found = await inbox.read()
    choices = [found[f"plan-{number}"]["planOptions"] for number in range(1, 6)]
    assert choices == [WAYS, [], [], WAYS, []]


async def test_an_agent_whose_plugin_is_off_does_not_take_the_inbox_away(inbox: Inbox) -> None:
    await inbox.add(1)
    await inbox.add(2, agent="gone")
    found = await inbox.read()
    assert [found[f"plan-{number}"]["planOptions"] for number in (1, 2)] == [WAYS, WAYS]


async def test_the_next_operation_on_a_connection_reads_anew(inbox: Inbox) -> None:
    await inbox.add(1)
    assert (await inbox.read())["plan-1"]["planOptions"] == WAYS
    await inbox.allow_edits("TASK", task=1)

    def work(unit: Unit) -> None:
        unit.connection.execute(update(tables.tasks).values(title="Other words"))

    await inbox.database.write(work)
    again = (await inbox.read())["plan-1"]
    assert (again["task"]["title"], again["planOptions"]) == ("Other words", [])
