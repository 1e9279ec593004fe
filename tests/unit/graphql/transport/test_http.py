"""GraphQL by POST: JSON only, one operation, nothing half understood."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.server_fakes import EFFECTS
from tests.support.site import Ready

ACT = b'{"query": "mutation { act }"}'
JSON = {"content-type": "application/json"}


async def post(client: httpx.AsyncClient, ready: Ready, query: str, **rest: Any) -> Any:
    answer = await client.post("/graphql", json={"query": query, **rest}, headers=ready.bearer)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_taken(ready: Ready, client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/graphql", content=ACT, headers={**ready.bearer, "content-type": kind})
    assert answer.json() == {"data": {"act": "act"}}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json;x",
        "application/json; charset=utf-7",
        "application/graphql",
        "x/application/json",
    ],
)
async def test_forms_and_others_are_not(ready: Ready, client: httpx.AsyncClient, kind: str | None) -> None:
    headers = ready.bearer | ({} if kind is None else {"content-type": kind})
    assert (await client.post("/graphql", content=ACT, headers=headers)).status_code == 415
    assert EFFECTS == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_not(ready: Ready, client: httpx.AsyncClient, method: str) -> None:
    address = "/graphql?query=mutation{act}&_method=POST"
    answer = await client.request(method, address, headers={**ready.bearer, "accept": "text/html"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    override = {**ready.bearer, **JSON, "x-http-method-override": "POST"}
    assert (await client.request(method, "/graphql", content=ACT, headers=override)).status_code == 405
    assert EFFECTS == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b"[]",
        b'[{"query": "mutation { act }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 5}',
        b'{"query": "mutation { act }", "variables": []}',
        b'{"query": "mutation { act }", "operationName": 5}',
        b'{"query": "mutation { act }", "operationName": "Missing"}',
        b'{"query": "mutation { act }", "extensions": "x"}',
        b'{"query": "mutation { act }", "query": "mutation { act }"}',
        b'{"query": "mutation { act }", "x": NaN}',
        b'{"query": "mutation { act }", "x": 1e999}',
        b'{"query": "mutation { act }", "x": 123456789012345678901234567890}',
        b'{"query": "mutation { act }", "x": "\xff"}',
        b'\xef\xbb\xbf{"query": "mutation { act }"}',
        b'{"query": "mutation { act }", "x": ' + b"[" * 100_000,
    ],
)
async def test_bad_bodies_are_a_clean_error(ready: Ready, client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/graphql", content=body, headers={**ready.bearer, **JSON})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]
    assert EFFECTS == []


async def test_subscriptions_are_sent_to_the_socket(ready: Ready, client: httpx.AsyncClient) -> None:
    body = {"query": "subscription { forever }"}
    for accept in ("application/json", "text/event-stream", "multipart/mixed"):
        answer = await client.post("/graphql", json=body, headers={**ready.bearer, "accept": accept})
        assert answer.status_code == 406
        assert "WebSocket" in answer.json()["errors"][0]["message"]


async def test_odd_values_are_written_out(ready: Ready, client: httpx.AsyncClient) -> None:
    found = await post(client, ready, "mutation($t: String!) { act(text: $t) }", variables={"t": "\u2028é😀"})
    assert found == {"data": {"act": "\u2028é😀"}}
    cut = b'{"query": "mutation($t: String!) { act(text: $t) }", "variables": {"t": "\\ud83d"}}'
    answer = await client.post("/graphql", content=cut, headers={**ready.bearer, **JSON})
    assert answer.json() == {"data": {"act": "\ufffd"}}


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED", "nope"),
        ("query($n: Int!) { thing { things(first: $n) { name } } }", "BAD_INPUT", "$n"),
        ("{ expected }", "NOT_FOUND", "No task has this id."),
    ],
)
async def test_expected_errors_say_what_is_wrong(
    ready: Ready, client: httpx.AsyncClient, query: str, code: str, message: str
) -> None:
    error = (await post(client, ready, query))["errors"][0]
    assert error["extensions"]["code"] == code
    assert message in error["message"]


async def test_details_of_expected_errors_travel(ready: Ready, client: httpx.AsyncClient) -> None:
    error = (await post(client, ready, "{ expected }"))["errors"][0]
    assert error["extensions"] == {"code": "NOT_FOUND", "task": "t9", "folder": "/work"}


async def test_bugs_are_an_id_here_and_in_the_log(
    ready: Ready, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.post("/graphql", json={"query": "{ bug }"}, headers=ready.bearer)
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "INTERNAL"
    for secret in ("somebody", "SELECT", "KeyError", "Traceback", ".py"):
        assert secret not in answer.text
    assert error["extensions"]["id"] in caplog.text
    assert "SELECT secret" in caplog.text


async def test_expected_errors_are_not_logged(
    ready: Ready, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for query in ("{", "{ nope }", "{ expected }"):
        await post(client, ready, query)
    assert caplog.records == []
