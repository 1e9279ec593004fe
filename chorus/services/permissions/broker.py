"""The permission broker: every request is on record, shown to everybody, and answered exactly once.

Requests are made in `requests`, decided in `decisions`, taken back in `withdrawals` and shown in `inbox`.
Methods that take a unit belong to the caller's transaction: agents that wait are told after its commit, and
never if it is rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chorus.db.database import Database
from chorus.errors import BadInput, ChorusError
from chorus.model import PermissionRequest
from chorus.services import validation
from chorus.services.permissions.answers import Answer, Outcome
from chorus.services.permissions.decisions import Decisions
from chorus.services.permissions.inbox import Inbox
from chorus.services.permissions.policy_cache import PolicyCache
from chorus.services.permissions.requests import Requests
from chorus.services.permissions.waiters import Waiters
from chorus.services.permissions.withdrawals import Withdrawals

#: Requests that can be answered at once.
MOST = 200


class PermissionService:
    def __init__(self, database: Database, policies: PolicyCache) -> None:
        self._database = database
        self.policies = policies
        self.waiters = Waiters()
        #: Set when requests come or profiles change: the next deadline may be another one.
        self.changed = asyncio.Event()
        self.decisions = Decisions(policies, self.waiters, self.changed)
        self.requests = Requests(policies, self.decisions, self.waiters, self.changed)
        self.withdrawals = Withdrawals(self.waiters)
        self.inbox = Inbox(database, policies)

    async def respond(self, id: str, answer: Answer, *, actor: str) -> PermissionRequest:
        """Answer a request. The same answer again is the same answer; another one is a Conflict.

        Raises BadInput, with nothing recorded, for an answer that does not fit the request.
        """
        if answer.message is not None:
            validation.text(answer.message, "message")
        return await self._database.write(self.decisions.respond, id, answer, actor)

    async def respond_all(self, ids: Sequence[str], answer: Answer, *, actor: str) -> Sequence[Outcome]:
        """Answer many requests alike, each by itself, and return the outcomes in their order."""
        wanted = list(dict.fromkeys(ids))
        if not 0 < len(wanted) <= MOST:
            raise BadInput(f"Answer 1 to {MOST} requests at once.", field="ids")
        return [await self._one_of_many(id, answer, actor) for id in wanted]

    async def _one_of_many(self, id: str, answer: Answer, actor: str) -> Outcome:
        try:
            return Outcome(id, await self.respond(id, answer, actor=actor), None)
        except ChorusError as error:
            return Outcome(id, None, error)

    async def withdraw(self, id: str, why: str) -> None:
        """Withdraw a request that its agent let go of: answered in the terminal, or left with Escape."""
        await self._database.write(self.withdrawals.one, id, why)
