"""Reports of a host to the services: facts, each of which may come twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chorus.backends import Entry, Workspace
from chorus.model import (
    Commit,
    DiffStat,
    DocumentReference,
    GivenDocument,
    RunEnd,
    StatusReading,
    UsageSeen,
)
from chorus.model.context import Part


@dataclass(frozen=True, slots=True)
class CommandDone:
    seq: int


@dataclass(frozen=True, slots=True)
class CommandDelayed:
    """It could not be done just now (`code` and `message` of a ChorusError) and is tried again."""

    seq: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """It cannot be done (what a ChorusError says of itself); services decide what that means."""

    seq: int
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkspaceOpened:
    task_id: str
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceClosed:
    task_id: str
    kept: str | None  #: why the working folder was left in place, if it was
    branch_deleted: bool = False
    failure: Mapping[str, Any] = field(default_factory=dict)  #: the same for programs


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The agent process lives: its pid and start time (clock ticks since boot, /proc/PID/stat field 22)."""

    run_id: str
    pid: int
    pid_start: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """What was seen of the end; `end` None leaves the judgement to the services. `failure` is, for programs,
    what there is to know of a start that failed.
    """

    run_id: str
    exit_code: int | None
    signal: str | None
    detail: str | None = None
    end: RunEnd | None = None
    failure: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unheard:
    """The run reports to this address of an earlier server, where this one cannot listen; `why` not."""

    run_id: str
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class ProcessesLeft:
    """What agents of the task had started and could not be ended. `closing`: the task is being put away."""

    task_id: str
    processes: Sequence[str]  #: pids and names, for a person
    closing: bool


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a look at the agent from outside found: its state file, a dialog on its screen, a notice there,
    and the title of its terminal where no state file tells.
    """

    run_id: str
    file: StatusReading | None = None
    dialog: StatusReading | None = None
    notice: StatusReading | None = None
    title: StatusReading | None = None


@dataclass(frozen=True, slots=True)
class TranscriptRead:
    """What the transcripts of a run say. `offsets`: up to where they need not be read again, by path;
    `lost`: what the agent's own reports should have told some time ago.
    """

    run_id: str
    offsets: Mapping[str, int]
    usages: Sequence[UsageSeen]
    lost: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Committed:
    """A reason to commit was carried out; `commit` None: there was nothing to commit.

    `stat` is what the task's branch has changed since its base; None where nobody could count it.
    """

    task_id: str
    key: str
    commit: Commit | None
    stat: DiffStat | None = None


@dataclass(frozen=True, slots=True)
class VcsTrouble:
    """A commit did not work; the work is where it was. `conflict`: it depends on another branch."""

    task_id: str
    message: str
    conflict: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """Changes in a shared folder that no task made as far as anybody knows; they are on no branch."""

    task_id: str
    paths: Sequence[str]


@dataclass(frozen=True, slots=True)
class ConflictResolved:
    task_id: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message was typed into the agent's terminal."""

    message_id: str


@dataclass(frozen=True, slots=True)
class SessionOrphaned:
    """A session with our marker that belongs to no open task; it is left alone."""

    task_id: str
    run_id: str | None
    backend: str


@dataclass(frozen=True, slots=True)
class ContextGiven:
    """The agent of a run was told about documents before a message, or before its first prompt.

    `key` makes it count once. `parts` are what it was told now, in the conversation of this id; `documents`
    all it knows; `left_out` says for the person what it was not told; `forget` are the ids of references
    that were removed and need not be told any more.
    """

    key: str
    task_id: str
    run_id: str
    message_id: str | None
    conversation: str
    parts: Sequence[Part]
    documents: Sequence[GivenDocument]
    left_out: Sequence[str]
    forget: Sequence[str]


@dataclass(frozen=True, slots=True)
class Followed:
    """A reference as it was asked about, what it stands for now, and the anchor that holds from now on.

    `known` False: it could not be looked at just now, so nothing can be said about it; `part.problem` says
    why.
    """

    reference: DocumentReference
    part: Part
    anchor: Mapping[str, Any]
    known: bool = True


@dataclass(frozen=True, slots=True)
class ReferencesFollowed:
    """Where references are now; one that was changed since it was asked about is left as it is."""

    found: Sequence[Followed]


@dataclass(frozen=True, slots=True)
class DocumentsChanged:
    project_id: str
    changes: Sequence[tuple[str, str]]  #: (path, kind)


Report = (
    CommandDone
    | CommandDelayed
    | CommandFailed
    | WorkspaceOpened
    | WorkspaceClosed
    | RunStarted
    | RunEnded
    | Unheard
    | ProcessesLeft
    | ProbeResult
    | TranscriptRead
    | Committed
    | VcsTrouble
    | ConflictResolved
    | Unassigned
    | Delivered
    | SessionOrphaned
    | ContextGiven
    | ReferencesFollowed
    | DocumentsChanged
)
