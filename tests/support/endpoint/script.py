"""Finding the script in a conversation and the step that is due. Pure but for the count of faults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Step = Mapping[str, Any]
Message = Mapping[str, Any]

MARK = "@@["
UNSCRIPTED: Step = {"text": "Understood."}
OVER: Step = {"text": "The script is over."}
BROKEN: Step = {"text": "The script in the prompt is not a JSON list of objects."}

#: Steps that answer without adding a message of the assistant to the conversation.
FAULTS = ("error", "sse_error", "drop")


def prompt(*steps: Step, say: str = "Follow the script.") -> str:
    """A prompt on one line that carries these steps."""
    return f"{say} @@{json.dumps(list(steps), ensure_ascii=False)}"


def texts(message: Message) -> Iterator[str]:
    """The text blocks of a message; not what tools returned."""
    content = message.get("content")
    if isinstance(content, str):
        yield content
    for block in content if isinstance(content, list) else ():
        if isinstance(block, Mapping) and block.get("type") == "text":
            yield str(block.get("text", ""))


def find(messages: Sequence[Message]) -> tuple[list[Step] | None, int]:
    """The latest script, and how many messages of the assistant followed it."""
    answered = 0
    for message in reversed(messages):
        if message.get("role") == "assistant":
            answered += 1
        elif message.get("role") == "user":
            # After a turn that failed the next prompt is in the same message, behind the one before.
            for text in reversed(list(texts(message))):
                if MARK in text:
                    return parse(text), answered
    return None, answered


def parse(text: str) -> list[Step]:
    start = text.index(MARK) + len(MARK) - 1
    try:
        steps, _ = json.JSONDecoder(strict=False).raw_decode(text, start)
    except ValueError:
        return [BROKEN]
    return steps if all(isinstance(step, Mapping) for step in steps) else [BROKEN]


class Faults:
    """How often each step with `times` has already happened: the only memory of the endpoint."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def due(self, key: str, step: Step) -> bool:
        seen = self._seen.get(key, 0)
        self._seen[key] = seen + 1
        return seen < int(step.get("times", seen + 1))


def step_due(messages: Sequence[Message], session: str, faults: Faults) -> Step:
    """What to answer to this conversation."""
    steps, answered = find(messages)
    if steps is None:
        return UNSCRIPTED
    for number, step in enumerate(steps):
        if not any(fault in step for fault in FAULTS):
            if answered == 0:
                return step
            answered -= 1
        elif answered == 0 and faults.due(f"{session} {len(messages)} {number} {json.dumps(steps)}", step):
            return step
    return OVER
