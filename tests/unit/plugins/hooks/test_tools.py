"""What Chorus is told of Claude Code's tools, and of those that other agents report in its form."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks import ClaudeHooks, tools

from chorus.errors import BadInput
from chorus.model import Option, PermissionAsked, Question, ToolFinished, ToolKind, ToolStarted, ToolUse

SOURCE = ClaudeHooks()

READ, EDIT, RUN, SEARCH, FETCH, PLAN, QUESTION, OTHER = ToolKind


@pytest.mark.parametrize(
    ("name", "given", "kind", "subject", "files", "aliases"),
    [
        ("Read", {"file_path": "/w/a"}, READ, "/w/a", ("/w/a",), ()),
        ("Read", {}, READ, None, None, ()),
        ("NotebookRead", {"notebook_path": "/w/n"}, READ, "/w/n", ("/w/n",), ("Read",)),
        ("Write", {"file_path": "/w/a", "content": "x"}, EDIT, "/w/a", ("/w/a",), ("Edit",)),
        ("NotebookEdit", {"notebook_path": "/w/n"}, EDIT, "/w/n", ("/w/n",), ("Edit",)),
        ("Edit", {}, EDIT, None, None, ()),
        ("Bash", {"command": "make\nmake test"}, RUN, "make\nmake test", None, ()),
        ("Grep", {"pattern": "TODO", "path": "src"}, SEARCH, "TODO", ("src",), ("Read",)),
        ("Glob", {"pattern": "*.py"}, SEARCH, "*.py", (".",), ("Read",)),
        ("WebFetch", {"url": "https://x.org"}, FETCH, "https://x.org", (), ()),
        ("WebSearch", {"query": "x"}, FETCH, "x", (), ()),
        ("TodoWrite", {"todos": []}, OTHER, None, (), ()),
        ("Task", {"subagent_type": "reviewer"}, OTHER, "reviewer", None, ("Agent",)),
        ("mcp__db__query", {"sql": "x"}, OTHER, None, None, ("mcp__db",)),
        ("mcp__web__open", {"url": "https://x.org"}, OTHER, "https://x.org", None, ("mcp__web",)),
        ("Unheard", {}, OTHER, None, None, ()),
    ],
)
def test_what_a_tool_does(
    name: str, given: dict[str, Any], kind: ToolKind, subject: Any, files: Any, aliases: Any
) -> None:
    use = tools.use(name, given)
    assert (use.name, use.kind, use.subject, use.files, use.aliases) == (name, kind, subject, files, aliases)
    assert use.input == given


@pytest.mark.parametrize(
    ("name", "given", "writes"),
    [
        ("Read", {"file_path": "a"}, ()),
        ("Grep", {"pattern": "x"}, ()),
        ("TodoWrite", {}, ()),
        ("ExitPlanMode", {}, ()),
        ("Edit", {"file_path": "a"}, ("a",)),
        ("Edit", {}, None),
        ("Bash", {"command": "make"}, None),
        ("mcp__db__query", {}, None),
    ],
)
def test_what_a_tool_may_write(name: str, given: dict[str, Any], writes: Any) -> None:
    assert tools.use(name, given).writes == writes


def test_questions_and_plans() -> None:
    asked = {"question": "Which?", "header": "Colour", "options": [{"label": "A"}, {}, "B"]}
    [question] = tools.use("AskUserQuestion", {"questions": [asked, 7]}).questions
    assert question == Question("Which?", "Colour", (Option("A"), Option("B")))
    assert tools.use("AskUserQuestion", {"questions": "none"}).questions == ()
    assert tools.use("ExitPlanMode", {"plan": "# Do it"}).plan == "# Do it"
    assert tools.use("ExitPlanMode", {"plan": "  "}).plan is None
    assert tools.use("Bash", {"plan": "# Do it"}).plan is None


def test_only_who_decides_is_told_what_an_edit_changes() -> None:
    report = {"tool_name": "Edit", "tool_input": {"file_path": "a", "old_string": "1", "new_string": "2"}}
    [started, _] = SOURCE.interpret({"hook_event_name": "PreToolUse", **report})
    [asked, _] = SOURCE.interpret({"hook_event_name": "PermissionRequest", **report})
    assert isinstance(started, ToolStarted)
    assert isinstance(asked, PermissionAsked)
    assert (started.tool.change, asked.tool.change) == (None, "-1\n+2")


def test_the_rules_that_claude_code_suggests_are_patterns() -> None:
    rules: list[Any] = [
        {"toolName": "Bash", "ruleContent": "npm run *"},
        {"toolName": "Read"},
        {"toolName": 7},
        None,
    ]
    suggestions: list[dict[str, Any]] = [
        {"type": "addRules", "behavior": "allow", "rules": rules},
        {"type": "addRules", "behavior": "deny", "rules": [{"toolName": "Edit"}]},
        {"type": "setMode", "mode": "acceptEdits"},
    ]
    assert tools.suggested(suggestions) == ("Bash(npm run *)", "Read")


@pytest.mark.parametrize(
    ("pattern", "rules"),
    [
        ("edit", ["Edit", "MultiEdit", "Write", "NotebookEdit"]),
        ("edit(docs/**)", ["Edit(docs/**)"]),
        ("run(git log (x):*)", ["Bash(git log (x):*)"]),
        ("search", ["Grep", "Glob"]),
        ("Bash(make:*)", ["Bash(make:*)"]),
        ("mcp__db", ["mcp__db"]),
    ],
)
def test_patterns_of_kinds_in_the_words_of_claude_code(pattern: str, rules: list[str]) -> None:
    assert list(tools.names(pattern)) == rules


def report(**fields: Any) -> dict[str, Any]:
    return {"hook_event_name": "PreToolUse", "tool_name": "patch", "tool_input": {"diff": "x"}, **fields}


def described(**fields: Any) -> ToolUse:
    [started, _] = SOURCE.interpret(report(**fields))
    assert isinstance(started, ToolStarted)
    return started.tool


def test_an_agent_says_itself_what_its_tools_do() -> None:
    use = described(tool_kind="edit", tool_subject="a.py and b.py", tool_files=["a.py", "b.py"])
    assert (use.name, use.kind, use.subject) == ("patch", EDIT, "a.py and b.py")
    assert use.files == ("a.py", "b.py")
    assert use.family == "edit", "an answer is remembered for every tool that edits"
    done = report(hook_event_name="PostToolUse", tool_kind="EDIT", tool_files=["a.py", "b.py"])
    [finished, _] = SOURCE.interpret(done)
    assert isinstance(finished, ToolFinished)
    assert [edit.path for edit in finished.edits] == ["a.py", "b.py"]
    assert described(tool_kind="run", tool_subject="make").command == "make"
    asked = described(tool_kind="question", tool_input={"questions": [{"question": "Which?"}]})
    assert asked.questions == (Question("Which?"),)
    assert described(tool_kind="plan", tool_input={"plan": "Do it"}).plan == "Do it"


@pytest.mark.parametrize(
    "fields", [{"tool_kind": "destroy"}, {"tool_kind": 7}, {"tool_files": "a"}, {"tool_files": [""]}]
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="must be"):
        described(**fields)
