"""Many open requests and more than one person: each is answered once, and the log says by whom."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.faults import Scene, scene
from tests.support.live import PATIENCE, Api, ApiError
from tests.support.scripted import AGENT, Scripted, pending

pytestmark = pytest.mark.timeout(300)

TASKS = 20

RESPOND = """mutation($id: ID!, $decision: PermissionDecision!, $message: String) {
  respondToPermission(id: $id, decision: $decision, message: $message) { state decidedBy } }"""


@asynccontextmanager
async def browser(found: Scene) -> AsyncIterator[httpx.AsyncClient]:
    """A person in a browser: signed in by a link of the command line, known by a cookie."""
    login = await asyncio.to_thread(found.server.cli, "login")
    code = next(word for word in login.stdout.split() if "#" in word).partition("#")[2]
    headers = {"x-chorus-csrf": "1", "origin": found.server.url}
    async with httpx.AsyncClient(
        base_url=found.server.url, headers=headers, timeout=PATIENCE, trust_env=False
    ) as client:
        assert (await client.post("/login", json={"code": code})).status_code == 200
        yield client


async def by_browser(client: httpx.AsyncClient, id: str) -> str:
    """Deny it: DENIED, or the code of why not."""
    variables = {"id": id, "decision": "DENY", "message": "not now"}
    answer = (await client.post("/graphql", json={"query": RESPOND, "variables": variables})).json()
    if answer.get("errors"):
        return str(answer["errors"][0]["extensions"]["code"])
    return str(answer["data"]["respondToPermission"]["state"])


async def by_token(api: Api, id: str) -> str:
    """Allow it: ALLOWED, or the code of why not."""
    try:
        return str((await api.call(RESPOND, id=id, decision="ALLOW"))["respondToPermission"]["state"])
    except ApiError as error:
        return str(error.code)


async def follows(api: Api, after: str, resolved: dict[str, int]) -> None:
    """Count the answers as a client sees them arrive, until it is cancelled."""
    document = "subscription($after: Cursor) { events(after: $after) { kind data } }"
    async with aclosing(api.subscribe(document, after=after)) as events:
        async for event in events:
            if event["events"]["kind"] == "permission.resolved":
                id = event["events"]["data"]["id"]
                resolved[id] = resolved.get(id, 0) + 1


async def test_twenty_tasks_two_people_one_leaves(home: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with scene(home, AGENT) as found, browser(found) as web:
        api = found.api
        project = await api.add_project(found.repo)
        agents = [await Scripted.start(api, home, project, f"Task {number}") for number in range(TASKS)]
        asking = {one.task: asyncio.ensure_future(one.runs("make")) for one in agents}
        opened = {one.task: (await pending(api, one.task))[0]["id"] for one in agents}
        assert len((await api.call("{ permissionRequests { id } }"))["permissionRequests"]) == TASKS

        seen: dict[str, int] = {}
        leaving: dict[str, int] = {}
        now = (await api.events())[-1]["cursor"]
        watching = asyncio.ensure_future(follows(api, now, seen))
        gone = asyncio.ensure_future(follows(api, now, leaving))
        outcomes: dict[str, list[str]] = {id: [] for id in opened.values()}

        async def denies() -> None:
            """The browser answers some and is closed in the middle of an answer, its sockets with it."""
            mine = chance.sample(list(outcomes), TASKS)
            for id in mine[: TASKS // 2]:
                outcomes[id].append(await by_browser(web, id))
            cut = asyncio.ensure_future(by_browser(web, mine[TASKS // 2]))
            await asyncio.sleep(0)
            cut.cancel()
            gone.cancel()
            await asyncio.gather(cut, gone, return_exceptions=True)

        async def allows() -> None:
            for id in chance.sample(list(outcomes), TASKS):
                outcomes[id].append(await by_token(api, id))

        await asyncio.gather(denies(), allows())
        verdicts = {opened[task]: (await answer)["behavior"] for task, answer in asking.items()}

        # Exactly one answer to each; whoever came second was told so.
        assert all(said.count("ALLOWED") + said.count("DENIED") <= 1 for said in outcomes.values()), seed
        assert {word for said in outcomes.values() for word in said} <= {"ALLOWED", "DENIED", "CONFLICT"}
        log = [one for one in await api.events() if one["kind"] == "permission.resolved"]
        by = {one["data"]["id"]: one["data"] for one in log}
        assert len(log) == len(by) == TASKS
        for id, behaviour in verdicts.items():
            expected = ("ALLOWED", "token") if behaviour == "allow" else ("DENIED", "web")
            assert (by[id]["state"], by[id]["decidedBy"]) == expected, seed
            for said in outcomes[id]:
                assert said in ("CONFLICT", by[id]["state"]), seed
        for task, id in opened.items():
            shown = (await api.task(task))["permissionRequests"]
            assert [(one["id"], one["state"]) for one in shown] == [(id, by[id]["state"])]
        # The one who stayed saw each answer once, and the inbox is empty for everybody.
        async with asyncio.timeout(PATIENCE):
            while len(seen) < TASKS:
                await asyncio.sleep(0.02)  # the last events are on their way
        assert set(seen.values()) == {1}
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert (await api.call("{ permissionRequests { id } }"))["permissionRequests"] == []
        await found.check()


async def test_several_open_in_one_task(home: Path) -> None:
    """Subagents that ask for the same thing: each answer reaches the one that asked."""
    async with scene(home, AGENT) as found:
        project = await found.api.add_project(found.repo)
        one = await Scripted.start(found.api, home, project)
        who: list[dict[str, Any]] = [
            {"agent_id": "a", "agent_type": "x"},
            {"agent_id": "b", "agent_type": "x"},
        ]
        asking = [asyncio.ensure_future(one.runs("make", **fields)) for fields in (*who, {})]
        await pending(found.api, one.task, 3)
        fields = "permissionRequests(state: PENDING) { id agentRef summary }"
        open_ones = (await found.api.task(one.task, fields))["permissionRequests"]
        by_agent = {request["agentRef"]: request["id"] for request in open_ones}
        assert set(by_agent) == {"a", "b", None}
        assert (await found.api.task(one.task))["activity"].endswith("(and 2 more)")

        # In the terminal somebody says yes to the first: its tool has run, and nobody else's.
        done = {"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_use_id": "u1"}
        await one.report("PostToolUse", **done, **who[0])
        assert await asking[0] == {}
        await found.api.respond(by_agent["b"], "DENY", message="no")
        assert (await asking[1])["behavior"] == "deny"
        await found.api.respond(by_agent[None], "ALLOW")
        assert (await asking[2])["behavior"] == "allow"
        shown = (await found.api.task(one.task))["permissionRequests"]
        states = {request["id"]: request["state"] for request in shown}
        assert [states[by_agent[name]] for name in ("a", "b", None)] == ["WITHDRAWN", "DENIED", "ALLOWED"]


async def test_an_agent_that_leaves_takes_its_request_along(home: Path) -> None:
    """Withdrawn when the agent hangs up, when its run is stopped and when it dies; an answer is too late."""
    async with scene(home, AGENT) as found:
        project = await found.api.add_project(found.repo)
        one = await Scripted.start(found.api, home, project)
        asking = asyncio.ensure_future(one.runs("make"))
        first = (await pending(found.api, one.task))[0]["id"]
        asking.cancel()
        await pending(found.api, one.task, 0)
        with pytest.raises(ApiError) as late:
            await found.api.respond(first, "ALLOW")
        assert late.value.code == "CONFLICT"

        asking = asyncio.ensure_future(one.runs("make"))
        await pending(found.api, one.task)
        await found.api.act("restartAgent", one.task)
        assert await asking == {}
        await pending(found.api, one.task, 0)
        words = [request["message"] for request in (await found.api.task(one.task))["permissionRequests"]]
        assert words[1] == "agent stopped by token"
