"""Kinds of events of what agents do and say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from chorus.model.enums import AgentStatus
from chorus.model.events.base import EventKind, Id, Offset, Source
from chorus.model.status import StatusReading
from chorus.model.tools import ToolKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatusEvent(EventKind):
    """The status or the activity of an agent has changed."""

    kind = "agent.status"
    sources = (Source.AGENT, Source.HOST, Source.CHORUS)

    status: Annotated[AgentStatus, "The new status."]
    activity: Annotated[str | None, "What the agent is doing, in one line."] = None
    run_id: Annotated[Id, "Id of the run."]
    since: Annotated[float, "Start of the status, in seconds since 1970."]

    @classmethod
    def of(cls, run_id: str, reading: StatusReading) -> Self:
        """Return the event about a status of a run."""
        return cls(status=reading.status, activity=reading.activity, run_id=run_id, since=reading.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPromptEvent(EventKind):
    """The agent has accepted a prompt."""

    kind = "agent.prompt"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    text: Annotated[str, "Text of the prompt."]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTextEvent(EventKind):
    """The agent has written text."""

    kind = "agent.text"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    agent_ref: Annotated[str | None, "Id of the subagent; null for the main agent."] = None
    text: Annotated[str, "The text."]
    truncated: Annotated[bool, "Whether the text was shortened."] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentToolEvent(EventKind):
    """The agent has started or finished using a tool."""

    kind = "agent.tool"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    phase: Annotated[Literal["start", "end", "failed"], "State of the tool use."]
    tool_name: Annotated[str, "Name of the tool."]
    tool_kind: Annotated[ToolKind, "What the tool does, whatever its agent calls it."] = ToolKind.OTHER
    summary: Annotated[str, "Tool and input in one line."]
    use_id: Annotated[Id | None, "Id of the tool use, the same in all phases."] = None
    agent_ref: Annotated[str | None, "Id of the subagent; null for the main agent."] = None
    input: Annotated[Any, "Input of the tool."]
    patch: Annotated[Sequence[Any], "Hunks of an edit: `oldStart`, `oldLines`, `newStart`, …"] = ()
    result: Annotated[str | None, "Output of the tool, or its error message."] = None
    files: Annotated[Sequence[str], "Paths of the files that were edited."] = ()
    error: Annotated[str | None, "Error message in one line."] = None
    truncated: Annotated[bool, "Whether input, patch or result were shortened."] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTurnEvent(EventKind):
    """A turn of the agent has ended or was interrupted."""

    kind = "agent.turn"
    sources = (Source.AGENT, Source.ACTOR)

    run_id: Annotated[Id, "Id of the run."]
    text: Annotated[str | None, "Last text of the turn."] = None
    background: Annotated[int, "Number of background tasks that are still running."] = 0
    interrupted: Annotated[bool, "Whether the turn was interrupted."] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentErrorEvent(EventKind):
    """A turn of the agent has failed."""

    kind = "agent.error"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    error: Annotated[str, "Kind of error, for programs (`rate_limit`)."]
    text: Annotated[str | None, "Error message of the agent."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSilentEvent(EventKind):
    """A busy agent has reported nothing for a long time."""

    kind = "agent.silent"
    sources = (Source.CHORUS,)

    run_id: Annotated[Id, "Id of the run."]
    seconds: Annotated[float, "Length of the silence in seconds (`[status] silent_seconds`)."]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLeftEvent(EventKind):
    """The agent has closed its conversation."""

    kind = "agent.left"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    reason: Annotated[str | None, "Reason given by the agent."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLinesLostEvent(EventKind):
    """Output of a headless agent was deleted before a server had read it."""

    kind = "agent.lines_lost"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    from_: Annotated[Offset, "Offset of the first lost byte."]
    until: Annotated[Offset, "Offset of the first byte after the loss."]
    message: Annotated[str, "Size of the loss, in words."]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReportEvent(EventKind):
    """An agent has sent a report that its status source does not know."""

    kind = "agent.report"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    kind_: Annotated[str, "Kind of the report, as the agent names it."]
    data_: Annotated[Any, "The report, shortened if it is long."]
