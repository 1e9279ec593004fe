"""The transitions of a task's status: the table is what happens, and what the documentation shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Task, TaskStatus, Wait
from chorus.services.tasks import transitions
from chorus.services.tasks.transitions import STAGES, TABLE, Stage, Verb, stage
from tests.support.services import ACTOR, Core, services

ROOT = Path(__file__).parents[4]


def park(wait: Wait) -> Callable[[Unit, Task], object]:
    """Return what parks a task for this reason."""
    return lambda unit, task: transitions.park(unit, task, wait, unit.at + timedelta(1), ACTOR, "why")


#: For each verb what does it; parking is done for two reasons.
DOES: list[tuple[Verb, Stage | None, Callable[[Unit, Task], object]]] = [
    (Verb.START, None, lambda unit, task: transitions.start(unit, task, ACTOR)),
    (Verb.ADMIT, None, lambda unit, task: transitions.admit(unit, task, ACTOR)),
    (Verb.QUEUE, None, lambda unit, task: transitions.queue(unit, task, ACTOR, "its turn")),
    (Verb.UNQUEUE, None, lambda unit, task: transitions.unqueue(unit, task, ACTOR)),
    (Verb.PARK, transitions.WAITS_FOR_LIMIT, park(Wait.LIMIT)),
    (Verb.PARK, transitions.WAITS_TO_RESTART, park(Wait.RESTART)),
    (Verb.RESUME, None, lambda unit, task: transitions.resume(unit, task, ACTOR)),
    (Verb.COMPLETE, None, lambda unit, task: transitions.complete(unit, task, ACTOR, "done")),
    (Verb.FAIL, None, lambda unit, task: transitions.fail(unit, task, ACTOR, "given up")),
    (Verb.DELETE, None, lambda unit, task: transitions.delete(unit, task, ACTOR)),
]


async def stand(core: Core, where: Stage, ran: bool = False) -> Task:
    """Create a task that stands there."""
    task = await core.new()

    def put(unit: Unit) -> Task:
        run_id = "run" if ran else None
        tasks.set_status(unit.connection, task.id, where.status, waits=where.waits, current_run_id=run_id)
        return tasks.get(unit.connection, task.id)

    return await core.database.write(put)


def targets(before: Stage, verb: Verb, only: Stage | None) -> list[Stage | None]:
    """Return what the table makes of it."""
    found = [one.to for one in TABLE if (one.before, one.verb) == (before, verb)]
    return [to for to in found if only is None or to == only]


@pytest.mark.parametrize(("verb", "only", "does"), DOES, ids=[f"{verb}-{only}" for verb, only, _ in DOES])
async def test_what_the_table_allows_happens_and_nothing_else(
    tmp_path: Path, verb: Verb, only: Stage | None, does: Callable[[Unit, Task], object]
) -> None:
    async with services(tmp_path) as core:
        for before in STAGES:
            for ran in (False, True) if verb is Verb.UNQUEUE else (False,):
                task = await stand(core, before, ran)
                wanted = targets(before, verb, only)
                if wanted:
                    await core.database.write(does, task)
                    after = await core.services.browse.find(task.id)
                    reached = stage(after) if after else None
                    assert reached == (wanted[ran] if verb is Verb.UNQUEUE else wanted[0])
                else:
                    with pytest.raises(Conflict, match="cannot .*; you can "):
                        await core.database.write(does, task)
                    assert stage(await core.task(task.id)) == before


async def test_a_transition_is_told_with_who_did_it_and_why(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await stand(core, transitions.RUNNING)
        await core.database.write(transitions.fail, task, "somebody", "no use")
        [event] = await core.events("task.status", task.id)
        assert (event.source, event.data["status"], event.data["why"]) == ("somebody", "FAILED", "no use")


async def test_nothing_is_left_of_a_wait_that_is_over(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        await core.database.write(transitions.queue, task, ACTOR, "memory")
        waiting = await core.task(task.id)
        assert (waiting.waiting_for, waiting.start_order) == ("memory", 1)
        await core.database.write(transitions.admit, waiting, ACTOR)
        running = await core.task(task.id)
        assert (running.waits, running.waiting_for, running.start_order) == (None, None, None)
        assert running.started_at is not None


async def test_a_status_is_not_written_as_a_field(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()

        def write(unit: Unit) -> None:
            tasks.update(unit.connection, task.id, **{"status": TaskStatus.FAILED})

        with pytest.raises(ValueError, match="transitions alone"):
            await core.database.write(write)


def test_the_documentation_shows_the_table() -> None:
    lines = (ROOT / "docs" / "status.md").read_text().splitlines()
    start = lines.index("| from | verb | to | by |") + 2
    shown = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[start:]]
    shown = shown[: shown.index(("",))]
    table = [(f"`{one.before}`", str(one.verb), f"`{one.to}`" if one.to else "gone", one.by) for one in TABLE]
    assert shown == table
