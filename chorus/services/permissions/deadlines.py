"""Deadlines of permission requests: those that nobody answers in time are decided as the profile says.

A deadline is when the request was made plus the profile's time, computed from the database each time: a
server that starts again has lost none.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from chorus.backends import Verdict
from chorus.db import permissions
from chorus.db.database import Database
from chorus.db.unit import Unit, now
from chorus.model import PermissionDecision, PermissionRequest, PermissionState, ToolKind
from chorus.services.clock import SteadyClock
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.profiles import Profile, TimeoutPolicy

#: Seconds between looks without any cause: the clock of a machine that slept may have jumped.
LOOK_SECONDS = 60.0


class PermissionDeadlines:
    def __init__(
        self, database: Database, permissions: PermissionService, clock: SteadyClock | None = None
    ) -> None:
        self._database = database
        self._permissions = permissions
        self._profiles = permissions.policies.profiles
        self._clock = clock or SteadyClock()

    async def run(self) -> None:
        """Decide what is due, until cancelled; return at once when no profile has a time-out."""
        if not any(profile.decides_in_time for profile in self._profiles.all()):
            return
        while True:
            self._permissions.changed.clear()
            due = await self.expire()
            seconds = LOOK_SECONDS if due is None else max(0.0, (due - now()).total_seconds())
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LOOK_SECONDS)):
                    await self._permissions.changed.wait()

    async def expire(self) -> datetime | None:
        """Decide all that is due now and return when the next request will be; None: none will."""
        return await self._database.write(self._expire)

    def _expire(self, unit: Unit) -> datetime | None:
        self._clock.elapsed(0)  # a jump is noticed also while nobody asks
        coming = [
            self._decide_in_time(unit, request, profile)
            for request, name in permissions.pending_with_profiles(unit.connection)
            if (profile := self._profiles.find(name)) is not None
        ]
        return min((due for due in coming if due is not None), default=None)

    def _decide_in_time(self, unit: Unit, request: PermissionRequest, profile: Profile) -> datetime | None:
        """Decide the request if it is due; return when it will be, None for one that never is any more."""
        if profile.timeout is None or not profile.decides_in_time:
            return None
        left = profile.timeout.total_seconds() - self._clock.elapsed(request.created_at.timestamp())
        if left > 0:
            return unit.at + timedelta(seconds=left)
        verdict, state = _decision(request, profile)
        self._permissions.decisions.decide(unit, request, verdict, f"policy {profile.name}", state)
        return None


def _decision(request: PermissionRequest, profile: Profile) -> tuple[Verdict, PermissionState]:
    """Allow where the profile says so; a question needs an answer, and nobody has given one."""
    if profile.on_timeout is TimeoutPolicy.ALLOW and request.tool.kind is not ToolKind.QUESTION:
        return Verdict(PermissionDecision.ALLOW), PermissionState.ALLOWED
    seconds = int(profile.timeout.total_seconds()) if profile.timeout else 0
    message = (
        f"Nobody has answered within {seconds} seconds, and the permission profile {profile.name} does not "
        "let this wait any longer. Go on without it, or end your turn and say what you need."
    )
    return Verdict(PermissionDecision.DENY, message=message), PermissionState.EXPIRED
