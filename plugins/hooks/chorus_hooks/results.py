"""What a tool answered, in words for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chorus.model import ToolKind

#: Characters of an answer that are looked at: whoever keeps it keeps less.
LONGEST = 20_000


def result(kind: ToolKind, answer: object) -> str | None:
    """Return the text of a tool's answer; None when it has none, or when its edit says it all."""
    if kind is ToolKind.EDIT or answer is None or answer == {}:
        return None
    if isinstance(answer, str):
        return answer[:LONGEST] or None
    if isinstance(answer, Mapping):
        return _of_object(answer)
    return _blocks(answer) or _plain(answer)


def _of_object(answer: Mapping[str, Any]) -> str | None:
    if "stdout" in answer or "stderr" in answer:  # a command's
        parts = [_text(answer.get(name)) for name in ("stdout", "stderr")]
        return "\n".join(part for part in parts if part) or None
    file = answer.get("file")
    if isinstance(file, Mapping):  # what was read
        return _text(file.get("content")) or None
    for name in ("content", "result", "text", "plan"):
        found = _text(answer.get(name)) or _blocks(answer.get(name))
        if found:
            return found
    return _plain(answer)


def _blocks(content: object) -> str:
    """The text of content blocks: what subagents and MCP servers answer with."""
    blocks = content if isinstance(content, list) else []
    texts = [_text(block.get("text")) for block in blocks if isinstance(block, Mapping)]
    return "\n".join(text for text in texts if text)


def _text(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def _plain(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False, default=str)[:LONGEST]
