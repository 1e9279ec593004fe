"""Probes: what is seen of an agent from outside, and turns that end without a report."""

from __future__ import annotations

import time
from pathlib import Path

from chorus_hooks.tools import use

from chorus.host.reports import ProbeResult
from chorus.model import AgentStatus, PermissionAsked, PermissionState, StatusReading
from chorus.services.ingest.status_check import StatusCheck
from chorus.services.status import run_state
from tests.support.services import Core, services


def file(status: AgentStatus, ago: float = 0.0, activity: str | None = None) -> StatusReading:
    return StatusReading(status, activity, "state file", time.time() - ago)


async def look(core: Core, task_id: str, **found: StatusReading | None) -> None:
    await core.report(ProbeResult((await core.run(task_id)).id, **found))


async def ask(core: Core, task_id: str, agent: str | None = None) -> None:
    run, asked = await core.run(task_id), PermissionAsked(use("Bash", {"command": "make"}), agent=agent)
    await core.database.write(core.services.permissions.requests.ask, run, asked, "fake", None)
    await core.told(task_id, asked)


async def state(core: Core, task_id: str) -> PermissionState:
    [request] = await core.services.permissions.inbox.list(None, task_id)
    return request.state


async def test_a_turn_that_ends_without_a_report_is_swept(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        await core.services.agents.send(task.id, "go on", actor="user")
        await look(core, task.id, file=file(AgentStatus.IDLE, -1))
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.IDLE, "Interrupted")
        [sweep] = await core.commands("commit", task.id)
        assert sweep.payload["key"].startswith("look:")
        assert "\n\ndo it\n\n" in sweep.payload["message"]
        assert len(await core.commands("deliver", task.id)) == 1, "it takes the next prompt"


async def test_what_was_seen_before_the_last_report_changes_nothing(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        await look(core, task.id, file=file(AgentStatus.IDLE, 5))
        assert (await core.task(task.id)).activity == "make"
        assert await core.commands("commit", task.id) == []


async def test_a_dialog_goes_when_it_is_not_seen_any_more(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await look(
            core, task.id, dialog=StatusReading(AgentStatus.WAITING, "Trust this folder", "screen", 2e9)
        )
        assert (await core.task(task.id)).activity == "Trust this folder"
        await look(core, task.id)
        assert (await core.task(task.id)).agent_status is AgentStatus.IDLE


async def test_an_agent_that_waits_for_nobody_was_answered_in_the_terminal(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await ask(core, task.id)
        await look(core, task.id, file=file(AgentStatus.WAITING, -1))
        assert await state(core, task.id) is PermissionState.PENDING
        await look(core, task.id, file=file(AgentStatus.THINKING, 5))
        assert await state(core, task.id) is PermissionState.PENDING, "it has asked since"
        await look(core, task.id, file=file(AgentStatus.THINKING, -1))
        assert await state(core, task.id) is PermissionState.WITHDRAWN
        assert (await core.task(task.id)).agent_status is not AgentStatus.WAITING


async def test_a_title_withdraws_only_when_it_says_that_the_agent_works(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await ask(core, task.id)
        at = time.time() + 1
        await look(core, task.id, title=StatusReading(AgentStatus.IDLE, None, "title", at))
        dialog = StatusReading(AgentStatus.WAITING, "Trust this folder", "screen", at)
        await look(core, task.id, title=StatusReading(AgentStatus.THINKING, None, "title", at), dialog=dialog)
        assert await state(core, task.id) is PermissionState.PENDING
        await look(core, task.id, title=StatusReading(AgentStatus.THINKING, None, "title", at))
        assert await state(core, task.id) is PermissionState.WITHDRAWN


async def test_the_request_of_a_subagent_stays_while_others_work(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await ask(core, task.id, agent="a1")
        await look(core, task.id, file=file(AgentStatus.THINKING, -1))
        assert await state(core, task.id) is PermissionState.PENDING


async def test_a_probe_of_a_run_that_has_ended(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.ended(task.id)
        await look(core, task.id, file=file(AgentStatus.THINKING, -1))
        assert (await core.task(task.id)).agent_status is AgentStatus.STOPPED


# --- the status check ---------------------------------------------------------------------------------


async def test_a_file_that_contradicts_the_last_report_for_long_is_right(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        check = StatusCheck(core.database, core.services.host_reports)
        stuck, fresh, over = [await core.running(title) for title in ("stuck", "fresh", "over")]
        for task, ago in ((stuck, 30.0), (fresh, 1.0), (over, 30.0)):
            await report_busy(core, task.id, ago)
            await look(core, task.id, file=file(AgentStatus.IDLE, ago + 1))
        await core.ended(over.id)
        await check.check()
        statuses = [(await core.task(task.id)).agent_status for task in (stuck, fresh, over)]
        assert statuses == [AgentStatus.IDLE, AgentStatus.RUNNING, AgentStatus.STOPPED]
        told = await core.events()
        await check.check()
        assert await core.events() == told, "what has been corrected is not corrected again"


async def report_busy(core: Core, task_id: str, ago: float) -> None:
    """Have the agent report, so many seconds ago, that it is busy: a report that came late."""
    reading = StatusReading(AgentStatus.RUNNING, "make", "fake", time.time() - ago)
    run = await core.run(task_id)
    await core.database.write(run_state.apply, run.id, lambda known: known.with_report(reading))
