"""Patterns of tools: what they cover when they allow, and what they catch when they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks import tools

from chorus.model import ToolKind, ToolUse
from chorus.model.patterns import Pattern, allowing, refusing


def use(tool: str, given: dict[str, Any]) -> ToolUse:
    return tools.use(tool, given).at("/work")


def bash(command: str) -> ToolUse:
    return use("Bash", {"command": command})


def file(path: str, tool: str = "Edit") -> ToolUse:
    return use(tool, {"file_path": path})


def allows(pattern: str, use: ToolUse) -> bool:
    return allowing([Pattern.parse(pattern)], use) is not None


def refuses(pattern: str, use: ToolUse) -> bool:
    return refusing([Pattern.parse(pattern)], use) is not None


@pytest.mark.parametrize(
    "command",
    [
        "git status",
        "git status -s",
        "git status && git status -s",
        "git status 2>/dev/null",
        "git status 2>&1",
        'git status "a; b"',
        "git status 'a $(b)'",
        "git status $HOME",
    ],
)
def test_a_prefix_allows_commands_that_begin_so(command: str) -> None:
    assert allows("Bash(git status:*)", bash(command))
    assert allows("Bash(git status *)", bash(command))
    assert allows("Bash", bash(command))


@pytest.mark.parametrize(
    "command",
    [
        "git statusx",
        "git stash",
        "git status; rm x",
        "git status | rm x",
        "git status & rm x",
        "git status\nrm x",
        "git status > file",
        "git status >> file",
        "git status $(rm x)",
        'git status "$(rm x)"',
        "git status `rm x`",
        "git status <(rm x)",
        "git status <<EOF\nx\nEOF",
        "git status 'open",
        "git status \\",
        "PATH=. git status",
        "sudo git status",
        "",
    ],
)
def test_a_prefix_allows_nothing_that_runs_or_writes_more(command: str) -> None:
    assert not allows("Bash(git status:*)", bash(command))


def test_the_parts_of_a_line_may_be_allowed_by_several_patterns() -> None:
    patterns = [Pattern.parse("Bash(npm test)"), Pattern.parse("Bash(npm run:*)")]
    assert allowing(patterns, bash("npm run build && npm test"))
    assert not allowing(patterns, bash("npm run build && npm test --watch"))


def test_an_exact_pattern_allows_this_very_line() -> None:
    line = 'echo "$(date)" > now'
    assert allows(f"Bash({line})", bash(line))
    assert not allows("Bash(npm test)", bash("npm test -- x"))
    assert allows("Bash(git * main)", bash("git push origin main"))
    assert not allows("Bash(git * main)", bash("git push; x main"))


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf build",
        "ls; rm x",
        "sudo rm x",
        "sudo -n rm x",
        "A=1 rm x",
        "env A=1 rm x",
        "/bin/rm x",
        "timeout 5 rm x",
        "find . | xargs -0 rm",
        "echo $(rm x)",
        "echo `rm x`",
        "(rm x)",
        "{ rm x; }",
        "if true\nthen :; fi; rm x",
    ],
)
def test_a_refusal_catches_every_place_where_a_command_may_stand(command: str) -> None:
    assert refuses("Bash(rm:*)", bash(command))


@pytest.mark.parametrize("command", ["echo rm", "norm x", "git rm x", "echo 'rm x'", "rmdir x"])
def test_a_refusal_is_not_about_a_word_somewhere(command: str) -> None:
    assert not refuses("Bash(rm:*)", bash(command))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("Edit(src/**)", "/work/src/a/b.py", True),
        ("Edit(src/**)", "src/a.py", True),
        ("Edit(src/**)", "/work/lib/a.py", False),
        ("Edit(src/**)", "/work/src/../lib/a.py", False),
        ("Edit(*.py)", "/work/deep/a.py", True),
        ("Edit(./a.py)", "/work/a.py", True),
        ("Edit(./a.py)", "/work/deep/a.py", False),
        ("Edit(**)", "/work/any", True),
        ("Edit(**)", "/etc/passwd", False),
        ("Edit(**)", "/work/../etc/passwd", False),
        ("Edit(**)", "/workshop/a", False),
        ("Edit(//etc/**)", "/etc/hosts", True),
        ("Edit(//etc/**)", "/work/etc/hosts", False),
        ("Edit", "/anywhere", True),
        ("Edit(**)", "/work/.git/hooks/pre-commit", False),
        ("Edit", "/work/.claude/settings.json", False),
        ("Edit(.git/info/*)", "/work/.git/info/exclude", True),
    ],
)
def test_paths(pattern: str, path: str, expected: bool) -> None:
    assert allows(pattern, file(path)) is expected


def test_one_name_stands_for_the_tools_of_its_kind() -> None:
    for tool in ("Edit", "Write", "MultiEdit"):
        assert allows("Edit(src/**)", file("/work/src/a", tool))
    assert not allows("Write", file("/work/a", "Edit"))
    assert refuses("Edit", use("NotebookEdit", {"notebook_path": "n.ipynb"}))
    for tool in ("Read", "Grep", "Glob"):
        assert allows("Read", use(tool, {}))
    assert not allows("Read", file("/work/a", "Edit"))


@pytest.mark.parametrize(
    ("pattern", "tool", "given", "expected"),
    [
        ("WebFetch(domain:docs.python.org)", "WebFetch", {"url": "https://docs.python.org/3/"}, True),
        ("WebFetch(domain:docs.python.org)", "WebFetch", {"url": "https://docs.python.org.evil/"}, False),
        ("WebFetch(domain:*.python.org)", "WebFetch", {"url": "https://docs.python.org/3/"}, True),
        ("WebFetch(domain:python.org)", "WebFetch", {"url": "not a url["}, False),
        ("mcp__db", "mcp__db__query", {}, True),
        ("mcp__db__*", "mcp__db__query", {}, True),
        ("mcp__db", "mcp__dbx__query", {}, False),
        ("Task(reviewer)", "Agent", {"subagent_type": "reviewer"}, True),
        ("Agent(reviewer)", "Agent", {"subagent_type": "writer"}, False),
        ("Odd(x)", "Odd", {"strange": 1}, False),
    ],
)
def test_other_tools(pattern: str, tool: str, given: dict[str, Any], expected: bool) -> None:
    assert allows(pattern, use(tool, given)) is expected


#: Tools of an agent that nobody knows, as its status source describes them.
SHELL = ToolUse("shell", ToolKind.RUN, "make test", folder="/work")
LOOK = ToolUse("look", ToolKind.READ, "a.py", ("a.py",), folder="/work")
PATCH = ToolUse("patch", ToolKind.EDIT, "a.py, b/c.py", ("a.py", "b/c.py"), folder="/work")
PAGE = ToolUse("page", ToolKind.FETCH, "https://docs.python.org/3/", (), folder="/work")


@pytest.mark.parametrize(
    ("pattern", "use", "expected"),
    [
        ("run", SHELL, True),
        ("run(make:*)", SHELL, True),
        ("run(npm:*)", SHELL, False),
        ("shell(make:*)", SHELL, True),
        ("Bash(make:*)", SHELL, False),
        ("read", LOOK, True),
        ("read(./a.py)", LOOK, True),
        ("edit", LOOK, False),
        ("edit(b/**)", PATCH, False),
        ("edit(**)", PATCH, True),
        ("fetch(domain:docs.python.org)", PAGE, True),
        ("search", PAGE, False),
    ],
)
def test_a_kind_stands_for_the_tools_of_every_agent(pattern: str, use: ToolUse, expected: bool) -> None:
    assert allows(pattern, use) is expected


def test_all_files_of_an_edit_have_to_be_allowed_and_one_is_enough_to_refuse() -> None:
    patterns = [Pattern.parse("edit(b/**)"), Pattern.parse("edit(./a.py)")]
    assert allowing(patterns, PATCH)
    assert not allowing(patterns[:1], PATCH)
    assert refusing(patterns[:1], PATCH)


@pytest.mark.parametrize(
    "text", ["", "  ", "Bash(", "Bash()", "-x", "Bash(a\nb)", "a b", "Bash(x)y", "1", "B" * 501]
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ValueError, match="not a tool pattern"):
        Pattern.parse(text)


@pytest.mark.parametrize("text", ["Bash", "Bash(git status:*)", "mcp__a__*", "Edit(//x (1)/**)"])
def test_a_pattern_is_written_as_it_was_read(text: str) -> None:
    assert str(Pattern.parse(text)) == text
