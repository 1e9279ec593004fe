"""Kinds of events of branches, folders and commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from chorus.model.events.base import EventKind, Id, Source
from chorus.model.records import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsBranchEvent(EventKind):
    """The branch and the folder of a task were opened."""

    kind = "vcs.branch"
    sources = (Source.HOST,)

    branch: Annotated[str, "Name of the branch."]
    base: Annotated[str, "Commit that the branch starts from."]


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsCommitEvent(EventKind):
    """Changes of a task were committed to its branch."""

    kind = "vcs.commit"
    sources = (Source.HOST,)

    id: Annotated[Id, "Id of the commit."]
    message: Annotated[str, "Message of the commit."]
    files: Annotated[Sequence[str], "Paths of the changed files in the repository."] = ()

    @classmethod
    def of(cls, commit: Commit) -> Self:
        """Return the event of a commit."""
        return cls(id=commit.id, message=commit.message, files=commit.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsConflictEvent(EventKind):
    """Changes of a task depend on another branch and cannot be committed."""

    kind = "vcs.conflict"
    sources = (Source.HOST,)

    message: Annotated[str, "What the conflict is and what to do, in words."]
    code: Annotated[str | None, "Error code."] = None
    reason: Annotated[str | None, "Reason of the conflict, for programs (`depends_on_branch`)."] = None
    details: Annotated[Mapping[str, Any], "Further facts."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsResolvedEvent(EventKind):
    """The conflict of a task was resolved."""

    kind = "vcs.resolved"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsUnassignedEvent(EventKind):
    """Files in a shared folder have changes that belong to no known task."""

    kind = "vcs.unassigned"
    sources = (Source.HOST,)

    paths: Annotated[Sequence[str], "Paths of the files; empty when no such changes are left."]


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsClosedEvent(EventKind):
    """The folder of a closed task was removed, or kept to lose no work."""

    kind = "vcs.closed"
    sources = (Source.HOST,)

    kept: Annotated[str | None, "Why the folder was kept, in words."] = None
    branch_deleted: Annotated[bool, "Whether the branch was deleted."] = False
    code: Annotated[str | None, "Error code, if the folder was kept."] = None
    reason: Annotated[str | None, "Why it was kept, for programs (`unfinished`, `work_left`)."] = None
    details: Annotated[Mapping[str, Any], "Further facts."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsErrorEvent(EventKind):
    """A commit or another step of version control has failed; no work was lost."""

    kind = "vcs.error"
    sources = (Source.HOST,)

    message: Annotated[str, "What is wrong and what to do, in words."]
    command: Annotated[str | None, "Command that has failed (`commit`, `close`)."] = None
    code: Annotated[str | None, "Error code."] = None
    reason: Annotated[str | None, "Reason of the error, for programs (`on_another_branch`)."] = None
    details: Annotated[Mapping[str, Any], "Further facts."] = field(default_factory=dict)
