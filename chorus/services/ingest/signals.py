"""Applying what an agent said: status, prompts accepted, edits to commit, the end of a turn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select, update

from chorus.db import lookup, rows, tables
from chorus.db.unit import Unit
from chorus.model import (
    READING_TOOLS,
    AgentStatus,
    Counts,
    Evidence,
    LinesLost,
    MessageState,
    PermissionAsked,
    PromptAccepted,
    Run,
    Seen,
    SessionLeft,
    SessionSeen,
    Signal,
    StatusSeen,
    TextSeen,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnFailed,
    Unknown,
    UsageSeen,
    derive,
    one_line,
)
from chorus.model.truncate import Budget
from chorus.plugins import Plugins
from chorus.services import usage
from chorus.services.ingest import tool_events
from chorus.services.ingest.commits import order_commit, turns, why
from chorus.services.messages import same_text, set_message
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.delivery import FREE, Delivery
from chorus.services.runs.scheduler import Scheduler
from chorus.services.runs.usage_limits import UsageLimits
from chorus.services.status import updates

#: Bytes that are kept of a report nobody understands.
UNKNOWN_BYTES = 4096

#: Signals with which permission requests come and go; a status that was seen is weighed where it is.
_CHANGE_WHAT_IS_ASKED = (PermissionAsked, ToolFinished, TurnEnded, TurnFailed)

#: Signals after which the agent may take the next prompt.
_MAY_FREE = (TurnEnded, TurnFailed, SessionSeen, StatusSeen)


class Signals:
    def __init__(
        self,
        plugins: Plugins,
        permissions: PermissionService,
        delivery: Delivery,
        scheduler: Scheduler,
        limits: UsageLimits,
    ) -> None:
        self._plugins = plugins
        self._permissions = permissions
        self._delivery = delivery
        self._scheduler = scheduler
        self._limits = limits

    def apply(self, unit: Unit, run: Run, signals: Sequence[Signal], source: str) -> None:
        """Apply the signals of one report in their order, then move the task's queue on if its turn ended."""
        if any(isinstance(one, PermissionAsked) for one in signals):
            # The request itself says that the agent waits, and stops saying so when it is decided.
            signals = [one for one in signals if not isinstance(one, StatusSeen)]
        if _comes_late(unit, run, signals):
            signals = [one for one in signals if not isinstance(one, StatusSeen)]
        for signal in signals:
            self._one(unit, run, signal, source)
        if any(isinstance(one, _CHANGE_WHAT_IS_ASKED) for one in signals):
            updates.weigh(unit, run, lambda evidence: evidence)
        may_be_free = any(
            isinstance(one, TurnEnded | TurnFailed | SessionSeen | StatusSeen) for one in signals
        )
        standing = updates.standing(unit, run) if may_be_free else None
        if standing is not None and (standing.shown.agent_status in FREE or derive(standing.evidence).free):
            self._delivery.advance(unit, run.task_id)

    def _one(self, unit: Unit, run: Run, signal: Signal, source: str) -> None:
        match signal:
            case StatusSeen(agent=None):
                self._status(unit, run, signal.status, signal.activity, source, signal.counts)
            case SessionSeen(agent=None):
                self._session(unit, run, signal)
            case PromptAccepted(agent=None):
                self._prompt(unit, run, signal, source)
            case ToolStarted():
                tool_events.tool_started(unit, run, signal, source)
            case TextSeen():
                tool_events.text_seen(unit, run, signal, source)
            case ToolFinished():
                self._tool_finished(unit, run, signal, source)
            case TurnEnded(agent=None):
                self._turn_ended(unit, run, signal, source)
            case TurnFailed(agent=None):
                self._turn_failed(unit, run, signal, source)
            case UsageSeen():
                usage.count(unit, run, [signal], source)
            case SessionLeft():
                unit.emit("agent.left", run.task_id, source, {"runId": run.id, "reason": signal.reason})
            case LinesLost():
                unit.emit("agent.lines_lost", run.task_id, source, _lost(run, signal))
            case Unknown():
                data = Budget(UNKNOWN_BYTES).value(signal.data)
                told = {"runId": run.id, "kind": signal.kind[:100], "data": data}
                unit.emit("agent.report", run.task_id, source, told)

    def _status(
        self,
        unit: Unit,
        run: Run,
        status: AgentStatus,
        activity: str | None,
        source: str,
        counts: Counts = Counts.ALWAYS,
        *,
        free: bool = False,
    ) -> None:
        seen = Seen(status, one_line(activity), source, unit.at.timestamp(), free)
        updates.weigh(unit, run, lambda evidence: evidence.with_report(seen, counts))

    def _session(self, unit: Unit, run: Run, signal: SessionSeen) -> None:
        """The conversation may get a new id (/clear); the task remembers the latest for the next resume."""
        values = {"agent_session_id": signal.agent_session_id}
        runs, tasks = tables.runs, tables.tasks
        if run.agent_session_id != signal.agent_session_id:
            self._permissions.policies.forget(unit)  # rules of the conversation before no longer apply
        unit.connection.execute(
            update(runs).where(runs.c.id == run.id).values(**values, transcript=signal.transcript)
        )
        unit.connection.execute(
            update(tasks).where(tasks.c.id == run.task_id, tasks.c.current_run_id == run.id).values(**values)
        )

    def _prompt(self, unit: Unit, run: Run, signal: PromptAccepted, source: str) -> None:
        unit.emit("agent.prompt", run.task_id, source, {"runId": run.id, "text": signal.text})
        # Whoever speaks to it in the terminal has it go on, whatever it was parked for.
        self._scheduler.resumed(unit, lookup.task(unit.connection, run.task_id), source)
        messages = tables.messages
        query = select(messages).where(
            messages.c.run_id == run.id,
            messages.c.state.in_((MessageState.QUEUED, MessageState.DELIVERED)),
        )
        for row in (unit.connection.execute(query.order_by(messages.c.position))).all():
            if same_text(rows.message(row).text, signal.text):
                set_message(unit, row.id, MessageState.ACCEPTED)
                return

    def _tool_finished(self, unit: Unit, run: Run, signal: ToolFinished, source: str) -> None:
        self._permissions.withdrawals.of_tool(unit, run.id, signal, "answered in the terminal")
        tool_events.tool_finished(unit, run, signal, source)
        if not signal.ok:
            return
        if signal.edits:
            key = f"edit:{run.id}:{signal.use_id or unit.at.timestamp()}"
            self._commit(unit, run, key, signal)
        elif signal.use_id and signal.tool not in READING_TOOLS and self._shares_tree(unit, run):
            # Where tasks share a folder, what a command changed has to be told apart before the next one.
            self._commit(unit, run, f"tool:{run.id}:{signal.use_id}", signal)

    def _commit(self, unit: Unit, run: Run, key: str, of: ToolFinished) -> None:
        task = lookup.task(unit.connection, run.task_id)
        order_commit(unit, task, run, key, of.edits or None, why(unit, run), of.use_id)

    def _shares_tree(self, unit: Unit, run: Run) -> bool:
        return self._plugins.shares_tree(updates.standing(unit, run).vcs_backend)

    def _turn_ended(self, unit: Unit, run: Run, signal: TurnEnded, source: str) -> None:
        if signal.background:
            plural = "" if signal.background == 1 else "s"
            text = f"Waiting for {signal.background} background task{plural}"
            self._status(unit, run, AgentStatus.RUNNING, text, source, free=True)
        else:
            self._status(unit, run, AgentStatus.IDLE, signal.text, source)
        data = {"runId": run.id, "text": signal.text, "background": signal.background}
        unit.emit("agent.turn", run.task_id, source, data)
        self._permissions.withdrawals.of_run(unit, run.id, "the turn is over")
        task = lookup.task(unit.connection, run.task_id)
        # What Bash and formatters changed was named by no report: it is swept up when the turn is over.
        key = f"turn:{run.id}:{turns(unit, run)}"
        order_commit(unit, task, run, key, None, why(unit, run))

    def _turn_failed(self, unit: Unit, run: Run, signal: TurnFailed, source: str) -> None:
        text = ": ".join(part for part in (signal.error, one_line(signal.text)) if part)
        self._status(unit, run, AgentStatus.ERRORED, text, source)
        data = {"runId": run.id, "error": signal.error, "text": signal.text}
        unit.emit("agent.error", run.task_id, source, data)
        self._permissions.withdrawals.of_run(unit, run.id, "the turn failed")
        self._limits.reached(unit, run, signal, source)


def _lost(run: Run, signal: LinesLost) -> dict[str, object]:
    size = (signal.until - signal.begin) / 1024**2
    words = f"{size:,.1f} MiB of what the agent said were removed before a server had read them"
    return {"runId": run.id, "from": signal.begin, "until": signal.until, "message": words}


def _comes_late(unit: Unit, run: Run, signals: Sequence[Signal]) -> bool:
    """Whether a report is about a use of a tool that is over, so that it says nothing about now.

    Reports travel on connections of their own and may overtake each other, or are sent again much later.
    """
    late = False
    for signal in signals:
        match signal:
            case (ToolStarted() | ToolFinished()) as tool if tool.agent is None and tool.use_id:
                use_id, over = tool.use_id, isinstance(tool, ToolFinished)
                late = late or use_id in (updates.standing(unit, run)).evidence.done_uses
                if not late:
                    updates.weigh(unit, run, partial(Evidence.with_use, use_id=use_id, over=over))
            case TurnEnded(agent=None, background=0) | TurnFailed(agent=None):
                updates.weigh(unit, run, Evidence.without_uses)
    return late
