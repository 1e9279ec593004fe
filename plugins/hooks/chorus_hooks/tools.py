"""Claude Code's tools: what each does, what a use of it is about, and which files it touches.

This is the one place that knows their names and the fields of their input. Tools that are not here are those
of MCP servers and of newer versions: they may touch anything. An agent that speaks Claude Code's hooks with
tools of its own says itself what they do (`described`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chorus.errors import BadInput
from chorus.model import Option, Question, ToolKind, ToolUse
from chorus_hooks.fields import Report, needed, table, text

Input = Mapping[str, Any]

EDIT = "Edit"
ASK = "AskUserQuestion"
PLAN = "ExitPlanMode"
SUBAGENTS = ("Agent", "Task")


@dataclass(frozen=True, slots=True)
class _Tool:
    """`about` is the field with its subject, `file` the one with the file or folder that it touches, `files`
    what it touches without one (None: anything); `alias` names the patterns that cover it too.
    """

    kind: ToolKind
    about: str = ""
    file: str = ""
    files: tuple[str, ...] | None = ()
    alias: str = ""


_READ, _EDIT, _SEARCH, _FETCH, _OTHER = (
    *(ToolKind.READ, ToolKind.EDIT, ToolKind.SEARCH, ToolKind.FETCH, ToolKind.OTHER),
)
_HERE = (".",)

#: Of each kind first the tool by whose name patterns cover all of them.
_TOOLS: Mapping[str, _Tool] = {
    "Read": _Tool(_READ, "file_path", "file_path", None),
    "NotebookRead": _Tool(_READ, "notebook_path", "notebook_path", None, "Read"),
    "LS": _Tool(_READ, "path", "path", None, "Read"),
    "Grep": _Tool(_SEARCH, "pattern", "path", _HERE, "Read"),
    "Glob": _Tool(_SEARCH, "pattern", "path", _HERE, "Read"),
    "WebFetch": _Tool(_FETCH, "url"),
    "WebSearch": _Tool(_FETCH, "query"),
    EDIT: _Tool(_EDIT, "file_path", "file_path", None),
    "MultiEdit": _Tool(_EDIT, "file_path", "file_path", None, "Edit"),
    "Write": _Tool(_EDIT, "file_path", "file_path", None, "Edit"),
    "NotebookEdit": _Tool(_EDIT, "notebook_path", "notebook_path", None, "Edit"),
    "Bash": _Tool(ToolKind.RUN, "command", files=None),
    ASK: _Tool(ToolKind.QUESTION),
    PLAN: _Tool(ToolKind.PLAN, "plan"),
    "TodoWrite": _Tool(_OTHER),
    "Agent": _Tool(_OTHER, "subagent_type", files=None, alias="Task"),
    "Task": _Tool(_OTHER, "subagent_type", files=None, alias="Agent"),
    "Skill": _Tool(_OTHER, "skill", files=None),
}

#: The kinds of the tools, by name.
KINDS: Mapping[str, ToolKind] = {name: tool.kind for name, tool in _TOOLS.items()}

#: What an unknown tool is about: the first of these fields that its input has.
_SUBJECTS = ("command", "subagent_type", "skill", "url", "query", "path", "pattern", "file_path", "question")

#: What profiles may deny or allow by kind: all the names that Claude Code has to be told.
_NAMES = {
    "read": ("Read",),
    "edit": ("Edit", "MultiEdit", "Write", "NotebookEdit"),
    "run": ("Bash",),
    "search": ("Grep", "Glob"),
    "fetch": ("WebFetch", "WebSearch"),
}


def use(name: str, given: Input) -> ToolUse:
    """Describe a use of a tool."""
    tool = _TOOLS.get(name)
    if tool is None:
        return ToolUse(name, subject=_subject(given), input=given, aliases=_server(name))
    file = _text(given, tool.file)
    return ToolUse(
        name,
        tool.kind,
        _text(given, tool.about),
        (file,) if file else tool.files,
        given,
        (tool.alias,) if tool.alias else (),
        _identity(tool.kind, given, file),
        questions(given) if tool.kind is ToolKind.QUESTION else (),
        plan(given) if tool.kind is ToolKind.PLAN else None,
    )


def with_change(use: ToolUse) -> ToolUse:
    """Add what an edit would change, for a person who is to decide about it."""
    changes = "\n".join(_changes(use.input)) if use.kind is ToolKind.EDIT else ""
    return replace(use, change=changes) if changes else use


def described(report: Report) -> ToolUse:
    """Describe the use in a report, as the agent itself does where it has tools of its own.

    `tool_kind` is one of the kinds of `ToolKind`, in any case; `tool_subject` says what the use is about and
    `tool_files` which files it touches. Raises BadInput for a kind that there is not.
    """
    found = use(needed(report, "tool_name"), table(report, "tool_input"))
    told, files = text(report, "tool_kind"), _files(report)
    if told is not None:
        kind = _kind(told)
        aliases = (kind.lower(),) if kind is ToolKind.EDIT else ()
        found = replace(found, kind=kind, identity=_identity(kind, found.input, None), aliases=aliases)
        if kind is ToolKind.QUESTION:
            found = replace(found, questions=questions(found.input))
        if kind is ToolKind.PLAN:
            found = replace(found, plan=plan(found.input))
    if files is not None:
        found = replace(found, files=files)
    return replace(found, subject=text(report, "tool_subject") or found.subject)


def questions(given: Input) -> tuple[Question, ...]:
    """Return what is asked; what has another form is no question."""
    listed = given.get("questions")
    found = [_question(one) for one in (listed if isinstance(listed, list) else ())]
    return tuple(one for one in found if one is not None)


def plan(given: Input) -> str | None:
    """Return the plan, in Markdown; None when none was written."""
    written = given.get("plan")
    return written if isinstance(written, str) and written.strip() else None


def suggested(suggestions: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the patterns that Claude Code itself would remember with a yes."""
    found = []
    for suggestion in suggestions:
        rules = suggestion.get("rules")
        if suggestion.get("type") != "addRules" or suggestion.get("behavior") != "allow":
            continue
        for rule in rules if isinstance(rules, list) else ():
            if not isinstance(rule, Mapping):
                continue
            tool, content = rule.get("toolName"), rule.get("ruleContent")
            if isinstance(tool, str) and (content is None or isinstance(content, str)):
                found.append(tool if content is None else f"{tool}({content})")
    return tuple(found)


