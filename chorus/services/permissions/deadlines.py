"""Requests that nobody answers in time: decided as the profile of their task says.

A deadline is when the request was made plus the profile's time, computed from the database each time: a
server that starts again has lost none.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select

from chorus.backends import Verdict
from chorus.db import tables
from chorus.db.database import Database
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit, now
from chorus.model import PermissionDecision, PermissionState
from chorus.model.questions import QUESTION_TOOL
from chorus.services.clock import JumpWatch
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.profiles import Profile, TimeoutPolicy

#: Seconds between looks without any cause: the clock of a machine that slept may have jumped.
LOOK_SECONDS = 60.0


class PermissionDeadlines:
    def __init__(self, database: Database, permissions: PermissionService) -> None:
        self._database = database
        self._permissions = permissions
        self._profiles = permissions.policies.profiles
        self._jumps = JumpWatch()

    async def run(self) -> None:
        """Decide what is due, until cancelled; over at once when no profile has a time-out."""
        if not any(_decides(profile) for profile in self._profiles.all()):
            return
        while True:
            self._permissions.changed.clear()
            due = await self.expire()
            seconds = LOOK_SECONDS if due is None else max(0.0, (due - now()).total_seconds())
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LOOK_SECONDS)):
                    await self._permissions.changed.wait()

    async def expire(self) -> datetime | None:
        """Decide all that is due now; when the next one will be."""
        table, tasks = tables.permission_requests, tables.tasks
        query = select(table, tasks.c.permission_profile).join(tasks, tasks.c.id == table.c.task_id)
        query = query.where(table.c.state == PermissionState.PENDING).order_by(table.c.position)
        self._jumps.elapsed(0)  # also while nobody asks
        coming: list[datetime] = []

        # A writing transaction: whatever woke us may be in one that is just being committed.
        def work(unit: Unit) -> None:
            for row in (unit.connection.execute(query)).all():
                profile = self._profiles.find(row.permission_profile)
                if profile is None or profile.timeout is None or not _decides(profile):
                    continue
                left = profile.timeout.total_seconds() - self._jumps.elapsed(row.created_at.timestamp())
                if left > 0:
                    coming.append(unit.at + timedelta(seconds=left))
                    continue
                verdict, state = _decision(row, profile)
                self._permissions.decide(unit, row, verdict, f"policy {profile.name}", state)

        await self._database.write(work)
        return min(coming, default=None)


def _decides(profile: Profile) -> bool:
    return profile.timeout is not None and profile.on_timeout is not TimeoutPolicy.WAIT


def _decision(row: AnyRow, profile: Profile) -> tuple[Verdict, PermissionState]:
    """Allowed where the profile says so; a question needs an answer, and nobody has given one."""
    if profile.on_timeout is TimeoutPolicy.ALLOW and row.tool_name != QUESTION_TOOL:
        return Verdict(PermissionDecision.ALLOW), PermissionState.ALLOWED
    seconds = int(profile.timeout.total_seconds()) if profile.timeout else 0
    message = (
        f"Nobody has answered within {seconds} seconds, and the permission profile {profile.name} does not "
        "let this wait any longer. Go on without it, or end your turn and say what you need."
    )
    return Verdict(PermissionDecision.DENY, message=message), PermissionState.EXPIRED
