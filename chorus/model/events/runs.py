"""Kinds of events of the runs of agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from chorus.model.enums import RunEnd, RunMode
from chorus.model.events.base import EventKind, Id, Source, failure_fields
from chorus.model.records import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStartedEvent(EventKind):
    """The process of an agent was started."""

    kind = "run.started"
    sources = (Source.HOST,)

    run_id: Annotated[Id, "Id of the run."]
    mode: Annotated[RunMode, "How messages reach the agent."]
    resumed_from: Annotated[Id | None, "Id of the run whose conversation is continued."] = None
    prompt: Annotated[str | None, "First prompt of the run."] = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the event of a run that was started."""
        return cls(run_id=run.id, mode=run.mode, resumed_from=run.resumed_from, prompt=run.prompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEndedEvent(EventKind):
    """A run has ended or could not be started."""

    kind = "run.ended"
    sources = (Source.HOST,)

    run_id: Annotated[Id, "Id of the run."]
    end: Annotated[RunEnd | None, "How the run ended."]
    detail: Annotated[str | None, "Why the run ended, in words."] = None
    exit_code: Annotated[int | None, "Exit code of the process."] = None
    signal: Annotated[str | None, "Signal that ended the process."] = None
    code: Annotated[str | None, "Error code of a start that failed."] = None
    reason: Annotated[str | None, "Why a start failed, for programs (`branch_taken`)."] = None
    details: Annotated[Mapping[str, Any], "Further facts."] = field(default_factory=dict)

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
    """Usage of all runs of a task."""

    input_tokens: Annotated[int | None, "Input tokens."] = None
    output_tokens: Annotated[int | None, "Output tokens."] = None
    cost_usd: Annotated[float | None, "Cost in US dollars."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUsageEvent(EventKind):
    """A run has used more tokens; the numbers are totals of the run."""

    kind = "run.usage"
    sources = (Source.AGENT,)

    run_id: Annotated[Id, "Id of the run."]
    input_tokens: Annotated[int | None, "Input tokens."] = None
    output_tokens: Annotated[int | None, "Output tokens."] = None
    cache_read_tokens: Annotated[int | None, "Input tokens read from the cache."] = None
    cache_write_tokens: Annotated[int | None, "Input tokens written to the cache."] = None
    cost_usd: Annotated[float | None, "Cost in US dollars."] = None
    task: Annotated[UsageSums, "Totals of all runs of the task."]
    unpriced: Annotated[Sequence[str], "Models without a known price."] = ()
