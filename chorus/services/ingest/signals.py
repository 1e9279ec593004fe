"""What agents report: each signal is applied by the noun it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from chorus.db.unit import Unit
from chorus.model import (
    Evidence,
    LinesLost,
    PermissionAsked,
    PromptAccepted,
    Run,
    SessionLeft,
    SessionSeen,
    Signal,
    StatusReading,
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
from chorus.plugins import Plugins
from chorus.services import usage
from chorus.services.ingest import conversations
from chorus.services.ingest.conversations import Conversations
from chorus.services.ingest.prompts import Prompts
from chorus.services.ingest.tools import Tools
from chorus.services.ingest.turns import Turns
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.delivery import FREE, Delivery
from chorus.services.runs.scheduler import Scheduler
from chorus.services.runs.usage_limits import UsageLimits
from chorus.services.status import run_state

#: Applies a signal of one type; the last argument names the status source.
Handler = Callable[[Unit, Run, Any, str], None]

#: Signals that count only of the main agent: subagents have turns of their own.
OF_MAIN_AGENT = (StatusSeen, SessionSeen, PromptAccepted, TurnEnded, TurnFailed)

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
        self._delivery = delivery
        tools, turns = Tools(plugins, permissions), Turns(permissions, limits)
        self.handlers: Mapping[type[Signal], Handler] = {
            StatusSeen: status_reported,
            SessionSeen: Conversations(permissions).seen,
            SessionLeft: conversations.left,
            PromptAccepted: Prompts(scheduler).accepted,
            ToolStarted: tools.started,
            ToolFinished: tools.finished,
            PermissionAsked: asked,
            TurnEnded: turns.ended,
            TurnFailed: turns.failed,
            TextSeen: conversations.text_seen,
            UsageSeen: usage_reported,
            LinesLost: conversations.lines_lost,
            Unknown: conversations.unknown,
        }

    def apply(self, unit: Unit, run: Run, signals: Sequence[Signal], source: str) -> None:
        """Apply the signals of one report in their order, then move the task's queue on if its turn ended."""
        late = _comes_late(unit, run, signals)
        if late or _asks(signals):
            signals = [signal for signal in signals if not isinstance(signal, StatusSeen)]
        for signal in signals:
            if signal.agent is None or not isinstance(signal, OF_MAIN_AGENT):
                self.handlers[type(signal)](unit, run, signal, source)
        if any(isinstance(signal, _MAY_FREE) for signal in signals) and _is_free(unit, run):
            self._delivery.advance(unit, run.task_id)


def status_reported(unit: Unit, run: Run, signal: StatusSeen, source: str) -> None:
    """Record what the agent says it does now."""
    reading = StatusReading(signal.status, one_line(signal.activity), source, unit.at.timestamp())
    run_state.apply(unit, run.id, lambda known: known.with_report(reading, signal.counts))


def asked(unit: Unit, run: Run, signal: PermissionAsked, source: str) -> None:
    """Show what the agent asks; its request is on record already."""
    run_state.refresh(unit, run.id)


def usage_reported(unit: Unit, run: Run, signal: UsageSeen, source: str) -> None:
    """Count what an answer of a model took."""
    usage.count(unit, run, [signal], source)


def _is_free(unit: Unit, run: Run) -> bool:
    """Return whether the agent takes a prompt now."""
    state = run_state.of(unit, run.id)
    return state.displayed.status in FREE or derive(state.evidence).free


def _asks(signals: Sequence[Signal]) -> bool:
    """Return whether a report asks for a permission.

    Then its status is left out: the request itself says that the agent waits, until it is decided.
    """
    return any(isinstance(signal, PermissionAsked) for signal in signals)


def _comes_late(unit: Unit, run: Run, signals: Sequence[Signal]) -> bool:
    """Return whether a report is about a use of a tool that is over, so that it says nothing about now.

    Reports travel on connections of their own and may overtake each other, or are sent again much later.
    """
    late = False
    for signal in signals:
        match signal:
            case (ToolStarted() | ToolFinished()) as tool if tool.agent is None and tool.use_id:
                use_id, over = tool.use_id, isinstance(tool, ToolFinished)
                late = late or use_id in run_state.of(unit, run.id).evidence.done_uses
                if not late:
                    run_state.apply(unit, run.id, partial(Evidence.with_use, use_id=use_id, over=over))
            case TurnEnded(agent=None, background=0) | TurnFailed(agent=None):
                run_state.apply(unit, run.id, Evidence.without_uses)
    return late
