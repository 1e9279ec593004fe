"""Idle check before a prompt: the report that a turn is over comes a moment before it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from chorus.backends import StatusSource, SupportsObserve
from chorus.host.run_dir import RunDir
from chorus.model import AgentStatus

#: Seconds for which an agent that has reported the end of its turn may still write down that it is busy,
#: and between looks.
SETTLE_SECONDS = 3.0
POLL_SECONDS = 0.05


async def is_idle(source: StatusSource, run_dir: RunDir, environ: Mapping[str, str]) -> bool:
    """Wait until a prompt may be typed, as the agent itself writes down.

    False when it waits for an answer that is not on its screen yet: what is typed would be that answer. An
    agent that stays busy takes a prompt up when it is done.
    """
    process = run_dir.agent()
    if process is None or not isinstance(source, SupportsObserve):
        return True
    env = run_dir.environment() or environ
    for _ in range(int(SETTLE_SECONDS / POLL_SECONDS)):
        found = await asyncio.to_thread(source.observe, process.pid, env)
        if found is None or found.status is not AgentStatus.THINKING:
            return found is None or found.status is not AgentStatus.WAITING
        await asyncio.sleep(POLL_SECONDS)
    return True
