"""What transcripts say: lines recorded from 2.1.197 and 2.1.329, trimmed; and what models cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks import ClaudeHooks, Options
from chorus_hooks.prices import Price, price
from chorus_hooks.tools import use

from chorus.errors import BadInput
from chorus.model import (
    AgentStatus,
    FileEdit,
    Hunk,
    PromptAccepted,
    StatusSeen,
    ToolFinished,
    TurnEnded,
    UsageSeen,
)
from chorus.settings import read_options

AT = "2026-11-21T10:26:10.725Z"
USAGE = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 20,
    "cache_read_input_tokens": 1000,
    "output_tokens": 50,
    "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
    "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
}


def assistant(*content: Mapping[str, Any], stop: str | None = "tool_use", **more: Any) -> dict[str, Any]:
    message = {"id": "msg_1", "role": "assistant", "model": "claude-sonnet-4-5", "content": list(content)}
    return {
        "isSidechain": False,
        "type": "assistant",
        "timestamp": AT,
        "message": {**message, "stop_reason": stop, "usage": USAGE},
        **more,
    }


def user(content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": "user", "content": content}
    return {"isSidechain": False, "type": "user", "timestamp": AT, "message": message, **more}


TEXT = {"type": "text", "text": "All done."}
USE = {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
PATCH = {"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": ["-a", "+b"]}
EDITED = {"filePath": "/repo/a.py", "structuredPatch": [PATCH], "type": "update"}
CREATED = {"filePath": "/repo/b.py", "structuredPatch": [], "type": "create"}
SEEN = UsageSeen("msg_1", 1120, 50, 0.001425, 1000, 20, "claude-sonnet-4-5")


def finished(path: str, *hunks: Hunk, created: bool = False) -> ToolFinished:
    edit = FileEdit(path, hunks, created)
    return ToolFinished(use("Edit", {"file_path": path}), "toolu_1", edits=(edit,))


@pytest.mark.parametrize(
    ("line", "signals"),
    [
        (user("Fix it"), [PromptAccepted("Fix it")]),
        (user([{"type": "text", "text": "Fix it"}]), [PromptAccepted("Fix it")]),
        (user("<command-name>/clear</command-name>"), None),
        (user("Caveat", isMeta=True), None),
        (user("This session is being continued", isCompactSummary=True), None),
        (user("Do the part", isSidechain=True), None),
        (
            user([{"type": "text", "text": "[Request interrupted by user for tool use]"}]),
            [StatusSeen(AgentStatus.IDLE, "Interrupted")],
        ),
        (assistant({"type": "thinking", "thinking": "…"}, stop="end_turn"), [SEEN]),
        (assistant(TEXT, stop="end_turn"), [SEEN, TurnEnded("All done.")]),
        (assistant(TEXT, stop="end_turn", isSidechain=True), [SEEN]),
        (assistant(TEXT, stop="end_turn", isApiErrorMessage=True), [SEEN]),
        (assistant(USE), [SEEN]),
        (user([RESULT], toolUseResult=CREATED), [finished("/repo/b.py", created=True)]),
        (
            user([RESULT], toolUseResult=EDITED),
            [finished("/repo/a.py", Hunk(1, 1, 1, 1, ("-a", "+b")))],
        ),
        (user([{**RESULT, "is_error": True}], toolUseResult="Error: no"), None),
        (user([RESULT], toolUseResult={"stdout": "", "stderr": ""}), None),
        ({"type": "queue-operation", "operation": "enqueue", "timestamp": AT, "content": "Fix it"}, None),
        ({"type": "last-prompt", "lastPrompt": "Fix it"}, None),
        ({"type": "cost-state", "totalCostUSD": 1.0}, None),
        ({"type": "user", "timestamp": "yesterday", "message": {"content": "x"}}, None),
        ({"type": "assistant", "timestamp": AT, "message": {"id": 1, "usage": {"input_tokens": "x"}}}, None),
    ],
)  # fmt: skip
def test_lines(line: dict[str, Any], signals: list[Any] | None) -> None:
    entry = ClaudeHooks().entry(line)
    assert (list(entry.signals) if entry else None) == signals


def test_what_the_cli_made_up_itself_took_nothing() -> None:
    line = assistant(TEXT, stop="stop_sequence")
    line["message"] |= {"model": "<synthetic>", "usage": {"input_tokens": 0, "output_tokens": 0}}
    entry = ClaudeHooks().entry(line | {"isApiErrorMessage": True})
    assert entry is None


def test_an_hour_in_the_cache_and_searches_cost_more() -> None:
    line = assistant(USE)
    line["message"]["usage"] = {
        **USAGE,
        "cache_creation": {"ephemeral_1h_input_tokens": 20},
        "server_tool_use": {"web_search_requests": 3},
    }
    entry = ClaudeHooks().entry(line)
    assert entry is not None
    seen = entry.signals[0]
    assert isinstance(seen, UsageSeen)
    assert seen.cost_usd == pytest.approx(0.001425 + 20 * 0.75 * 3 / 1_000_000 + 0.03)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-5", Price(3, 15, 0.3)),
        ("claude-sonnet-4-5-20250929", Price(3, 15, 0.3)),
        ("claude-opus-4-8[1m]", Price(5, 25, 0.5)),
        ("claude-opus-5-5", Price(4, 20, 0.2)),
        ("claude-opus-5", Price(5, 25, 0.5)),
        ("claude-opus-4-20250514", Price(15, 75, 1.5)),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Price(1, 5, 0.1)),
        ("claude-opus-4-1@20250805", Price(15, 75, 1.5)),
        ("claude-opus-4-9", None),
        ("claude-sonnet-7", None),
        ("gpt-5", None),
    ],
)
def test_prices(model: str, expected: Price | None) -> None:
    assert price(model, {}) == expected


def test_long_prompts_may_cost_another_price() -> None:
    found = price("claude-haiku-5-5", {})
    assert found is not None
    assert found.cost(100_000, 1000, 0, 0, 0) == pytest.approx(0.1 * 0.1 + 0.5 * 0.001)
    assert found.cost(50_000, 1000, 200_000, 0, 0) == pytest.approx(0.05 * 0.5 + 0.2 * 0.05 + 2.5 * 0.001)


def test_a_persons_own_prices_come_first() -> None:
    options = read_options(
        Options,
        {
            "prices": {
                "gpt-5": {"input": 1, "output": 8},
                "claude-opus-4-8": {"input": 1, "output": 2, "cache_read": 0},
            }
        },
        "hooks",
    )
    assert price("gpt-5", options.price_table()) == Price(1, 8, 0.1)
    assert price("claude-opus-4-8[1m]", options.price_table()) == Price(1, 2, 0)


@pytest.mark.parametrize(
    "prices",
    [
        3,
        {"x": 3},
        {"x": {"input": 3}},
        {"x": {"input": -1, "output": 2}},
        {"x": {"input": 1, "output": 2, "y": 3}},
    ],
)
def test_wrong_prices_are_refused(prices: Any) -> None:
    with pytest.raises(BadInput, match="prices"):
        read_options(Options, {"prices": prices}, "hooks")


def test_files_of_a_conversation_and_its_subagents(transcripts: Path) -> None:
    id = "b63adaff-dc4c-4e49-b8f4-4db43c2b9649"
    env = {"CLAUDE_CONFIG_DIR": str(transcripts.parent.parent)}
    source = ClaudeHooks()
    assert source.transcripts(id, env) == []
    own, sub = transcripts / f"{id}.jsonl", transcripts / id / "subagents" / "agent-a1.jsonl"
    own.touch()
    assert source.transcripts(id, env) == [own]
    sub.parent.mkdir(parents=True)
    sub.touch()
    assert source.transcripts(id, env) == [own, sub]
    assert source.transcripts("../../../../etc/passwd", env) == ()
