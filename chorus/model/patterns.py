"""Patterns of tool uses: `run(git status:*)`, `edit(src/**)`, `fetch(domain:x.org)`.

A pattern names a kind of tools, or one tool as its agent calls it. What stands in parentheses is written as
agents with rules of their own write it, so that a profile means the same to the agent and to Chorus. It is
about what an agent is asked to confirm, not a sandbox. Pure; paths are compared as they are written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Self
from urllib.parse import urlsplit

from pathspec import GitIgnoreSpec

from chorus.model import command_lines
from chorus.model.tools import ToolKind, ToolUse

PATTERN_CHARS = 500

_FORM = re.compile(r"(\*|[A-Za-z_][\w-]*\*?)(?:\((.+)\))?", re.DOTALL)

#: What stands for all tools of a kind, whatever their agent calls them.
KINDS = {
    kind.lower(): kind
    for kind in (ToolKind.READ, ToolKind.EDIT, ToolKind.RUN, ToolKind.SEARCH, ToolKind.FETCH)
}

#: Folders and files that configure what is run later: only a pattern that names them allows to change them.
_DELICATE = frozenset((".git", ".claude", ".vscode", ".idea", ".husky", ".mcp.json", ".envrc"))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A tool or a kind of tools, and what of its uses is meant; without `content` every use."""

    tool: str
    content: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with what to write instead."""
        found = _FORM.fullmatch(text.strip())
        if not found or len(text) > PATTERN_CHARS or not text.isprintable():
            raise ValueError(
                f"{text[:60]!r} is not a tool pattern; write a tool's name, or like run(git status:*)."
            )
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return self.tool if self.content is None else f"{self.tool}({self.content})"

    @property
    def kind(self) -> ToolKind | None:
        """Return the kind whose tools it covers; None when it names a tool."""
        return KINDS.get(self.tool)

    def names(self, use: ToolUse) -> bool:
        """Return whether the pattern names this tool, an alias of it or its kind."""
        if self.kind is use.kind or self.tool in (use.name, *use.aliases):
            return True
        return "*" in self.tool and fnmatchcase(use.name, self.tool)


def allowing(patterns: Sequence[Pattern], use: ToolUse) -> Pattern | None:
    """Return a pattern by which the whole of a use is allowed.

    Return None when some of it is not, or when that cannot be told.
    """
    about = [pattern for pattern in patterns if pattern.names(use)]
    if use.command is not None:
        return _allowing_command(about, use.command)
    if use.paths:
        return _allowing_files(about, use)
    return next((pattern for pattern in about if _concerns(pattern, use)), None)


def refusing(patterns: Iterable[Pattern], use: ToolUse) -> Pattern | None:
    """Return a pattern that is about some of a use."""
    return next((one for one in patterns if one.names(use) and _concerns(one, use)), None)


# --- commands ---------------------------------------------------------------------------------------


def _allowing_command(patterns: Sequence[Pattern], command: str) -> Pattern | None:
    for pattern in patterns:
        if pattern.content is None or pattern.content == command.strip():
            return pattern
    line = command_lines.parse(command)
    found = [next((one for one in patterns if _fits(one.content, part)), None) for part in line.parts]
    return found[0] if line.plain and found and all(found) else None


def _fits(content: str | None, command: str) -> bool:
    """Exactly, by its first words (`git status:*`, `git status *`), or with `*` for anything."""
    if content is None:
        return True
    content = content.removesuffix(":*") + " *" if content.endswith(":*") else content
    if "*" not in content:
        return content == command
    if content.endswith(" *") and "*" not in content[:-2]:
        return command == content[:-2] or command.startswith(content[:-1])
    parts = (re.escape(part) for part in content.split("*"))
    return re.fullmatch(".*".join(parts), command, re.DOTALL) is not None


# --- paths and the rest -----------------------------------------------------------------------------


def _allowing_files(patterns: Sequence[Pattern], use: ToolUse) -> Pattern | None:
    """Return the pattern of the first file when a pattern allows each file."""
    found = [next((one for one in patterns if _allows(one, use, path)), None) for path in use.paths]
    return found[0] if all(found) else None


def _allows(pattern: Pattern, use: ToolUse, path: PurePosixPath) -> bool:
    if use.kind is ToolKind.EDIT:
        named = set(PurePosixPath(pattern.content or "").parts)
        if (_DELICATE & set(path.parts)) - named:
            return False
    return pattern.content is None or _below(pattern.content, path, use.folder)


def _concerns(pattern: Pattern, use: ToolUse) -> bool:
    content = pattern.content
    if content is None:
        return True
    if use.command is not None:
        return any(_fits(content, one) for one in command_lines.candidates(use.command))
    if use.paths:
        return any(_below(content, path, use.folder) for path in use.paths)
    if use.subject is None:
        return False
    if content.startswith("domain:") and _is_of(content.removeprefix("domain:"), use.subject):
        return True
    return _fits(content, use.subject)


def _below(content: str, path: PurePosixPath, folder: str | None) -> bool:
    """As git reads its ignore files: `//x` is absolute, `~/x` at home, everything else in the folder."""
    if content.startswith("~/"):
        content = "/" + os.path.expanduser(content)
    start, glob = ("/", content[1:]) if content.startswith("//") else (folder, content)
    if start is None or not path.is_relative_to(start):
        return False
    glob = "/" + glob.removeprefix("./") if glob.startswith("./") else glob
    relative = str(path.relative_to(start))
    escaped = "\\" + glob if glob.startswith(("!", "#")) else glob
    return GitIgnoreSpec.from_lines([escaped]).match_file(relative)


def _is_of(domain: str, url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host == domain or fnmatchcase(host, domain)
