"""Deadlines of permission requests: decided as the profile says, once, whatever the clock does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from chorus.backends import Verdict
from chorus.db.unit import now
from chorus.model import PermissionDecision, PermissionState, Task
from chorus.services.clock import SteadyClock
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.deadlines import PermissionDeadlines
from chorus.services.tasks.inputs import TaskChanges
from chorus.settings import ProfileSettings
from tests.support.asking import AskingAgent, pending
from tests.support.services import Core, services

ALLOW, DENY = PermissionDecision.ALLOW, PermissionDecision.DENY
QUESTION = {"questions": [{"question": "Which?", "options": [{"label": "A"}, {"label": "B"}]}]}
MINUTE, HOUR = 60.0, 3600.0
#: After this the profile `strict`, and all others with a time, has to decide.
OVERDUE = HOUR + 10 * MINUTE


class Clocks:
    """The clock on the wall, which stands still but where it is set, and one that only goes on."""

    def __init__(self) -> None:
        self.wall = now().timestamp()
        self.steady = 1000.0

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def deadlines(core: Core, clocks: Clocks) -> PermissionDeadlines:
    clock = SteadyClock(lambda: clocks.wall, lambda: clocks.steady)
    return PermissionDeadlines(core.database, core.services.permissions, clock)


async def test_nothing_is_decided_before_its_time(
    core: Core, clocks: Clocks, deadlines: PermissionDeadlines
) -> None:
    agent = await AskingAgent.start(core, permission_profile="strict")
    waiting = await agent.wait("Bash", command="make")
    clocks.go_on(50 * MINUTE)
    due = await deadlines.expire()
    assert due is not None
    assert timedelta(minutes=9) < due - now() < timedelta(minutes=15)
    assert not await waiting.released()
    assert [request.id for request in await pending(core)] == [waiting.id]


async def test_the_profile_decides_when_nobody_has_in_time(
    core: Core, clocks: Clocks, deadlines: PermissionDeadlines
) -> None:
    strict = await AskingAgent.start(core, permission_profile="strict")
    lenient = await AskingAgent.start(core, permission_profile="lenient")
    denied = await strict.wait("Bash", command="make")
    allowed = await lenient.wait("Bash", command="make")
    question = await lenient.wait("AskUserQuestion", **QUESTION)
    clocks.go_on(OVERDUE)
    assert await deadlines.expire() is None
    verdict = await denied.agent
    assert verdict is not None
    assert verdict.decision is DENY
    assert "Nobody has answered within 3600 seconds, and the permission profile strict" in str(
        verdict.message
    )
    assert await allowed.agent == Verdict(ALLOW)
    answered = await question.agent
    assert answered is not None
    assert answered.decision is DENY, "a question needs an answer, and there is none"
    resolved = [(event.data["state"], event.source) for event in await core.events("permission.resolved")]
    expired, by = PermissionState.EXPIRED, "policy lenient"
    assert resolved == [(expired, "policy strict"), (PermissionState.ALLOWED, by), (expired, by)]
    assert await deadlines.expire() is None, "nothing is decided twice"
    assert len(await core.events("permission.resolved")) == 3


@pytest.mark.parametrize("profile", ["patient", "default"])
async def test_requests_wait_for_ever_where_the_profile_says_so(
    core: Core, clocks: Clocks, deadlines: PermissionDeadlines, profile: str
) -> None:
    agent = await AskingAgent.start(core, permission_profile=profile)
    waiting = await agent.wait("Bash", command="make")
    clocks.go_on(100 * HOUR)
    assert await deadlines.expire() is None
    assert not await waiting.released()
    request, task = (await pending(core))[0], await core.task(agent.task_id)
    assert core.services.permissions.inbox.due(request, task) is None


async def test_a_person_who_answers_late_is_told_who_was_first(
    core: Core, clocks: Clocks, deadlines: PermissionDeadlines
) -> None:
    agent = await AskingAgent.start(core, permission_profile="strict")
    waiting = await agent.wait("Bash", command="make")
    task = await core.task(agent.task_id)
    due = core.services.permissions.inbox.due((await pending(core))[0], task)
    assert due == (await pending(core))[0].created_at + timedelta(hours=1)
    clocks.go_on(OVERDUE)
    await deadlines.expire()
    (outcome,) = await core.services.permissions.respond_all([waiting.id], Answer(ALLOW), actor="ada")
    assert str(outcome.error) == "This request was expired by policy strict already."


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, 24 * HOUR])
async def test_a_clock_that_is_set_lets_no_request_expire(
    core: Core, clocks: Clocks, deadlines: PermissionDeadlines, jump: float
) -> None:
    agent = await AskingAgent.start(core, permission_profile="strict")
    waiting = await agent.wait("Bash", command="make")
    clocks.go_on(10 * MINUTE)
    await deadlines.expire()
    clocks.wall += jump
    assert await deadlines.expire() is not None
    assert not await waiting.released()
    clocks.go_on(HOUR - 1)
    await deadlines.expire()
    assert not await waiting.released(), "its time counts from the jump on"
    clocks.go_on(1)
    assert await deadlines.expire() is None
    verdict = await waiting.agent
    assert verdict is not None
    assert verdict.decision is DENY


async def test_a_jump_is_noticed_while_nobody_asks(
    core: Core, clocks: Clocks, deadlines: PermissionDeadlines
) -> None:
    clocks.wall += 2 * HOUR
    await deadlines.expire()
    agent = await AskingAgent.start(core, permission_profile="strict")
    waiting = await agent.wait("Bash", command="make")
    clocks.go_on(HOUR)
    assert await deadlines.expire() is None
    verdict = await waiting.agent
    assert verdict is not None
    assert verdict.decision is DENY, "the jump was long before, and lengthens nothing"


async def test_a_server_that_starts_again_has_lost_no_time(core: Core, clocks: Clocks) -> None:
    agent = await AskingAgent.start(core, permission_profile="strict")
    waiting = await agent.wait("Bash", command="make")
    clocks.go_on(OVERDUE)
    later = SteadyClock(lambda: clocks.wall, lambda: clocks.steady)
    await PermissionDeadlines(core.database, core.services.permissions, later).expire()
    verdict = await waiting.agent
    assert verdict is not None
    assert verdict.decision is DENY


# --- when it looks -------------------------------------------------------------------------------------


@pytest.fixture
async def running(deadlines: PermissionDeadlines) -> AsyncIterator[None]:
    running = asyncio.create_task(deadlines.run())
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def change_profile(core: Core, task: str, profile: str) -> Task:
    return await core.services.tasks.update(task, TaskChanges(permission_profile=profile), actor="ada")


@pytest.mark.usefixtures("running")
async def test_a_shorter_time_counts_at_once(core: Core, clocks: Clocks) -> None:
    agent = await AskingAgent.start(core, permission_profile="patient")
    waiting = await agent.wait("Bash", command="make")
    clocks.go_on(OVERDUE)
    await change_profile(core, agent.task_id, "lenient")
    assert await waiting.agent == Verdict(ALLOW)


@pytest.mark.usefixtures("running")
async def test_a_new_request_is_looked_at_at_once(core: Core, clocks: Clocks) -> None:
    agent = await AskingAgent.start(core, permission_profile="lenient")
    clocks.go_on(OVERDUE)
    assert await (await agent.wait("Bash", command="make")).agent == Verdict(ALLOW)


async def test_nothing_runs_where_no_profile_decides(tmp_path: Path) -> None:
    patient = ProfileSettings(timeout_seconds=3600, on_timeout="wait")
    async with services(tmp_path, profiles={"patient": patient}) as core:
        await PermissionDeadlines(core.database, core.services.permissions).run()
