"""What a transaction said of permissions and then took back: it never was.

Two bugs that there were. The policies of runs are kept in memory, and were read again within a transaction
that added a rule; when its commit failed they stayed, and tools were allowed by a rule that is on no record
until the server started again. And an agent that waits for an answer was told within the transaction that
withdrew or decided its request; when that was rolled back, the request stayed open and nobody waited for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.exc import IntegrityError

from chorus.backends import Verdict
from chorus.db.unit import Unit
from chorus.model import (
    PermissionDecision,
    PermissionScope,
    PermissionState,
    SessionSeen,
    ToolDecision,
)
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.rules import NewRule
from chorus.services.tasks.inputs import TaskChanges
from tests.support.asking import AskingAgent, pending
from tests.support.database import failing_commits, share_commit
from tests.support.services import Core

ALLOW, DENY = PermissionDecision.ALLOW, PermissionDecision.DENY
SESSION, PROJECT = PermissionScope.SESSION, PermissionScope.PROJECT


class Fails(Exception):
    """A bug later in the same transaction."""


# --- rules ------------------------------------------------------------------------------------------


async def test_a_rule_whose_commit_fails_is_not_enforced(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make lint")
    async with failing_commits(core.database, "INSERT ON permission_rules"):
        with pytest.raises(IntegrityError):
            await core.services.rules.add(
                NewRule(PROJECT, "Bash(make:*)", project_id=core.project.id), actor="ada"
            )
    assert await agent.ruling("Bash", command="make lint") is None
    assert (await agent.ask("Bash", command="make test"))[1] is None, "a person decides"
    assert await core.services.rules.list() == []
    assert await core.events("permission.rule_added") == await core.events("permission.resolved") == []
    assert [request.summary for request in await pending(core)] == ["make lint", "make test"]
    assert not await waiting.released()
    await core.services.permissions.respond(waiting.id, Answer(DENY), actor="ada")
    assert await waiting.agent == Verdict(DENY)


async def test_an_answer_to_remember_whose_commit_fails_is_neither_given_nor_remembered(core: Core) -> None:
    agent = await AskingAgent.start(core)
    first, second = await agent.wait("Bash", command="make"), await agent.wait("Bash", command="make")
    answer = Answer(ALLOW, scope=PROJECT)
    async with failing_commits(core.database, "INSERT ON permission_rules"):
        with pytest.raises(IntegrityError):
            await core.services.permissions.respond(first.id, answer, actor="ada")
    assert await agent.ruling("Bash", command="make") is None
    assert [request.id for request in await pending(core)] == [first.id, second.id]
    assert not await first.released()
    assert not await second.released()
    await core.services.permissions.respond(first.id, answer, actor="ada")
    verdict = await first.agent
    assert verdict is not None
    assert verdict.decision is ALLOW
    assert await second.agent == Verdict(ALLOW), "by the rule, which is now on record"


async def test_a_rule_is_not_enforced_when_something_else_fails_after_it(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make")

    def decide_then_fail(unit: Unit) -> None:
        answer = Answer(ALLOW, scope=PROJECT)
        core.services.permissions.decisions.respond(unit, waiting.id, answer, "ada")
        raise Fails

    with pytest.raises(Fails):
        await core.database.write(decide_then_fail)
    assert await agent.ruling("Bash", command="make") is None
    assert await core.services.rules.list() == []
    assert not await waiting.released()
    await core.services.permissions.respond(waiting.id, Answer(ALLOW), actor="ada")
    assert await waiting.agent == Verdict(ALLOW)


async def test_a_rule_whose_removal_fails_is_still_enforced(core: Core) -> None:
    agent = await AskingAgent.start(core)
    new = NewRule(PROJECT, "Bash(make:*)", project_id=core.project.id)
    rule = await core.services.rules.add(new, actor="ada")

    def remove_then_fail(unit: Unit) -> None:
        core.services.rules._remove(unit, rule.id, "ada")
        assert core.services.permissions.policies.of(unit, agent.run.id).rules == ()
        raise Fails

    with pytest.raises(Fails):
        await core.database.write(remove_then_fail)
    ruling = await agent.ruling("Bash", command="make")
    assert ruling is not None
    assert ruling.rule_id == rule.id


# --- profiles and conversations -----------------------------------------------------------------------


async def test_a_profile_whose_change_fails_is_not_enforced(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make")
    strict = TaskChanges(permission_profile="read_only")
    async with failing_commits(core.database, "UPDATE OF permission_profile ON tasks"):
        with pytest.raises(IntegrityError):
            await core.services.tasks.update(agent.task_id, strict, actor="ada")
    assert await agent.ruling("Bash", command="make") is None, "read_only would refuse it"
    assert (await core.task(agent.task_id)).permission_profile == "default"
    assert not await waiting.released()
    await core.services.tasks.update(agent.task_id, strict, actor="ada")
    verdict = await waiting.agent
    assert verdict is not None
    assert verdict.decision is DENY
    ruling = await agent.ruling("Bash", command="make")
    assert ruling is not None
    assert ruling.decision is ToolDecision.DENY


async def test_rules_of_a_conversation_hold_when_leaving_it_fails(core: Core) -> None:
    agent = await AskingAgent.start(core)
    rule = await core.services.rules.add(NewRule(SESSION, "Bash(make:*)", task_id=agent.task_id), actor="ada")

    def clear_then_fail(unit: Unit) -> None:
        signals = core.services.reports.writer.signals
        signals.apply(unit, agent.run, [SessionSeen("another")], "fake")
        assert core.services.permissions.policies.of(unit, agent.run.id).rules == ()
        raise Fails

    with pytest.raises(Fails):
        await core.database.write(clear_then_fail)
    ruling = await agent.ruling("Bash", command="make")
    assert ruling is not None
    assert ruling.rule_id == rule.id
    await core.told(agent.task_id, SessionSeen("another"))
    assert await agent.ruling("Bash", command="make") is None, "now it is left"


# --- withdrawals and decisions ------------------------------------------------------------------------


async def test_a_withdrawal_that_is_rolled_back_releases_nobody(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make")

    def withdraw_then_fail(unit: Unit) -> None:
        core.services.permissions.withdrawals.of_run(unit, agent.run.id, "the turn is over")
        raise Fails

    with pytest.raises(Fails):
        await core.database.write(withdraw_then_fail)
    assert not await waiting.released()
    (request,) = await pending(core)
    assert (request.id, request.state) == (waiting.id, PermissionState.PENDING)
    await core.services.permissions.respond(waiting.id, Answer(ALLOW), actor="ada")
    assert await waiting.agent == Verdict(ALLOW)


async def decide(permissions: PermissionService, id: str) -> None:
    await permissions.respond(id, Answer(ALLOW), actor="ada")


async def withdraw(permissions: PermissionService, id: str) -> None:
    await permissions.withdraw(id, "answered in the terminal")


@pytest.mark.parametrize("release", [decide, withdraw])
async def test_an_agent_waits_on_when_the_commit_that_would_release_it_fails(
    core: Core, release: Callable[[PermissionService, str], Awaitable[None]]
) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make")
    permissions = core.services.permissions
    async with failing_commits(core.database, "UPDATE ON permission_requests"):
        with pytest.raises(IntegrityError):
            await release(permissions, waiting.id)
    assert not await waiting.released()
    assert [request.id for request in await pending(core)] == [waiting.id]
    await permissions.respond(waiting.id, Answer(DENY, "No."), actor="grace")
    assert await waiting.agent == Verdict(DENY, message="No."), "the answer that counts"


async def test_nobody_is_expected_to_wait_for_a_request_that_is_rolled_back(core: Core) -> None:
    agent = await AskingAgent.start(core)
    async with failing_commits(core.database, "INSERT ON permission_requests"):
        with pytest.raises(IntegrityError):
            await agent.ask("Bash", command="make")
    assert await pending(core) == []
    assert core.services.permissions.waiters._waiting == {}


# --- transactions that share a commit -------------------------------------------------------------------


async def test_of_transactions_that_share_a_commit_only_the_one_that_fails_is_taken_back(core: Core) -> None:
    agent, database, rules = await AskingAgent.start(core), core.database, core.services.rules
    make, lint = await agent.wait("Bash", command="make"), await agent.wait("Bash", command="lint")

    def allow_then_fail(unit: Unit) -> None:
        decisions = core.services.permissions.decisions
        decisions.respond(unit, lint.id, Answer(ALLOW, scope=PROJECT), "ada")
        raise Fails

    of_task = NewRule(PermissionScope.TASK, "Bash(make:*)", task_id=agent.task_id)
    rule, failed, nothing, same = await share_commit(
        database,
        rules.add(of_task, actor="ada"),
        database.write(allow_then_fail),
        agent.ruling("Bash", command="lint"),
        agent.ruling("Bash", command="make"),
    )
    assert isinstance(failed, Fails)
    assert nothing is None
    assert same.rule_id == rule.id
    assert await make.agent == Verdict(ALLOW)
    assert not await lint.released()
    assert [request.id for request in await pending(core)] == [lint.id]


async def test_a_shared_commit_that_fails_takes_back_what_each_transaction_did(core: Core) -> None:
    agent, rules, permissions = await AskingAgent.start(core), core.services.rules, core.services.permissions
    make, lint = await agent.wait("Bash", command="make"), await agent.wait("Bash", command="lint")
    of_task = NewRule(PermissionScope.TASK, "Bash(make:*)", task_id=agent.task_id)
    async with failing_commits(core.database, "INSERT ON permission_rules"):
        results = await share_commit(
            core.database,
            rules.add(of_task, actor="ada"),
            agent.ruling("Bash", command="make"),  # by the rule, which it finds
            permissions.respond(lint.id, Answer(ALLOW), actor="ada"),
        )
    assert [type(result) for result in results] == [IntegrityError] * 3
    assert await agent.ruling("Bash", command="make") is None
    assert await core.events("permission.enforced") == []
    assert not await make.released()
    assert not await lint.released()
    assert [request.id for request in await pending(core)] == [make.id, lint.id]
    await permissions.respond(lint.id, Answer(DENY), actor="grace")
    assert await lint.agent == Verdict(DENY)
