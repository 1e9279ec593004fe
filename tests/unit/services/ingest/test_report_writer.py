"""The writer of agent reports: each counts once, and a bad one takes no other with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks.tools import use

from chorus.errors import Unavailable
from chorus.model import AgentStatus, PermissionAsked, Signal, StatusSeen, TurnEnded, Unknown
from chorus.services.ingest import report_writer
from chorus.services.ingest.report_writer import AgentReport, Outcome, RunOver
from tests.support.services import Core, services

BASH = PermissionAsked(use("Bash", {"command": "make"}))


class Broken(Signal):
    """A signal that nothing knows: applying it raises."""


async def report(core: Core, task_id: str, *signals: Signal, name: str | None = None) -> AgentReport:
    return AgentReport((await core.run(task_id)).id, "fake", name, signals)


async def written(core: Core, *reports: AgentReport) -> Sequence[Outcome | BaseException]:
    """Write reports that arrive at the same moment."""
    writer = core.services.reports.writer
    return await asyncio.gather(*(writer.write(one) for one in reports), return_exceptions=True)


async def kinds(core: Core) -> list[str]:
    return [event.data["kind"] for event in await core.events("agent.report")]


async def test_reports_that_arrive_together_share_a_transaction_and_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with services(tmp_path) as core:
        ids = [(await core.running(title)).id for title in ("a", "b")]
        reports = [await report(core, ids[number % 2], Unknown(str(number))) for number in range(10)]
        writer, batches = core.services.reports.writer, []
        apply = writer.apply

        def counted(unit: Any, batch: Sequence[AgentReport]) -> Any:
            batches.append(len(batch))
            return apply(unit, batch)

        monkeypatch.setattr(writer, "apply", counted)
        assert await written(core, *reports) == [Outcome([], [])] * 10
        assert batches == [10]
        assert await kinds(core) == [str(number) for number in range(10)]


async def test_one_bad_report_takes_no_other_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        good = [await report(core, id, Unknown(name), name=name) for name in ("first", "last")]
        bad = await report(core, id, Unknown("half"), Broken(), name="bad")
        with caplog.at_level(logging.ERROR):
            first, failed, last = await written(core, good[0], bad, good[1])
        assert first == last == Outcome([], [])
        assert isinstance(failed, KeyError)
        assert await kinds(core) == ["first", "last"], "nothing of the bad one is on record"
        assert "could not be applied" in caplog.text
        # It may be sent again: it has not been counted.
        [again] = await written(core, await report(core, id, Unknown("mended"), name="bad"))
        assert again == Outcome([], [])
        assert await kinds(core) == ["first", "last", "mended"]


@pytest.mark.parametrize("together", [True, False])
async def test_a_report_that_is_sent_twice_counts_once(tmp_path: Path, together: bool) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        twice = [await report(core, id, Unknown("news"), name="n1") for _ in range(2)]
        if together:
            await written(core, *twice)
        else:
            for one in twice:
                await written(core, one)
        assert await kinds(core) == ["news"]


async def test_what_has_no_name_counts_each_time_and_a_name_is_of_its_run(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        ids = [(await core.running(title)).id for title in ("a", "b")]
        nameless = await report(core, ids[0], Unknown("nameless"))
        named = [await report(core, id, Unknown("named"), name="n1") for id in ids]
        await written(core, nameless, nameless, *named)
        assert await kinds(core) == ["nameless", "nameless", "named", "named"]


async def test_a_run_that_is_over_is_told_so_and_the_others_are_written(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        over, alive = [(await core.running(title)).id for title in ("over", "alive")]
        reports = [await report(core, id, Unknown(id)) for id in (over, alive)]
        await core.ended(over)
        first, second = await written(
            core,
            *reports,
        )
        assert isinstance(first, RunOver)
        assert second == Outcome([], [])
        assert await kinds(core) == [alive]


async def test_a_request_that_is_asked_again_is_the_same_one(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        asking = await report(core, id, BASH, name="q1")
        [first] = await written(core, asking)
        [again] = await written(core, asking)
        assert isinstance(first, Outcome)
        assert first == again
        assert first.held[0].verdict is None
        [request] = await core.services.permissions.inbox.list(None, id)
        assert request.id == first.held[0].request_id


async def test_a_report_whose_agent_has_let_go_is_written_all_the_same(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        writer = core.services.reports.writer
        leaving = asyncio.create_task(writer.write(await report(core, id, Unknown("left"))))
        staying = asyncio.create_task(writer.write(await report(core, id, Unknown("stayed"))))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await staying == Outcome([], [])
        assert await kinds(core) == ["left", "stayed"]


async def test_more_than_can_wait_is_refused_and_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_writer, "WAITING", 3)
    async with services(tmp_path) as core:
        id = (await core.running()).id
        reports = [await report(core, id, Unknown(str(number))) for number in range(5)]
        outcomes = await written(core, *reports)
        assert [type(one) for one in outcomes] == [Outcome] * 3 + [Unavailable] * 2
        assert await kinds(core) == ["0", "1", "2"]


async def test_the_status_after_a_burst_is_the_last_one(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        busy = [await report(core, id, StatusSeen(AgentStatus.RUNNING, str(number))) for number in range(20)]
        await written(core, *busy, await report(core, id, TurnEnded("All done.")))
        task = await core.task(id)
        assert (task.agent_status, task.activity) == (AgentStatus.IDLE, "All done.")
