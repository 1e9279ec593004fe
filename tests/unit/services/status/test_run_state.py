"""What is known of runs in a transaction: read once, written once, and shown by their tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks.tools import use
from sqlalchemy import event

from chorus.db import run_states
from chorus.db.unit import Unit
from chorus.errors import NotFound
from chorus.model import AgentStatus, Evidence, PermissionAsked, StatusReading, StatusSeen
from chorus.services.status import run_state
from tests.support.services import Core, services


@contextmanager
def statements(core: Core) -> Iterator[list[str]]:
    """Collect the kinds of statements that are sent to the database, without those of the event log."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if not statement.startswith("BEGIN") and "event" not in statement:
            sent.append(statement.split()[0])

    event.listen(core.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(core.database.engine, "before_cursor_execute", note)


def reported(status: AgentStatus, activity: str | None = None, at: float = 2e9) -> Any:
    reading = StatusReading(status, activity, "fake", at)
    return lambda known: known.with_report(reading)


async def test_many_changes_of_many_runs_are_read_once_and_written_once(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        tasks = [await core.running(f"task {number}") for number in range(3)]
        runs = [(await core.run(task.id)).id for task in tasks]

        def burst(unit: Unit) -> None:
            unit.run_states.load(runs)
            for number in range(10):
                for run in runs:
                    run_state.apply(unit, run, reported(AgentStatus.RUNNING, f"make {number}"))

        with statements(core) as sent:
            await core.database.write(burst)
        assert sent == ["SELECT", "UPDATE", "UPDATE"]
        assert [(await core.task(task.id)).activity for task in tasks] == ["make 9"] * 3
        assert len(await core.events("agent.status", tasks[0].id)) == 12, (
            "one more for its start and its rest"
        )


async def test_what_stays_as_it_is_is_not_written(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        run = await core.run((await core.running()).id)
        before = await core.events()
        with statements(core) as sent:
            await core.database.write(run_state.refresh, run.id)
        assert sent == ["SELECT"]
        assert await core.events() == before


async def test_the_same_status_keeps_the_moment_since_when_it_is(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = await core.run(task.id)
        await core.database.write(run_state.apply, run.id, reported(AgentStatus.RUNNING, "make", 2e9))
        await core.database.write(
            run_state.apply, run.id, reported(AgentStatus.RUNNING, "make test", 2e9 + 5)
        )
        shown = await core.task(task.id)
        assert (shown.activity, shown.status_since and shown.status_since.timestamp()) == ("make test", 2e9)


async def test_an_earlier_run_changes_nothing_that_is_shown(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        first = await core.run(task.id)
        await core.ended(task.id)
        await core.services.agents.send(task.id, "go on", actor="user")
        await core.up(task.id)
        shown, told = await core.task(task.id), await core.events("agent.status")
        reading = await core.database.write(
            run_state.apply, first.id, lambda known: Evidence(known.started_at, reported=None)
        )
        assert reading.status is AgentStatus.STARTING, "what is known of it has changed"
        assert (await core.task(task.id), await core.events("agent.status")) == (shown, told)


async def test_the_status_of_a_new_run_is_not_overwritten_by_the_one_before(tmp_path: Path) -> None:
    """The end of a run and the start of the next one share a transaction."""
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.THINKING)
        await core.services.agents.send(task.id, "go on", actor="user")
        await core.ended(task.id)
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.STARTING, "Starting")
        assert [one.data["status"] for one in await core.events("agent.status")][-2:] == [
            "STOPPED",
            "STARTING",
        ]


async def test_a_request_that_comes_and_goes_within_a_transaction(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = await core.run(task.id)
        permissions = core.services.permissions

        def ask_twice(unit: Unit) -> list[str | None]:
            assert not unit.run_states.asks_nothing(run.id), "nothing is known before it is read"
            activities = [run_state.refresh(unit, run.id).activity]
            assert unit.run_states.asks_nothing(run.id)
            for command in ("make", "make test"):
                permissions.requests.ask(
                    unit, run, PermissionAsked(use("Bash", {"command": command})), "fake", None
                )
                assert not unit.run_states.asks_nothing(run.id)
                activities.append(run_state.refresh(unit, run.id).activity)
            permissions.withdrawals.of_run(unit, run.id, "the turn is over")
            return [*activities, run_state.refresh(unit, run.id).activity]

        assert await core.database.write(ask_twice) == [
            None,
            "Needs approval: make",
            "Needs approval: make (and 1 more)",
            None,
        ]


async def test_what_a_failed_transaction_knew_is_gone(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = await core.run(task.id)

        def fails(unit: Unit) -> None:
            run_state.apply(unit, run.id, reported(AgentStatus.RUNNING))
            raise NotFound("on purpose")

        with pytest.raises(NotFound, match="on purpose"):
            await core.database.write(fails)
        assert await core.database.write(run_state.refresh, run.id) == StatusReading(
            AgentStatus.IDLE, None, "fake", run_state_at(await core.task(task.id))
        )


def run_state_at(task: Any) -> float:
    return float(task.status_since.timestamp())


async def test_a_run_that_does_not_exist(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        with pytest.raises(NotFound, match="There is no run with the id 'nobody'"):
            await core.database.write(run_state.refresh, "nobody")


async def test_live_runs_by_what_their_tasks_display(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        idle, busy, over = [await core.running(title) for title in ("idle", "busy", "over")]
        await core.told(busy.id, StatusSeen(AgentStatus.RUNNING))
        await core.ended(over.id)

        async def tasks(*statuses: AgentStatus) -> set[str]:
            found = await core.database.read(run_states.live, *([statuses] if statuses else []))
            return {run.task_id for run, _ in found}

        assert await tasks() == {idle.id, busy.id}
        assert await tasks(AgentStatus.RUNNING, AgentStatus.STOPPED) == {busy.id}
