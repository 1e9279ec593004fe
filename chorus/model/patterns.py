"""Which uses of tools a permission is about: `Bash(git status:*)`, `Edit(src/**)`, `WebFetch(domain:x.org)`.

The language is that of Claude Code's rules, so that a profile means the same to the agent and to Chorus.
It is about what an agent is asked to confirm, not a sandbox. Pure; paths are compared as they are written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import urlsplit

from pathspec import GitIgnoreSpec

from chorus.model import command_lines

PATTERN_CHARS = 500

_FORM = re.compile(r"(\*|[A-Za-z_][\w-]*\*?)(?:\((.+)\))?", re.DOTALL)

#: Tools that go by the name of one of them, and the field of their input that holds the path.
EDITING_TOOLS = {
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "Write": "file_path",
    "NotebookEdit": "notebook_path",
}
_READING_PATHS = {
    "Read": "file_path",
    "NotebookRead": "notebook_path",
    "Grep": "path",
    "Glob": "path",
    "LS": "path",
}
_PATHS = EDITING_TOOLS | _READING_PATHS
_SAME = {"Task": "Agent"}

#: Folders and files that configure what is run later: only a pattern that names them allows to change them.
_DELICATE = frozenset((".git", ".claude", ".vscode", ".idea", ".husky", ".mcp.json", ".envrc"))

#: What other tools' patterns are held against, the first of these fields that the input has.
_SUBJECTS = ("command", "subagent_type", "skill", "url", "query", "path", "pattern")


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A use of a tool that an agent wants to make. Relative paths start at `folder`."""

    tool: str
    input: Mapping[str, Any]
    folder: str | None = None

    @property
    def command(self) -> str | None:
        command = self.input.get("command")
        return command if self.tool == "Bash" and isinstance(command, str) else None

    @property
    def path(self) -> PurePosixPath | None:
        """The file or folder it is about, absolute when that is known."""
        if self.tool not in _PATHS:
            return None
        given = self.input.get(_PATHS[self.tool])
        if not isinstance(given, str) or not given:
            return PurePosixPath(self.folder) if self.tool in ("Grep", "Glob") and self.folder else None
        return PurePosixPath(os.path.normpath(os.path.join(self.folder or "", os.path.expanduser(given))))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A tool, and what of its input is meant; without `content` every use of it."""

    tool: str
    content: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with what to write instead."""
        found = _FORM.fullmatch(text.strip())
        if not found or len(text) > PATTERN_CHARS or not text.isprintable():
            raise ValueError(
                f"{text[:60]!r} is not a tool pattern; write a tool's name, or like Bash(git status:*)."
            )
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return self.tool if self.content is None else f"{self.tool}({self.content})"

    def names(self, tool: str) -> bool:
        """Whether it is about this tool: `Edit` stands for all that edit, `Read` for all that read files."""
        own, other = _SAME.get(self.tool, self.tool), _SAME.get(tool, tool)
        groups: Mapping[str, Iterable[str]] = {"Edit": EDITING_TOOLS, "Read": _READING_PATHS}
        if other in groups.get(own, ()) or own == other:
            return True
        server = own.startswith("mcp__") and own.count("__") == 1 and other.startswith(f"{own}__")
        return server or ("*" in own and fnmatchcase(other, own))


def allowing(patterns: Sequence[Pattern], use: ToolUse) -> Pattern | None:
    """A pattern by which the whole of a use is allowed; None when some of it is not, or cannot be told."""
    about = [pattern for pattern in patterns if pattern.names(use.tool)]
    if use.command is not None:
        return _allowing_command(about, use.command)
    return next((pattern for pattern in about if _allows(pattern, use)), None)


def refusing(patterns: Iterable[Pattern], use: ToolUse) -> Pattern | None:
    """A pattern that is about some of a use."""
    return next((one for one in patterns if one.names(use.tool) and _concerns(one, use)), None)


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


def _allows(pattern: Pattern, use: ToolUse) -> bool:
    path = use.path
    if use.tool in EDITING_TOOLS and path is not None:
        named = set(PurePosixPath(pattern.content or "").parts)
        if (_DELICATE & set(path.parts)) - named:
            return False
    return _concerns(pattern, use)


def _concerns(pattern: Pattern, use: ToolUse) -> bool:
    if pattern.content is None:
        return True
    if use.command is not None:
        return any(_fits(pattern.content, one) for one in command_lines.candidates(use.command))
    if use.tool in _PATHS:
        return use.path is not None and _below(pattern.content, use.path, use.folder)
    url = use.input.get("url")
    if pattern.content.startswith("domain:") and isinstance(url, str):
        return _is_of(pattern.content.removeprefix("domain:"), url)
    subject = next((use.input[name] for name in _SUBJECTS if isinstance(use.input.get(name), str)), None)
    return subject is not None and _fits(pattern.content, subject)


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
