"""What Claude Code itself writes down about a running process: `<configuration>/sessions/<pid>.json`.

Undocumented, seen in 2.1.197 and 2.1.329, so it is a cross-check and anything odd in it means nothing. It
is right where no hook fires (Escape, a No in the terminal), removed at a clean exit and left by kill -9.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chorus.backends import StateFileReading
from chorus.model import AgentStatus
from chorus_hooks import activity
from chorus_hooks.conversation import folder

#: Bytes read at most; real ones have some 700.
LONGEST = 65_536

_STATUSES = {
    "idle": AgentStatus.IDLE,
    "busy": AgentStatus.THINKING,
    "waiting": AgentStatus.WAITING,
    "shell": AgentStatus.RUNNING,
}


def observe(pid: int, env: Mapping[str, str]) -> StateFileReading | None:
    """What the file of this process says; None when there is none, or nothing in it is understood."""
    state = _read(folder(env) / "sessions" / f"{int(pid)}.json")
    if state is None or state.get("pid") != pid:
        return None
    status = _STATUSES.get(str(state.get("status")))
    at = state.get("statusUpdatedAt", state.get("updatedAt"))  # milliseconds
    return StateFileReading(
        status,
        _words(status, state),
        at / 1000 if isinstance(at, int | float) and not isinstance(at, bool) else None,
        _conversation(state.get("sessionId")),
    )


def _words(status: AgentStatus | None, state: Mapping[str, Any]) -> str | None:
    if status is AgentStatus.WAITING:
        what = activity.line(state.get("waitingFor"))
        return f"Waiting in the terminal: {what}" if what else "Waiting in the terminal"
    return "Background shell" if status is AgentStatus.RUNNING else None


def _conversation(id: object) -> str | None:
    try:
        return str(uuid.UUID(id)) if isinstance(id, str) else None
    except ValueError:
        return None


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        # Without blocking: a pipe in its place must not hold us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            state = json.loads(file.read(LONGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return state if isinstance(state, dict) else None
