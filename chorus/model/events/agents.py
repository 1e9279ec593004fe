"""Kinds of events of what agents do and say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from chorus.model.enums import AgentStatus
from chorus.model.events.base import EventKind, Source
from chorus.model.status import StatusReading


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatusEvent(EventKind):
    """The agent of a task does something else than before."""

    kind = "agent.status"
    sources = (Source.AGENT, Source.HOST, Source.CHORUS)

    status: Annotated[AgentStatus, "What it does."]
    activity: Annotated[str | None, "The same in a line for a person."] = None
    run_id: Annotated[str, "Id of the run."]
    since: Annotated[float, "Since when, in seconds since 1970."]

    @classmethod
    def of(cls, run_id: str, reading: StatusReading) -> Self:
        """Return the event about a status of a run."""
        return cls(status=reading.status, activity=reading.activity, run_id=run_id, since=reading.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPromptEvent(EventKind):
    """The agent has taken a prompt."""

    kind = "agent.prompt"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    text: Annotated[str, "The prompt."]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTextEvent(EventKind):
    """The agent has said something."""

    kind = "agent.text"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    agent_ref: Annotated[str | None, "Id of the subagent that said it."] = None
    text: Annotated[str, "Its words."]
    truncated: Annotated[bool, "Whether the text was cut."] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentToolEvent(EventKind):
    """The agent has begun to use a tool, or has used it."""

    kind = "agent.tool"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    phase: Annotated[Literal["start", "end", "failed"], "How far the use of the tool is."]
    tool_name: Annotated[str, "Name of the tool."]
    summary: Annotated[str, "What it is used for, in a line."]
    use_id: Annotated[str | None, "Id of this use, the same in all phases."] = None
    agent_ref: Annotated[str | None, "Id of the subagent that uses it."] = None
    input: Annotated[Any, "Input of the tool."]
    patch: Annotated[Sequence[Any], "Hunks of an edit: `oldStart`, `oldLines`, `newStart`, …"] = ()
    result: Annotated[str | None, "Its answer, or why it failed."] = None
    files: Annotated[Sequence[str], "Paths of the files that were edited."] = ()
    error: Annotated[str | None, "Why it failed, in a line."] = None
    truncated: Annotated[bool, "Whether input, patch or result were cut."] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTurnEvent(EventKind):
    """The agent has finished its turn, or was interrupted."""

    kind = "agent.turn"
    sources = (Source.AGENT, Source.ACTOR)

    run_id: Annotated[str, "Id of the run."]
    text: Annotated[str | None, "Its last words."] = None
    background: Annotated[int, "How many tasks it still runs in the background."] = 0
    interrupted: Annotated[bool, "Whether somebody interrupted the turn."] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentErrorEvent(EventKind):
    """A turn of the agent has failed."""

    kind = "agent.error"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    error: Annotated[str, "What failed, as a word (`rate_limit`)."]
    text: Annotated[str | None, "What the agent says about it."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSilentEvent(EventKind):
    """An agent at work has reported nothing for long; it may hang."""

    kind = "agent.silent"
    sources = (Source.CHORUS,)

    run_id: Annotated[str, "Id of the run."]
    seconds: Annotated[float, "After how many seconds of silence this is told."]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLeftEvent(EventKind):
    """The agent has closed its conversation."""

    kind = "agent.left"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    reason: Annotated[str | None, "Why, in the agent's own words."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLinesLostEvent(EventKind):
    """Output of a headless agent was removed before a server had read it."""

    kind = "agent.lines_lost"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    from_: Annotated[int, "Offset of the first byte that is lost."]
    until: Annotated[int, "Offset of the first byte that is not."]
    message: Annotated[str, "The same for a person."]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReportEvent(EventKind):
    """An agent has reported what its status source does not know."""

    kind = "agent.report"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    kind_: Annotated[str, "What the agent calls it."]
    data_: Annotated[Any, "The report, or as much of its beginning as there is room for."]
