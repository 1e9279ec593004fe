"""The settings of one run: hooks that report every step to Chorus.

Which events, and why over HTTP or not, follows from how Claude Code 2.1.197 and 2.1.329 behave: HTTP hooks
are skipped for SessionStart, so that one is a command; what is asked over HTTP ends with the server, so
permission requests are one too; WorktreeCreate would replace the creation of worktrees and MessageDisplay
the text on the screen, so they stay out; PostToolBatch and FileChanged tell nothing new.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from chorus.backends import Injection, LaunchRequest
from chorus.model import RunMode

SETTINGS = "settings.json"
REPORTER = "report.py"

#: Seconds Claude Code waits for an answer; it goes on without one.
SECONDS = 5

#: Seconds it waits for a person. Its own dialog stays open beside, and after.
PERMISSION_SECONDS = 86_400

_TOOL_EVENTS = ("PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied")
_EVENTS = (
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionDenied",
    "Notification",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
    "SessionEnd",  # without a time-out of its own it is cut off after 1.5 s
)


def inject(request: LaunchRequest) -> Injection:
    """The settings file and the reporter for this run; the token is named in them and stays in the
    environment.
    """
    if request.mode is RunMode.HEADLESS:
        return _headless(request)
    run_dir = request.run_dir.absolute()
    settings = {"hooks": _hooks(request.hook_url, request.hook_url_file, run_dir / REPORTER)}
    return Injection(
        files={
            SETTINGS: json.dumps(settings, indent=1),
            REPORTER: Path(__file__).with_name(REPORTER).read_text(encoding="utf-8"),
        },
        argv=("--settings", str(run_dir / SETTINGS)),
    )


def _headless(request: LaunchRequest) -> Injection:
    """All else is in the stream; before a tool is used, the task's permissions are asked all the same."""
    event = "PreToolUse"
    settings = {"hooks": {event: [_group(event, _http(request.hook_url))]}}
    path = request.run_dir.absolute() / SETTINGS
    return Injection(files={SETTINGS: json.dumps(settings, indent=1)}, argv=("--settings", str(path)))


def _hooks(url: str, file: Path | None, reporter: Path) -> dict[str, Any]:
    hooks = {event: [_group(event, _http(url))] for event in _EVENTS}
    tell, ask = _command(reporter, "tell", url), _command(reporter, "ask", url, str(file or ""))
    return {
        **hooks,
        "SessionStart": [{"hooks": [{**tell, "timeout": SECONDS}]}],
        "PermissionRequest": [_group("PermissionRequest", {**ask, "timeout": PERMISSION_SECONDS})],
    }


def _command(reporter: Path, *words: str) -> dict[str, Any]:
    """A command for the shell of Claude Code, which then is the reporter and nothing beside it."""
    line = shlex.join([sys.executable, "-I", "-S", str(reporter), *words])
    return {"type": "command", "command": f"exec {line}"}


def _group(event: str, hook: dict[str, Any]) -> dict[str, Any]:
    """Tool events match by the tool's name: all of them."""
    return {"matcher": "*", "hooks": [hook]} if event in _TOOL_EVENTS else {"hooks": [hook]}


def _http(url: str) -> dict[str, Any]:
    return {
        "type": "http",
        "url": url,
        "headers": {"Authorization": "Bearer $CHORUS_HOOK_TOKEN"},
        "allowedEnvVars": ["CHORUS_HOOK_TOKEN"],
        "timeout": SECONDS,
    }
