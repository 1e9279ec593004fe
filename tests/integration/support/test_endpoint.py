"""The scripted endpoint does what its steps say, over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.endpoint import Endpoint, prompt

TOOLS = [{"name": "Bash"}]


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def client(endpoint: Endpoint) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=endpoint.url, trust_env=False) as client:
        yield client


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(text: str = "ok") -> dict[str, Any]:
    return {"role": "assistant", "content": text}


async def ask(client: httpx.AsyncClient, *messages: dict[str, Any], **body: Any) -> httpx.Response:
    whole = {"model": "m", "messages": list(messages), "tools": TOOLS, **body}
    return await client.post("/v1/messages?beta=true", json=whole)


async def text_of(client: httpx.AsyncClient, *messages: dict[str, Any]) -> str:
    answer = (await ask(client, *messages)).json()
    return "".join(block.get("text", block.get("name", "")) for block in answer["content"])


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


async def test_steps_follow_the_conversation(client: httpx.AsyncClient) -> None:
    first = user(prompt({"tool": "Bash", "input": {"command": "ls"}}, {"text": "two"}))
    result = user([{"type": "tool_result", "tool_use_id": "t", "content": '@@[{"text":"not this one"}]'}])
    assert await text_of(client, first) == "Bash"
    assert await text_of(client, first, assistant(), result) == "two"
    assert await text_of(client, first, assistant(), result, assistant()) == "The script is over."
    later = user([{"type": "text", "text": prompt({"text": "three"}) + "\n</pasted_content>"}])
    assert await text_of(client, first, assistant(), later) == "three"
    system = {"role": "system", "content": "mid-conversation"}
    assert await text_of(client, first, assistant(), later, system) == "three"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "Understood."),
        ("@@[not json", "The script in the prompt is not a JSON list of objects."),
        ("@@[1]", "The script in the prompt is not a JSON list of objects."),
        (prompt({"text": "ü 🎉"}), "ü 🎉"),
    ],
)
async def test_prompts(client: httpx.AsyncClient, text: str, expected: str) -> None:
    assert await text_of(client, user(text)) == expected


async def test_stream_has_parallel_blocks_in_chunks(client: httpx.AsyncClient) -> None:
    blocks = [{"thinking": "hm"}, {"text": "abcde"}, {"tool": "Bash", "input": {"a": 1}}, {"tool": "Read"}]
    answer = await ask(client, user(prompt({"blocks": blocks, "chunk": 2})), stream=True)
    events = events_of(answer)
    assert answer.headers["request-id"].startswith("req_")
    assert [event["type"] for event in events][-2:] == ["message_delta", "message_stop"]
    starts = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    assert [start["type"] for start in starts] == ["thinking", "text", "tool_use", "tool_use"]
    assert starts[2]["id"] != starts[3]["id"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert [delta["text"] for delta in deltas if "text" in delta] == ["ab", "cd", "e"]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


async def test_errors_happen_as_often_as_they_say(client: httpx.AsyncClient) -> None:
    script = user(prompt({"error": 429, "times": 2, "headers": {"retry-after": "1"}}, {"text": "after"}))
    answers = [await ask(client, script) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "1"
    assert answers[0].json()["error"]["type"] == "rate_limit_error"
    assert await text_of(client, user(prompt({"error": 529, "times": 0}, {"text": "never failed"})))


async def test_error_in_the_stream_and_drop(client: httpx.AsyncClient) -> None:
    broken = await ask(client, user(prompt({"sse_error": "overloaded_error"})), stream=True)
    assert [event["type"] for event in events_of(broken)] == ["message_start", "error"]
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(client, user(prompt({"drop": True, "text": "half"})), stream=True)


async def test_hang_ends_with_the_endpoint_or_in_time(client: httpx.AsyncClient) -> None:
    assert (await ask(client, user(prompt({"hang": 0.01, "text": "late"})), stream=True)).status_code == 200
    with pytest.raises(httpx.ReadTimeout):
        await client.post(
            "/v1/messages",
            json={"messages": [user(prompt({"hang": True, "text": "-"}))], "tools": TOOLS, "stream": True},
            timeout=0.2,
        )


async def test_other_requests_are_answered_and_recorded(
    endpoint: Endpoint, client: httpx.AsyncClient
) -> None:
    counted = await client.post("/v1/messages/count_tokens?beta=true", json={"messages": []})
    assert counted.json() == {"input_tokens": 10}
    assert (await client.head("/")).status_code == 200
    assert (await client.get("/api/anything")).json() == {}
    title = await ask(client, user(prompt({"text": "no"})), tools=[])
    assert "title" in title.json()["content"][0]["text"]
    compact = await ask(client, user("x"), assistant(), user("CRITICAL: Respond with TEXT ONLY."))
    assert "<summary>" in compact.json()["content"][0]["text"]
    request = await endpoint.seen(lambda request: "TEXT ONLY" in request.prompt)
    assert request.said == "x\nCRITICAL: Respond with TEXT ONLY."
    with pytest.raises(TimeoutError):
        await endpoint.seen(lambda request: request.path == "/never", within=0.01)


async def test_tool_results_are_at_hand(endpoint: Endpoint, client: httpx.AsyncClient) -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": "out"}
    await ask(client, user(prompt({"tool": "Bash"}, {"text": "end"})), assistant(), user([result]))
    [request] = endpoint.requests
    assert request.tool_results == [result]