def names(pattern: str) -> Sequence[str]:
    """Return a pattern of a kind as Claude Code's own rules; others are in its words already."""
    kind, bracket, content = pattern.partition("(")
    if kind not in _NAMES:
        return (pattern,)
    # With a content a rule for the first name covers the other tools of the kind.
    return _NAMES[kind] if not bracket else (f"{_NAMES[kind][0]}({content}",)


def _kind(told: str) -> ToolKind:
    try:
        return ToolKind(told.upper())
    except ValueError:
        known = ", ".join(kind.lower() for kind in ToolKind)
        raise BadInput(f"`tool_kind` must be one of {known}.", field="tool_kind") from None


def _files(report: Report) -> tuple[str, ...] | None:
    files = report.get("tool_files")
    if files is None:
        return None
    if not isinstance(files, list) or not all(isinstance(file, str) and file for file in files):
        raise BadInput("`tool_files` must be a list of paths.", field="tool_files")
    return tuple(files)


def _identity(kind: ToolKind, given: Input, file: str | None) -> Mapping[str, Any]:
    """For an edit the file, and never the agent's own description of what it does."""
    if kind is ToolKind.EDIT and file:
        return {"file_path": file}
    return {name: value for name, value in given.items() if name != "description"}


def _subject(given: Input) -> str | None:
    return next((text for text in (_text(given, name) for name in _SUBJECTS) if text), None)


def _server(name: str) -> tuple[str, ...]:
    """`mcp__server` covers every tool of that MCP server."""
    parts = name.split("__")
    return (f"mcp__{parts[1]}",) if parts[0] == "mcp" and len(parts) > 2 else ()


def _text(given: Input, name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) and value else None


def _question(one: object) -> Question | None:
    if not isinstance(one, Mapping) or not isinstance(one.get("question"), str):
        return None
    header, options = one.get("header"), one.get("options")
    found = (_option(option) for option in (options if isinstance(options, list) else ()))
    return Question(
        one["question"],
        header if isinstance(header, str) else None,
        tuple(option for option in found if option is not None),
        one.get("multiSelect") is True,
    )


def _option(one: object) -> Option | None:
    label = _text(one, "label") if isinstance(one, Mapping) else one
    if not isinstance(label, str):
        return None
    return Option(label, _text(one, "description") if isinstance(one, Mapping) else None)


def _changes(given: Input) -> Iterator[str]:
    """Yield the lines that an edit takes away and adds, without line numbers: those nobody has told."""
    edits = given.get("edits")
    for edit in edits if isinstance(edits, list) else [given]:
        if not isinstance(edit, Mapping):
            continue
        before, after = edit.get("old_string", ""), edit.get("new_string")
        for name in ("content", "new_source"):
            after = edit.get(name) if after is None else after
        if not isinstance(before, str) or not isinstance(after, str):
            continue
        diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
        yield from (line for at, line in enumerate(diff) if at > 1 and not line.startswith("@@ "))
        if edit.get("replace_all") is True:
            yield "(everywhere in the file)"
