"""Kinds of events of the runs of agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from chorus.model.enums import RunEnd, RunMode
from chorus.model.events.base import EventKind, Source, failure_fields
from chorus.model.records import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStartedEvent(EventKind):
    """The process of an agent lives."""

    kind = "run.started"
    sources = (Source.HOST,)

    run_id: Annotated[str, "Id of the run."]
    mode: Annotated[RunMode, "How the agent is spoken to."]
    resumed_from: Annotated[str | None, "The conversation of the agent that goes on."] = None
    prompt: Annotated[str | None, "The prompt it was started with."] = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the event of a run that was started."""
        return cls(run_id=run.id, mode=run.mode, resumed_from=run.resumed_from, prompt=run.prompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEndedEvent(EventKind):
    """A run is over, or could not be started."""

    kind = "run.ended"
    sources = (Source.HOST,)

    run_id: Annotated[str, "Id of the run."]
    end: Annotated[RunEnd | None, "How it ended."]
    detail: Annotated[str | None, "Why, for a person."] = None
    exit_code: Annotated[int | None, "Exit code of the process."] = None
    signal: Annotated[str | None, "Signal that ended the process."] = None
    code: Annotated[str | None, "Error code of a start that failed."] = None
    reason: Annotated[str | None, "Why a start failed, as a word (`branch_taken`)."] = None
    details: Annotated[Mapping[str, Any], "What else is known."] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run, failure: Mapping[str, Any]) -> Self:
        """Return the event of a run that has ended; `failure` is what a failed start says of itself."""
        return cls(
            run_id=run.id,
            end=run.end,
            detail=run.end_detail,
            exit_code=run.exit_code,
            signal=run.signal,
            **failure_fields(failure),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSums:
    """What the runs of a task have used so far."""

    input_tokens: Annotated[int | None, "Tokens read."] = None
    output_tokens: Annotated[int | None, "Tokens written."] = None
    cost_usd: Annotated[float | None, "Price in US dollars, where it is known."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUsageEvent(EventKind):
    """A run has used more tokens; all numbers are sums."""

    kind = "run.usage"
    sources = (Source.AGENT,)

    run_id: Annotated[str, "Id of the run."]
    input_tokens: Annotated[int | None, "Tokens read."] = None
    output_tokens: Annotated[int | None, "Tokens written."] = None
    cache_read_tokens: Annotated[int | None, "Tokens read from the cache."] = None
    cache_write_tokens: Annotated[int | None, "Tokens written to the cache."] = None
    cost_usd: Annotated[float | None, "Price in US dollars, where it is known."] = None
    task: Annotated[UsageSums, "The sums of all runs of the task."]
    unpriced: Annotated[Sequence[str], "Models whose price is not known."] = ()
