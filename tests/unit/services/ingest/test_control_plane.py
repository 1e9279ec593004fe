"""The control plane: what a host is told to do, and what it finds on record when it starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chorus.host.reports import Delivered, WorkspaceClosed
from chorus.model import MessageState, PromptAccepted, TaskStatus
from chorus.services.ingest.control_plane import register
from chorus.settings import LimitSettings
from tests.support.services import services


async def test_a_host_keeps_its_id_by_its_name(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        assert await core.database.write(register, "local") == core.host_id
        other = await core.database.write(register, "other")
        assert other != core.host_id
        epochs = await core.read(
            lambda connection: connection.exec_driver_sql("SELECT name, epoch FROM hosts ORDER BY name").all()
        )
        assert [tuple(row) for row in epochs] == [("local", 2), ("other", 1)]


async def test_commands_come_in_order_with_their_task_until_they_are_done(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        control = core.services.control
        first, second = await core.started("first"), await core.started("second")
        commands = await control.pull(core.host_id)
        assert [(one.kind, one.task.id, one.run and one.run.task_id) for one in commands] == [
            ("start", first.id, first.id),
            ("start", second.id, second.id),
        ]
        assert commands[0].project.path == "/repository"
        assert await control.command(commands[0].seq) == commands[0]
        await core.done("start", first.id)
        assert await control.command(commands[0].seq) is None
        assert await control.command(4711) is None
        assert [one.task.id for one in await control.pull(core.host_id)] == [second.id]
        assert await control.pull("another host") == []


async def test_a_token_is_forgotten_when_its_agent_has_started(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        [start] = await core.commands("start", task.id)
        assert start.payload["token"]
        await core.done("start", task.id)
        payload = await core.read(
            lambda connection: connection.exec_driver_sql("SELECT payload FROM commands").scalar()
        )
        assert payload == "{}"


async def test_what_a_host_finds_when_it_starts(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        control = core.services.control
        alive, ended, completed, gone = [
            await core.running(title) for title in ("alive", "ended", "completed", "gone")
        ]
        await core.new("never started")
        for task in (ended, completed, gone):
            await core.ended(task.id)
        for task in (completed, gone):
            await core.services.closing.complete(task.id, actor="user")
        await core.report(WorkspaceClosed(gone.id, None))
        [live] = await control.live_runs(core.host_id)
        assert (live.task.id, live.run.id, live.pid, live.pid_start) == (
            alive.id,
            (await core.run(alive.id)).id,
            4711,
            1,
        )
        open_tasks = [task.id for task in await control.open_tasks(core.host_id)]
        assert open_tasks == [alive.id, ended.id, completed.id]
        assert [project.path for project in await control.open_projects(core.host_id)] == ["/repository"]
        assert await control.open_projects("another host") == []


async def test_a_message_is_waited_for_until_its_agent_takes_it_up(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        control, task = core.services.control, await core.running()
        message = await core.services.agents.send(task.id, "go on", actor="user")
        await core.report(Delivered(message.id))
        assert not await control.accepted(message.id, 0.01)
        waiting = asyncio.create_task(control.accepted(message.id, 60))
        await asyncio.sleep(0)
        await core.told(task.id, PromptAccepted("go on"))
        assert await waiting
        assert (await core.messages(task.id))[-1].state is MessageState.ACCEPTED
        assert await control.accepted("removed meanwhile", 60)


async def test_memory_that_is_free_again_lets_a_task_start(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(min_free_memory_mb=500)) as core:
        control = core.services.control
        await core.running("first")
        await control.measured(core.host_id, 100)
        second = await core.started("second")
        assert second.waiting_for == "memory: -200 MB are free, 500 MB have to stay free"
        await control.measured(core.host_id, 200)
        assert (await core.task(second.id)).status is TaskStatus.WAITING
        await control.measured(core.host_id, 4000)
        assert (await core.task(second.id)).status is TaskStatus.RUNNING
