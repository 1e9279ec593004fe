"""Kinds of events of branches, folders and commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from chorus.model.events.base import EventKind, Source
from chorus.model.records import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsBranchEvent(EventKind):
    """The branch and the folder of a task are there."""

    kind = "vcs.branch"
    sources = (Source.HOST,)

    branch: Annotated[str, "Name of the branch."]
    base: Annotated[str, "Commit that it starts from."]


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsCommitEvent(EventKind):
    """Changes of a task were committed to its branch."""

    kind = "vcs.commit"
    sources = (Source.HOST,)

    id: Annotated[str, "Id of the commit."]
    message: Annotated[str, "Its message."]
    files: Annotated[Sequence[str], "Paths of its files in the repository."] = ()

    @classmethod
    def of(cls, commit: Commit) -> Self:
        """Return the event of a commit."""
        return cls(id=commit.id, message=commit.message, files=commit.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsConflictEvent(EventKind):
    """Changes of a task cannot be committed, because they depend on another branch."""

    kind = "vcs.conflict"
    sources = (Source.HOST,)

    message: Annotated[str, "What is in the way and what to do, for a person."]
    code: Annotated[str | None, "Error code."] = None
    reason: Annotated[str | None, "The same as a word (`depends_on_branch`)."] = None
    details: Annotated[Mapping[str, Any], "What else is known."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsResolvedEvent(EventKind):
    """The conflict of a task is no more."""

    kind = "vcs.resolved"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsUnassignedEvent(EventKind):
    """Files in a folder that tasks share were changed, by no task as far as is known."""

    kind = "vcs.unassigned"
    sources = (Source.HOST,)

    paths: Annotated[Sequence[str], "Paths of the files; none: there are no such changes any more."]


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsClosedEvent(EventKind):
    """The folder of a closed task was removed, or kept because something in it would be lost."""

    kind = "vcs.closed"
    sources = (Source.HOST,)

    kept: Annotated[str | None, "Why the folder was kept, for a person."] = None
    branch_deleted: Annotated[bool, "Whether the branch was deleted too."] = False
    code: Annotated[str | None, "Error code of why it was kept."] = None
    reason: Annotated[str | None, "The same as a word (`unfinished`, `work_left`)."] = None
    details: Annotated[Mapping[str, Any], "What else is known."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsErrorEvent(EventKind):
    """The version control of a task does not work as it should; no work was lost."""

    kind = "vcs.error"
    sources = (Source.HOST,)

    message: Annotated[str, "What is wrong and what to do, for a person."]
    command: Annotated[str | None, "What the host was to do (`commit`, `close`)."] = None
    code: Annotated[str | None, "Error code."] = None
    reason: Annotated[str | None, "The same as a word (`on_another_branch`)."] = None
    details: Annotated[Mapping[str, Any], "What else is known."] = field(default_factory=dict)
