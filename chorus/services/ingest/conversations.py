"""What an agent reports of its conversation: which one it is in, what it says, and what nobody read."""

from __future__ import annotations

from chorus.db import runs, tasks
from chorus.db.unit import Unit
from chorus.model import LinesLost, Run, SessionLeft, SessionSeen, TextSeen, Unknown
from chorus.model.events import AgentLeftEvent, AgentLinesLostEvent, AgentReportEvent, AgentTextEvent
from chorus.model.truncate import Truncator
from chorus.services.permissions.broker import PermissionService

#: Bytes of JSON that an event keeps of a text.
TEXT = 15 * 1024

#: Bytes that are kept of a report nobody understands.
UNKNOWN_BYTES = 4096


class Conversations:
    def __init__(self, permissions: PermissionService) -> None:
        self._permissions = permissions

    def seen(self, unit: Unit, run: Run, signal: SessionSeen, source: str) -> None:
        """Remember the conversation for the next resume: it may have got a new id (/clear)."""
        conversation = signal.agent_session_id
        # Rules of the conversation before no longer apply. It may have changed within this transaction, too.
        self._permissions.policies.forget(unit)
        values = {"agent_session_id": conversation, "transcript": signal.transcript}
        runs.update(unit.connection, run.id, **values)
        tasks.set_conversation(unit.connection, run.task_id, run.id, conversation)


def left(unit: Unit, run: Run, signal: SessionLeft, source: str) -> None:
    """Tell that the agent says it is going; its process decides."""
    event = AgentLeftEvent(run_id=run.id, reason=signal.reason)
    unit.emit(event, task_id=run.task_id, source=source)


def text_seen(unit: Unit, run: Run, signal: TextSeen, source: str) -> None:
    """Tell what the agent said in words."""
    kept = Truncator(TEXT)
    text = kept.text(signal.text)
    event = AgentTextEvent(run_id=run.id, agent_ref=signal.agent, text=text, truncated=kept.cut)
    unit.emit(event, task_id=run.task_id, source=source)


def lines_lost(unit: Unit, run: Run, signal: LinesLost, source: str) -> None:
    """Tell that output of the agent is gone and nobody had read it."""
    size = (signal.until - signal.begin) / 1024**2
    words = f"{size:,.1f} MiB of what the agent said were removed before a server had read them"
    event = AgentLinesLostEvent(run_id=run.id, from_=signal.begin, until=signal.until, message=words)
    unit.emit(event, task_id=run.task_id, source=source)


def unknown(unit: Unit, run: Run, signal: Unknown, source: str) -> None:
    """Tell that there was a report nobody understands."""
    kept = Truncator(UNKNOWN_BYTES).value(signal.data)
    event = AgentReportEvent(run_id=run.id, kind_=signal.kind[:100], data_=kept)
    unit.emit(event, task_id=run.task_id, source=source)
