"""Whether a conversation can go on.

Claude Code writes a turn down some moments after it has ended. Killed before that, it leaves a transcript
without a message, or none: then `--resume` ends with "No conversation found", and `--session-id` with
"already in use" (2.1.197 and 2.1.329). Such a conversation begins anew, under an id of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from chorus.backends import LaunchRequest
from chorus.errors import BadInput

#: Bytes of a transcript that are searched: the first prompt is among the first 20 lines.
SEARCHED = 4_000_000


def options(request: LaunchRequest, config_dir: Path) -> Sequence[str]:
    """The options that continue the request's conversation, or begin one."""
    id = _checked(request.agent_session_id)
    transcripts = _transcripts(config_dir, id)
    if request.resume and any(_has_prompt(transcript) for transcript in transcripts):
        return ("--resume", id)
    if transcripts:
        return ("--session-id", str(uuid.uuid5(uuid.UUID(id), request.run_id)))
    return ("--session-id", id)


def folder(env: Mapping[str, str]) -> Path:
    """Where Claude Code keeps its configuration and its transcripts."""
    if env.get("CLAUDE_CONFIG_DIR"):
        return Path(env["CLAUDE_CONFIG_DIR"])
    return Path(env.get("HOME") or Path.home()) / ".claude"


def _checked(id: str) -> str:
    try:
        return str(uuid.UUID(id))
    except ValueError:
        raise BadInput(f"{id!r} is not the id of a Claude Code conversation (a UUID).") from None


def _transcripts(config_dir: Path, id: str) -> Sequence[Path]:
    """One lies in a folder for each place it was begun in; a worktree may continue its repository's."""
    return [path for path in config_dir.glob(f"projects/*/{id}.jsonl") if path.is_file()]


def _has_prompt(transcript: Path) -> bool:
    try:
        with transcript.open("rb") as file:
            return b'"type":"user"' in file.read(SEARCHED)
    except OSError:
        return False
