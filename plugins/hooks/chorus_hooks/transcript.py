"""What a transcript of Claude Code says: `<configuration>/projects/<folder>/<conversation>.jsonl`.

Recorded from 2.1.197 and 2.1.329. Each block of an answer is a line of its own with the same message id and
the usage of the whole answer, so usage counts once for each id. Answers of subagents are in files beside.
Undocumented, so whatever is odd in a line means that it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from chorus.backends import Entry
from chorus.model import (
    AgentStatus,
    PromptAccepted,
    Signal,
    StatusSeen,
    ToolFinished,
    TurnEnded,
    UsageSeen,
)
from chorus_hooks import tools
from chorus_hooks.edits import edits
from chorus_hooks.prices import WEB_SEARCH, Price, price

Line = Mapping[str, Any]

INTERRUPTED = "[Request interrupted by user"

#: Stop reasons after which the model's turn is over.
_OVER = ("end_turn", "stop_sequence", "max_tokens", "refusal")


def own(projects: Path, conversation: str) -> list[Path]:
    """The transcript of a conversation itself."""
    return [path for path in projects.glob(f"*/{conversation}.jsonl") if path.is_file()]


def of_subagents(transcript: Path) -> list[Path]:
    return sorted(transcript.with_suffix("").glob("subagents/*.jsonl"))


def entry(line: Line, prices: Mapping[str, Price]) -> Entry | None:
    at = _moment(line.get("timestamp"))
    message = line.get("message")
    if at is None or not isinstance(message, Mapping):
        return None
    main = line.get("isSidechain") is not True
    signals: list[Signal] = []
    if line.get("type") == "assistant":
        signals = [*usage(message, prices), *(_over(line, message) if main else ())]
    elif line.get("type") == "user" and main:
        signals = _of_user(line, message)
    return Entry(at, signals) if signals else None


# --- usage ----------------------------------------------------------------------------------------


def usage(message: Mapping[str, Any], prices: Mapping[str, Price]) -> list[UsageSeen]:
    """The tokens of an answer and their price. Answers the CLI made up itself took none."""
    id, model, told = message.get("id"), message.get("model"), message.get("usage")
    if not isinstance(id, str) or not isinstance(model, str) or not isinstance(told, Mapping):
        return []
    plain, output = _count(told, "input_tokens"), _count(told, "output_tokens")
    read, written = _count(told, "cache_read_input_tokens"), _count(told, "cache_creation_input_tokens")
    if model.startswith("<") or not plain + output + read + written:
        return []
    long = min(written, _count(_table(told, "cache_creation"), "ephemeral_1h_input_tokens"))
    found = price(model, prices)
    cost = found.cost(plain, output, read, written, long) + _searches(told) if found else None
    seen = UsageSeen(id[:200], plain + read + written, output, cost, read, written, model[:200])
    return [seen]


def _searches(told: Mapping[str, Any]) -> float:
    return WEB_SEARCH * _count(_table(told, "server_tool_use"), "web_search_requests")


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def _count(values: Mapping[str, Any], name: str) -> int:
    found = values.get(name)
    return found if type(found) is int and found > 0 else 0


# --- what the hooks would have said -----------------------------------------------------------------


def _over(line: Line, message: Mapping[str, Any]) -> Sequence[Signal]:
    """The last answer of a turn. An error that the CLI reports as an answer is not one."""
    if message.get("stop_reason") not in _OVER or line.get("isApiErrorMessage") is True:
        return ()
    texts = [block["text"] for block in _blocks(message) if isinstance(block.get("text"), str)]
    return (TurnEnded(texts[-1]),) if texts else ()


def _of_user(line: Line, message: Mapping[str, Any]) -> list[Signal]:
    if line.get("isMeta") is True or line.get("isCompactSummary") is True:
        return []
    said = _said(message)
    if said is not None and said.startswith(INTERRUPTED):
        return [StatusSeen(AgentStatus.IDLE, "Interrupted")]
    if said is not None:
        return [PromptAccepted(said)] if said.strip() and not said.startswith("<") else []
    return [done for block in _blocks(message) for done in _edited(line, block)]


def _said(message: Mapping[str, Any]) -> str | None:
    content = message.get("content")
    if isinstance(content, str):
        return content
    texts = [block.get("text") for block in _blocks(message) if block.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str)) if texts else None


def _edited(line: Line, block: Mapping[str, Any]) -> Sequence[Signal]:
    """A tool's result that changed a file. The tool is not named in it: any that edits has this form."""
    use, answer = block.get("tool_use_id"), line.get("toolUseResult")
    if block.get("type") != "tool_result" or block.get("is_error") is True or not isinstance(use, str):
        return ()
    if not isinstance(answer, Mapping) or not isinstance(answer.get("structuredPatch"), list):
        return ()
    path = answer.get("filePath")
    if not isinstance(path, str):
        return ()
    edit = tools.use(tools.EDIT, {"file_path": path})
    return (ToolFinished(edit, use, edits=edits(edit, answer)),)


def _blocks(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    content = message.get("content")
    return [one for one in content if isinstance(one, Mapping)] if isinstance(content, list) else []


def _moment(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None
