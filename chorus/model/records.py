"""What Chorus keeps a record of, as frozen values.

Services return these and plugins receive them; database rows never leave `chorus.db`. Times are
aware datetimes in UTC. Ids are opaque strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chorus.model.enums import (
    AfterPlan,
    AgentStatus,
    MessageState,
    PermissionScope,
    PermissionState,
    RunEnd,
    RunMode,
    TaskStatus,
    Wait,
)
from chorus.model.tools import ToolUse


@dataclass(frozen=True, slots=True)
class Project:
    """A repository on one host."""

    id: str
    host_id: str
    name: str
    path: str
    default_branch: str
    trusted: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    id: str
    project_id: str
    host_id: str
    title: str
    description: str
    priority: int
    status: TaskStatus
    agent_status: AgentStatus
    activity: str | None
    status_source: str | None
    status_since: datetime | None
    agent: str
    session_backend: str
    vcs_backend: str
    permission_profile: str
    allowed_tools: tuple[str, ...]
    run_mode: RunMode
    branch: str | None
    worktree: str | None
    base: str | None
    result: str | None
    error: str | None
    conflict: str | None
    added_lines: int | None
    removed_lines: int | None
    changed_files: int | None
    agent_session_id: str | None
    current_run_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    budget_usd: float | None = None
    #: Of a task that is WAITING: why, for what in words, until when, and its place among those that wait.
    waits: Wait | None = None
    waiting_for: str | None = None
    wait_until: datetime | None = None
    start_order: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One life of an agent process."""

    id: str
    task_id: str
    host_id: str
    mode: RunMode
    prompt: str | None
    agent_session_id: str | None
    resumed_from: str | None
    started_at: datetime
    ended_at: datetime | None
    end: RunEnd | None
    end_detail: str | None
    exit_code: int | None
    signal: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    #: The agent's process: its id, and its start time in clock ticks since boot. None before it runs.
    pid: int | None = None
    pid_start: int | None = None
    #: Who asked to end it, so that the end can be explained.
    stop_wanted: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Something said to an agent."""

    id: str
    task_id: str
    run_id: str | None
    text: str
    state: MessageState
    author: str
    created_at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit on a task's branch. `files` are paths relative to the repository."""

    id: str
    message: str
    author: str
    at: datetime
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    id: str
    task_id: str
    run_id: str
    tool: ToolUse
    summary: str
    state: PermissionState
    scope: PermissionScope | None
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    message: str | None
    #: What was answered to the questions it asks, by question.
    answers: Mapping[str, str] | None = None
    #: How the agent goes on with the plan that was approved; None: in the mode it was in before.
    after_plan: AfterPlan | None = None
    #: The patterns that the agent itself would remember with a yes.
    suggestions: tuple[str, ...] = ()
    #: The subagent that asks; None for the main agent.
    agent_ref: str | None = None
    #: The agent's turn ends with the answer.
    interrupt: bool = False

    @property
    def tool_name(self) -> str:
        return self.tool.name

    @property
    def tool_input(self) -> Mapping[str, Any]:
        return self.tool.input


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A task's pointer to a document, a section (`heading`, a slug) or a range of lines (1-based,
    inclusive).

    Heading and lines are those of now, or of when it was last found if it is `stale`; `problem` then says
    why, and `was` what it was. `text` is what it stands for now, if that was asked for. `anchor` is how it
    is followed, see `chorus.model.anchors`.
    """

    id: str
    task_id: str
    path: str
    heading: str | None
    start_line: int | None
    end_line: int | None
    note: str | None
    stale: bool
    anchor: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    was: FoundPart | None = None
    version: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class FoundPart:
    """What a reference stood for when it was last found. `heading` is the heading's text; `text` is cut
    (`truncated`) when it is long.
    """

    heading: str | None
    start_line: int
    end_line: int
    version: str
    text: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """A part of a document that an agent knows, in the version it was told.

    `unchanged` says that it was told before and is the same; `problem` that it had to be told why there is
    nothing to give (there is no version then).
    """

    reference_id: str
    path: str
    heading: str | None
    start_line: int | None
    end_line: int | None
    version: str | None
    unchanged: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class GivenContext:
    """What an agent was told of documents before one message; without `message_id` before a run's first
    prompt. `left_out` has a sentence about each part it was not told in full.
    """

    run_id: str
    message_id: str | None
    at: datetime
    documents: tuple[GivenDocument, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the event log. `seq` is gap-free and grows by one; clients see it as an opaque cursor."""

    seq: int
    at: datetime
    kind: str
    task_id: str | None
    source: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document: `level` 1-6, `line` 1-based, `slug` unique in the document, as GitHub makes
    it.
    """

    level: int
    text: str
    slug: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document as listed: where it is and what it is called. `path` is relative to the project, `size` in
    bytes, `fields` what the document says about itself (front matter), as values JSON can hold.
    """

    path: str
    title: str
    provider: str
    size: int
    version: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a document, or all of it, with the lines (1-based, inclusive) it came from.

    `version` names the content of the whole document (a digest): two reads with the same version saw the
    same text.
    """

    path: str
    text: str
    start_line: int
    end_line: int
    version: str
