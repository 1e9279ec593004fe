"""What a status source makes of a raw report: small facts about an agent, in the order it told them.

A signal says what happened, never what to do about it. `agent` is None for the main agent and the
id of the subagent otherwise; signals of subagents do not move the task's status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chorus.model.enums import AgentStatus
from chorus.model.tools import ToolUse


@dataclass(frozen=True, slots=True)
class Signal:
    agent: str | None = field(default=None, kw_only=True)


class Counts(StrEnum):
    """When a status counts: reports may come late, and what they say is over then."""

    ALWAYS = "ALWAYS"
    BETWEEN_TURNS = "BETWEEN_TURNS"  #: not while the agent is known to be in the middle of a turn
    IN_TURN = "IN_TURN"  #: not once its turn is known to be over
    #: only while it is taken to be at work: not once its turn is known to be over, well or with an error, nor
    #: while it is known to wait for what runs in its background
    UNEXPLAINED = "UNEXPLAINED"


@dataclass(frozen=True, slots=True)
class StatusSeen(Signal):
    """The agent is now doing this (`activity` is one line for a person)."""

    status: AgentStatus
    activity: str | None = None
    counts: Counts = field(default=Counts.ALWAYS, kw_only=True)


@dataclass(frozen=True, slots=True)
class SessionSeen(Signal):
    """The agent's own conversation id, and where its transcript is."""

    agent_session_id: str
    transcript: str | None = None


@dataclass(frozen=True, slots=True)
class PromptAccepted(Signal):
    """The agent has taken this text as a prompt of a person."""

    text: str


@dataclass(frozen=True, slots=True)
class TextSeen(Signal):
    """Something the agent said in words, whole."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded(Signal):
    """The agent has finished its turn. `background` counts what still runs for it."""

    text: str | None = None
    background: int = 0


@dataclass(frozen=True, slots=True)
class TurnFailed(Signal):
    """The turn ended with an error of the agent's own (rate_limit, overloaded, authentication_failed …).

    `resets_at` is when a usage limit ends, in seconds since the epoch, where the agent says it.
    """

    error: str
    text: str | None = None
    resets_at: float | None = None


@dataclass(frozen=True, slots=True)
class ToolStarted(Signal):
    tool: ToolUse
    use_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk of a unified diff; line numbers are 1-based, `lines` keep their leading ' ', '-' or '+'."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file the agent says it changed. `path` as the agent named it (usually absolute)."""

    path: str
    hunks: tuple[Hunk, ...] = ()
    created: bool = False


@dataclass(frozen=True, slots=True)
class ToolFinished(Signal):
    """The tool has ended, with `result` (its answer in words) or, not `ok`, with `error`."""

    tool: ToolUse
    use_id: str | None = None
    ok: bool = True
    edits: Sequence[FileEdit] = ()
    error: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class PermissionAsked(Signal):
    """The agent may not go on until somebody answers; the report is held open.

    `suggestions` are the patterns that the agent itself would remember with a yes.
    """

    tool: ToolUse
    suggestions: Sequence[str] = ()
    use_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionLeft(Signal):
    """The agent says that it is going (`reason` in its own words); the process decides what is true."""

    reason: str


@dataclass(frozen=True, slots=True)
class UsageSeen(Signal):
    """Tokens and cost (US dollars) of one answer of a model; `message_id` makes it count once.

    `input_tokens` is all the model was given; `cache_read_tokens` and `cache_write_tokens` of them came
    from its cache, or went there. `cost_usd` None: what the model costs is not known.
    """

    message_id: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = None
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    model: str | None = None


@dataclass(frozen=True, slots=True)
class LinesLost(Signal):
    """What the agent said in its channel between these offsets is gone, and nobody had read it."""

    begin: int
    until: int


@dataclass(frozen=True, slots=True)
class Unknown(Signal):
    """A report of a kind this version does not know; what an event can hold of it is kept."""

    kind: str
    data: Mapping[str, Any] | None = field(default=None, compare=False)
