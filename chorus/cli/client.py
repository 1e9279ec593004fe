"""Talking to a running server over its public API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chorus.errors import ChorusError, Unavailable

#: Seconds for one answer: starting a task or a large diff may take a moment.
ANSWER_SECONDS = 60.0


class Refused(ChorusError):
    """The server answered with an error."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    url: str
    token: str

    @classmethod
    def of(cls, state_dir: Path) -> Client:
        """The client of the server that runs on this state directory."""
        try:
            url = json.loads((state_dir / "server.json").read_bytes())["url"]
            token = (state_dir / "token").read_text().strip()
        except (OSError, ValueError, KeyError):
            raise Unavailable(f"No Chorus server runs on {state_dir}; start one with `chorus up`.") from None
        return cls(url, token)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = httpx.post(
                self.url + path, json=body, headers=headers, timeout=ANSWER_SECONDS, trust_env=False
            )
        except httpx.TransportError as error:
            raise Unavailable(
                f"The Chorus server at {self.url} does not answer ({error}); start it with `chorus up`."
            ) from error
        if answer.status_code != 200:
            raise Refused(f"The server answered {answer.status_code}: {answer.text[:300]}", "HTTP")
        return answer.json()

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run a query or mutation. Raises Refused with the server's own words."""
        answer = self.post("/graphql", {"query": document, "variables": variables})
        return _data(answer)

    async def subscribe(self, document: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """Follow a subscription over graphql-transport-ws."""
        url = "ws" + self.url.removeprefix("http") + "/graphql"
        protocols = [Subprotocol("graphql-transport-ws")]
        try:
            async with connect(url, subprotocols=protocols, proxy=None, max_size=None) as socket:
                authorization = {"Authorization": f"Bearer {self.token}"}
                await socket.send(json.dumps({"type": "connection_init", "payload": authorization}))
                await socket.recv()
                payload = {"query": document, "variables": variables}
                await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                async for frame in socket:
                    message = json.loads(frame)
                    if message["type"] == "next":
                        yield _data(message["payload"])
                    elif message["type"] == "error":
                        _data({"errors": message["payload"]})
                    elif message["type"] == "ping":
                        await socket.send('{"type":"pong"}')
                    elif message["type"] == "complete":
                        return
        except (OSError, ConnectionClosed) as error:
            raise Unavailable(f"The connection to {self.url} has ended: {error}") from error


def _data(answer: Mapping[str, Any]) -> dict[str, Any]:
    errors = answer.get("errors")
    if errors:
        extensions = errors[0].get("extensions") or {}
        suffix = f" (id {extensions['id']})" if "id" in extensions else ""
        raise Refused(errors[0]["message"] + suffix, extensions.get("code", "INTERNAL"))
    data: dict[str, Any] = answer["data"]
    return data
