"""Uses of tools, as the status source of an agent describes them. Pure.

Each agent has its own names for its tools and for the fields of their input. Chorus knows none of them: it
works on the kind of a tool, on what a use of it is about, and on the files that it touches.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Self

from chorus.model.questions import Question


class ToolKind(StrEnum):
    """What a tool does."""

    READ = "READ"  #: reads files
    EDIT = "EDIT"  #: writes files that it names
    RUN = "RUN"  #: runs a command line
    SEARCH = "SEARCH"  #: searches files or the web
    FETCH = "FETCH"  #: reads something from the network
    PLAN = "PLAN"  #: asks a person to approve a plan
    QUESTION = "QUESTION"  #: asks a person something
    OTHER = "OTHER"

    @property
    def asks_person(self) -> bool:
        """Return whether a person has to answer; one answer is none to the next question."""
        return self in (ToolKind.PLAN, ToolKind.QUESTION)


#: Kinds that write no file: nothing has to be committed after them.
_WRITE_NOTHING = frozenset((ToolKind.READ, ToolKind.SEARCH, ToolKind.FETCH, ToolKind.PLAN, ToolKind.QUESTION))


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A use of a tool, in words that mean the same for every agent.

    `name` and `input` are the agent's own. `subject` is what the use is about, in full: the command line, the
    path, the URL, the query. `files` are the files and folders it reads or writes, absolute or in the task's
    folder; None when it may touch anything. `aliases` are further names by which patterns cover it, such as
    the name that stands for all tools that edit, the widest first. `identity` is what of the input makes two
    uses the same; None: all of it. `change` is what an edit would do, as text for a person.
    """

    name: str
    kind: ToolKind = ToolKind.OTHER
    subject: str | None = None
    files: tuple[str, ...] | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    identity: Mapping[str, Any] | None = None
    questions: tuple[Question, ...] = ()
    plan: str | None = None
    change: str | None = None
    #: Where relative paths start: the task's folder, which Chorus adds.
    folder: str | None = None

    @property
    def command(self) -> str | None:
        """Return the command line that it would run."""
        return self.subject if self.kind is ToolKind.RUN else None

    @property
    def paths(self) -> tuple[PurePosixPath, ...]:
        """Return the files and folders that it names, absolute where the task's folder is known."""
        return tuple(self._path(file) for file in self.files or ())

    @property
    def writes(self) -> tuple[str, ...] | None:
        """Return the files that it may write; None when these may be any."""
        return () if self.kind in _WRITE_NOTHING else self.files

    @property
    def family(self) -> str:
        """Return the name by which patterns cover all tools like this one."""
        return self.aliases[0] if self.aliases else self.name

    def at(self, folder: str | None) -> Self:
        """Return the same use in a task's folder."""
        return replace(self, folder=folder)

    def to_json(self) -> dict[str, Any]:
        """Return what is kept with a request, beside name and input."""
        return {
            "kind": self.kind.value,
            "subject": self.subject,
            "files": None if self.files is None else list(self.files),
            "aliases": list(self.aliases),
            "identity": self.identity,
            "questions": [asdict(one) for one in self.questions],
            "plan": self.plan,
            "change": self.change,
        }

    @classmethod
    def from_json(cls, name: str, given: Mapping[str, Any], kept: Mapping[str, Any]) -> Self:
        """Return the use that was kept; what nobody described is of the kind OTHER."""
        files = kept.get("files")
        told = {
            **kept,
            "kind": ToolKind(kept.get("kind", ToolKind.OTHER)),
            "files": None if files is None else tuple(files),
            "aliases": tuple(kept.get("aliases", ())),
            "questions": tuple(Question.from_json(one) for one in kept.get("questions", ())),
        }
        return cls(name, input=given, **told)

    def _path(self, file: str) -> PurePosixPath:
        return PurePosixPath(os.path.normpath(os.path.join(self.folder or "", os.path.expanduser(file))))
