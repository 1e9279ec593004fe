"""Ends of runs: how they are judged, and what follows from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from chorus_hooks.tools import use

from chorus.host.reports import CommandDone, Delivered, RunEnded, RunStarted, Unheard
from chorus.model import AgentStatus, MessageState, PermissionAsked, PermissionState, RunEnd, TaskStatus, Wait
from chorus.services.ingest.runs import judge
from chorus.settings import LimitSettings
from tests.support.fake_agents import FakeAgent
from tests.support.services import Core, services


@pytest.mark.parametrize(
    ("report", "stop_wanted", "end", "detail"),
    [
        pytest.param(RunEnded("r", 0, None), None, RunEnd.FINISHED, "Finished", id="exit 0"),
        pytest.param(RunEnded("r", 3, None), None, RunEnd.ERRORED, "Exited with code 3", id="exit 3"),
        pytest.param(
            RunEnded("r", 3, None, "No such model"), None, RunEnd.ERRORED, "No such model", id="its own words"
        ),
        pytest.param(
            RunEnded("r", None, "SIGSEGV"),
            None,
            RunEnd.CRASHED,
            "Killed by SIGSEGV, which Chorus did not send",
            id="a signal",
        ),
        pytest.param(
            RunEnded("r", None, None), None, RunEnd.INTERRUPTED, "Its terminal session ended", id="no record"
        ),
        pytest.param(RunEnded("r", None, "SIGTERM"), "ann", RunEnd.KILLED, "Ended by ann", id="wanted"),
        pytest.param(
            RunEnded("r", 0, None, "Its terminal was closed", RunEnd.INTERRUPTED),
            "ann",
            RunEnd.INTERRUPTED,
            "Its terminal was closed",
            id="what the host knows comes first",
        ),
        pytest.param(
            RunEnded("r", None, None, None, RunEnd.CRASHED), None, RunEnd.CRASHED, "crashed", id="no words"
        ),
    ],
)
def test_judge(report: RunEnded, stop_wanted: str | None, end: RunEnd, detail: str) -> None:
    assert judge(report, stop_wanted) == (end, detail)


async def states(core: Core, task_id: str) -> list[tuple[str, MessageState, str | None]]:
    return [(message.text, message.state, message.error) for message in await core.messages(task_id)]


async def test_a_run_that_has_started_has_its_prompt(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started(description="do it")
        await core.report(RunStarted((await core.run(task.id)).id, 17, 5))
        run = await core.run(task.id)
        assert (run.pid, run.pid_start) == (17, 5)
        assert await states(core, task.id) == [("do it", MessageState.DELIVERED, None)]
        await core.report(RunStarted(run.id, 18, 6))
        assert (await core.run(task.id)).pid == 17


async def test_the_end_of_a_run_is_on_record_and_shown(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.ended(task.id)
        run, shown = await core.run(task.id), await core.task(task.id)
        assert (run.end, run.end_detail, run.exit_code) == (RunEnd.FINISHED, "Finished", 0)
        assert (shown.status, shown.agent_status, shown.activity) == (
            TaskStatus.RUNNING,
            AgentStatus.STOPPED,
            "Finished",
        )
        [event] = await core.events("run.ended")
        assert (event.data["end"], event.data["exitCode"]) == ("FINISHED", 0)


async def test_what_an_ended_agent_asked_is_withdrawn_and_what_it_changed_is_committed(
    tmp_path: Path,
) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        run = await core.run(task.id)
        asked = PermissionAsked(use("Bash", {"command": "make"}))
        ask = core.services.permissions.requests.ask
        await core.database.write(lambda unit: ask(unit, run, asked, "fake", None))
        await core.ended(task.id, exit_code=1)
        [request] = await core.services.permissions.inbox.list(None, task.id)
        assert (request.state, request.message) == (PermissionState.WITHDRAWN, "the agent has ended")
        [sweep] = await core.commands("commit", task.id)
        assert sweep.payload["key"] == f"end:{run.id}"
        assert sweep.payload["edits"] is None
        assert "\n\ndo it\n\n" in sweep.payload["message"]


async def test_a_task_that_is_put_away_is_not_swept(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.closing.complete(task.id, actor="user")
        await core.ended(task.id)
        assert await core.commands("commit", task.id) == []


async def test_a_prompt_that_an_agent_never_took_up_has_failed(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(restarts=0)) as core:
        task = await core.started(description="do it")
        await core.report(RunEnded((await core.run(task.id)).id, 2, None))
        assert await states(core, task.id) == [("do it", MessageState.FAILED, "Exited with code 2")]
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.ERRORED, "Exited with code 2")


async def test_a_message_to_an_agent_that_has_finished_begins_the_next_run(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        first = await core.run(task.id)
        await core.services.agents.send(task.id, "go on", actor="user")
        [deliver] = await core.commands("deliver", task.id)
        await core.ended(task.id)
        assert (await core.run(task.id)).id == first.id, "the host has yet to say what became of the message"
        await core.report(CommandDone(deliver.seq))
        second = await core.run(task.id)
        assert (second.prompt, second.resumed_from) == ("go on", first.id)


async def test_a_crash_gives_up_what_was_typed_and_restarts_nothing_without_a_budget(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(restarts=0)) as core:
        task = await core.running()
        message = await core.services.agents.send(task.id, "go on", actor="user")
        await core.ended(task.id, None, "SIGSEGV")
        assert (await states(core, task.id))[-1] == (
            "go on",
            MessageState.FAILED,
            "Killed by SIGSEGV, which Chorus did not send",
        )
        await core.report(Delivered(message.id))
        assert (await core.task(task.id)).waits is None
        assert await core.commands("start", task.id) == []


async def test_a_crash_within_the_budget_takes_back_what_the_agent_did_not_take_up(tmp_path: Path) -> None:
    agent = FakeAgent(confirms_prompts=True)
    async with services(tmp_path, limits=LimitSettings(restarts=2), agents=[agent]) as core:
        task = await core.running(description="do it")
        assert await states(core, task.id) == [("do it", MessageState.DELIVERED, None)]
        await core.ended(task.id, None, "SIGSEGV")
        assert await states(core, task.id) == [("do it", MessageState.QUEUED, None)]
        parked, run = await core.task(task.id), await core.run(task.id)
        assert (parked.status, parked.waits) == (TaskStatus.WAITING, Wait.RESTART)
        assert run.end_detail == (
            "Killed by SIGSEGV, which Chorus did not send. It is started again (1 of 2 within 10 minutes)"
        )


async def test_a_place_that_is_free_goes_to_a_task_that_waits(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        first, second = await core.running("first"), await core.started("second")
        assert second.status is TaskStatus.WAITING
        await core.ended(first.id)
        assert (await core.task(second.id)).status is TaskStatus.RUNNING


async def test_an_agent_that_nobody_hears_any_more_is_told_of_while_it_lives(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = await core.run(task.id)
        await core.report(Unheard(run.id, "http://127.0.0.1:1/hooks", "The port is taken."))
        [error] = await core.events("host.error")
        assert error.data["message"].startswith(
            "This agent reports to http://127.0.0.1:1/hooks, which is not"
        )
        await core.ended(task.id)
        await core.report(Unheard(run.id, "http://127.0.0.1:1/hooks", "The port is taken."))
        assert len(await core.events("host.error")) == 1
