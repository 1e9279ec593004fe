"""Probe of one agent from outside: its state file, and its terminal where that says nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from chorus.backends import (
    Agent,
    SessionBackend,
    SessionState,
    StateFileReading,
    StatusSource,
    SupportsObserve,
)
from chorus.host.backends.calls import ask, call
from chorus.host.observe.title import TitleTracker
from chorus.host.reports import ProbeResult
from chorus.model import AgentStatus, StatusReading
from chorus.model.status import FILE_SETTLES


class Probe:
    """The looks at one run. While the agent's own file tells that it rests, one costs a read of that file."""

    def __init__(
        self,
        run_id: str,
        task_id: str,
        pid: int,
        environment: Mapping[str, str],
        agent: Agent,
        source: StatusSource,
        session: SessionBackend,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._run_id = run_id
        self._task_id = task_id
        self._pid = pid
        self._environment = environment
        self._agent = agent
        self._source = source
        self._session = session
        self._clock = clock
        self._reads_dialogs = type(agent).dialog is not Agent.dialog  #: whether it would recognise one
        self._reads_notices = type(agent).notice is not Agent.notice
        self._title = TitleTracker(agent, source.name)
        self._last = ProbeResult(run_id)

    async def observe(self) -> StateFileReading | None:
        """What the agent itself has written down."""
        if not isinstance(self._source, SupportsObserve):
            return None
        return await asyncio.to_thread(self._source.observe, self._pid, self._environment)

    async def probe(self, found: StateFileReading | None) -> ProbeResult:
        """What there is to see now that this is written down."""
        told = found.status if found and found.at is not None else None
        if found is None or told is None:
            self._last = await self._from_terminal()
            return self._last
        self._title.reset()
        dialog = await self._waiting_dialog(found) if told is AgentStatus.WAITING else None
        works = told is AgentStatus.THINKING and self._reads_notices
        notice = self._notice(await self._screen()) if works else None
        self._last = ProbeResult(self._run_id, self._from_file(found), dialog, notice)
        return self._last

    async def _waiting_dialog(self, found: StateFileReading) -> StatusReading | None:
        """What an agent asks that waits. It may be about to report it itself, and better."""
        if not self._reads_dialogs or not self._has_settled(found):
            return self._last.dialog
        return self._dialog(await self._screen())

    async def _from_terminal(self) -> ProbeResult:
        """What the terminal tells of an agent that writes down nothing."""
        if not self._reads_dialogs and not self._title.supported:
            return ProbeResult(self._run_id)
        screen = await self._screen()
        title = await self._from_title(screen)
        works = title is not None and title.status is AgentStatus.THINKING
        notice = self._notice(screen) if works else None
        return ProbeResult(self._run_id, None, self._dialog(screen), notice, title)

    def _from_file(self, found: StateFileReading) -> StatusReading | None:
        """What the file says once it has settled; before that, what it said last."""
        if found.status is None or found.at is None:
            return None
        if not self._has_settled(found):
            return self._last.file
        return StatusReading(found.status, found.activity, f"{self._source.name} state file", found.at)

    def _has_settled(self, found: StateFileReading) -> bool:
        return found.at is None or self._clock() - found.at >= FILE_SETTLES

    async def _screen(self) -> str:
        return await call(f"session {self._session.name}", self._session.screen(self._task_id), expect=str)

    async def _from_title(self, screen: str) -> StatusReading | None:
        if not self._title.supported:
            return None
        work = self._session.observe(self._task_id)
        state = await call(f"session {self._session.name}", work, expect=(SessionState, type(None)))
        ours = state is not None and state.run_id == self._run_id
        return self._title.update(state.title if state and ours else "", screen, self._clock())

    def _dialog(self, screen: str) -> StatusReading | None:
        """A question on the screen that the agent cannot report."""
        dialog = ask(f"agent {self._agent.name}", self._agent.dialog, screen)
        if dialog is None:
            return None
        before = self._last.dialog
        if before is not None and before.activity == dialog.advice:
            return before
        return StatusReading(AgentStatus.WAITING, dialog.advice, "screen", self._clock())

    def _notice(self, screen: str) -> StatusReading | None:
        """What the screen of a busy agent says that it does not report."""
        words = ask(f"agent {self._agent.name}", self._agent.notice, screen)
        before = self._last.notice
        if words is None or (before is not None and before.activity == words):
            return before if words else None
        return StatusReading(AgentStatus.THINKING, words, "screen", self._clock())
