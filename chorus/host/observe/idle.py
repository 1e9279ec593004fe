"""Whether an agent really rests: the report that a turn is over comes a moment before it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from chorus.backends import StatusSource, SupportsObserve
from chorus.host.run_dir import RunDir
from chorus.model import AgentStatus

#: Seconds for which an agent that has reported the end of its turn may still write down that it is busy,
#: and between looks.
REST_SECONDS = 3.0
LOOK_SECONDS = 0.05


async def rests(source: StatusSource, place: RunDir, environ: Mapping[str, str]) -> bool:
    """Wait until a prompt may be typed, as the agent itself writes down.

    False when it waits for an answer that is not on its screen yet: what is typed would be that answer. An
    agent that stays busy takes a prompt up when it is done.
    """
    process = place.agent()
    if process is None or not isinstance(source, SupportsObserve):
        return True
    env = place.environment() or environ
    for _ in range(int(REST_SECONDS / LOOK_SECONDS)):
        found = await asyncio.to_thread(source.observe, process.pid, env)
        if found is None or found.status is not AgentStatus.THINKING:
            return found is None or found.status is not AgentStatus.WAITING
        await asyncio.sleep(LOOK_SECONDS)
    return True
