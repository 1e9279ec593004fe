"""The command line of one run of Claude Code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from chorus.backends import LaunchRequest
from chorus.errors import BadInput
from chorus.model import RunMode
from chorus_hooks import conversation
from chorus_hooks.options import Options
from chorus_hooks.tools import names

#: What `--permission-mode` takes in 2.1.197 or 2.1.329. `manual` is the newer name of `default`, which
#: both still take.
MODES = ("default", "acceptEdits", "plan", "dontAsk", "auto", "bypassPermissions")

#: Lines of JSON in and out; requests for permission are among them, and prompts are given back when taken.
HEADLESS = (
    *("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    *("--permission-prompt-tool", "stdio", "--replay-user-messages"),
)

#: Bytes of a prompt that travel as an argument: Linux takes 131,072 in one, its end included (execve(2)).
PROMPT_BYTES = 120_000

#: A tool, or a tool with a pattern in parentheses; never anything that could be taken for an option.
_RULE = re.compile(r"[A-Za-z_][\w-]*(\(.*\))?", re.DOTALL)


def command_line(options: Options, request: LaunchRequest, prompt: str | None, config_dir: Path) -> list[str]:
    """The argv for this run; a prompt goes last, behind `--`, where nothing in it is an option.

    Raises BadInput for a mode, a tool pattern or a conversation id that Claude Code would refuse.
    """
    profile = request.profile
    return [
        *options.command,
        *request.injection.argv,
        *conversation.options(request, config_dir),
        # Always said: the default differs between versions.
        *("--permission-mode", _mode(profile.mode)),
        *_tools("--allowedTools", (*profile.allow, *request.allowed_tools)),
        *_tools("--disallowedTools", profile.deny),
        *(("--model", options.model) if options.model else ()),
        *(HEADLESS if request.mode is RunMode.HEADLESS else ()),
        *(("--", prompt) if prompt else ()),
    ]


def _mode(mode: str) -> str:
    mode = "default" if mode == "manual" else mode
    if mode not in MODES:
        raise BadInput(
            f"Claude Code knows no permission mode {mode!r} (known: {', '.join(MODES)}).",
            field="permissionProfile",
        )
    return mode


def _tools(option: str, rules: Iterable[str]) -> Sequence[str]:
    rules = list(dict.fromkeys(name for rule in rules for name in names(rule)))
    for rule in rules:
        if not _RULE.fullmatch(rule) or not rule.isprintable():
            raise BadInput(
                f"{rule!r} is not a tool pattern: write a tool's name, or like Bash(git status:*).",
                field="allowedTools",
            )
    return (option, *rules) if rules else ()
