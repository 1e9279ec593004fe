"""The settings of one run: hooks that report every step to Chorus.

Which events, and why over HTTP or not, follows from how Claude Code 2.1.197 and 2.1.329 behave: HTTP hooks
are skipped for SessionStart, so that one is a command; WorktreeCreate would replace the creation of
worktrees and MessageDisplay the text on the screen, so they stay out; PostToolBatch and FileChanged
tell nothing new.
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
    *_TOOL_EVENTS,
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
    if request.mode is RunMode.PRINT:
        return _headless(request)
    run_dir = request.run_dir.absolute()
    settings = {"hooks": _hooks(request.hook_url, run_dir / REPORTER)}
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
    settings = {"hooks": {event: [_group(event, _http(event, request.hook_url))]}}
    path = request.run_dir.absolute() / SETTINGS
    return Injection(files={SETTINGS: json.dumps(settings, indent=1)}, argv=("--settings", str(path)))


def _hooks(url: str, reporter: Path) -> dict[str, Any]:
    # Claude Code gives the command to a shell of its own, hence the quoting.
    command = shlex.join([sys.executable, "-I", "-S", str(reporter), url])
    start = {"type": "command", "command": command, "timeout": SECONDS}
    hooks = {event: [_group(event, _http(event, url))] for event in _EVENTS}
    return {"SessionStart": [{"hooks": [start]}], **hooks}


def _group(event: str, hook: dict[str, Any]) -> dict[str, Any]:
    """Tool events match by the tool's name: all of them."""
    return {"matcher": "*", "hooks": [hook]} if event in _TOOL_EVENTS else {"hooks": [hook]}


def _http(event: str, url: str) -> dict[str, Any]:
    return {
        "type": "http",
        "url": url,
        "headers": {"Authorization": "Bearer $CHORUS_HOOK_TOKEN"},
        "allowedEnvVars": ["CHORUS_HOOK_TOKEN"],
        "timeout": PERMISSION_SECONDS if event == "PermissionRequest" else SECONDS,
    }
