"""Processes that a run or a task has left behind."""

from __future__ import annotations

import logging

from chorus.host.reports import ProcessesLeft, Report
from chorus.model import Run, Task
from chorus.platform.processes import end_marked

log = logging.getLogger(__name__)


async def end_orphans_of_run(run: Run, task: Task) -> list[Report]:
    """Kill whatever a run has started, wherever it is by now; what could not be ended is reported."""
    return await _end_marked("CHORUS_RUN_ID", run.id, task, closing=False)


async def end_orphans_of_task(task: Task) -> list[Report]:
    """The same for all runs of a task that is put away."""
    return await _end_marked("CHORUS_TASK_ID", task.id, task, closing=True)


async def _end_marked(name: str, value: str, task: Task, *, closing: bool) -> list[Report]:
    processes = await end_marked(name, value)
    if not processes:
        return []
    names = [process.label for process in processes]
    log.warning("task %s: these processes could not be ended: %s", task.id, ", ".join(names))
    return [ProcessesLeft(task.id, names, closing)]
