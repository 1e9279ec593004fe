"""The server-sent events of the Messages API, as far as Claude Code needs them.

Source: the API's streaming documentation, checked against what the CLI accepts.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Block = dict[str, Any]
Event = tuple[str, dict[str, Any]]

USAGE = {"input_tokens": 100, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 1000}
OUTPUT_TOKENS = 50


def blocks_of(step: Mapping[str, Any]) -> list[Block]:
    """The content blocks a step stands for; every use of a tool gets an id of its own."""
    if "blocks" in step:
        return [block for part in step["blocks"] for block in blocks_of(part)]
    blocks: list[Block] = []
    if "thinking" in step:
        blocks.append({"type": "thinking", "thinking": step["thinking"], "signature": "c2lnbmVk"})
    if "text" in step:
        blocks.append({"type": "text", "text": step["text"]})
    if "tool" in step:
        use = {"id": f"toolu_{uuid.uuid4().hex}", "name": step["tool"], "input": step.get("input", {})}
        blocks.append({"type": "tool_use", **use})
    return blocks


def message(model: str, blocks: Sequence[Block]) -> dict[str, Any]:
    """A whole message, for requests that do not stream."""
    usage = {**USAGE, "output_tokens": OUTPUT_TOKENS}
    return {**_empty(model), "content": list(blocks), "stop_reason": _stop_reason(blocks), "usage": usage}


def events(model: str, blocks: Sequence[Block], chunk: int = 0) -> Iterator[Event]:
    """The events of a message; text comes in chunks of so many characters (0: all at once)."""
    yield "message_start", {"message": _empty(model)}
    for index, block in enumerate(blocks):
        yield "content_block_start", {"index": index, "content_block": _start(block)}
        for delta in _deltas(block, chunk):
            yield "content_block_delta", {"index": index, "delta": delta}
        yield "content_block_stop", {"index": index}
    end = {"stop_reason": _stop_reason(blocks), "stop_sequence": None}
    yield "message_delta", {"delta": end, "usage": {"output_tokens": OUTPUT_TOKENS}}
    yield "message_stop", {}


def encode(event: Event) -> bytes:
    name, data = event
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _empty(model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**USAGE, "output_tokens": 1},
    }


def _stop_reason(blocks: Sequence[Block]) -> str:
    return "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"


def _start(block: Block) -> Block:
    empty: dict[str, Block] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    return {**block, **empty[block["type"]]}


def _deltas(block: Block, chunk: int) -> Iterator[dict[str, Any]]:
    if block["type"] == "tool_use":
        yield {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    elif block["type"] == "thinking":
        yield {"type": "thinking_delta", "thinking": block["thinking"]}
        yield {"type": "signature_delta", "signature": block["signature"]}
    else:
        text, size = block["text"], chunk or max(len(block["text"]), 1)
        for start in range(0, len(text), size):
            yield {"type": "text_delta", "text": text[start : start + size]}
