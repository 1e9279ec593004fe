"""Requests that nobody answers: decided as the profile says, on record, across a kill of the server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.faults import Scene, scene
from tests.support.scripted import AGENT, Scripted, pending

pytestmark = pytest.mark.timeout(240)

PROFILES = """
[permissions.profiles.strict]
timeout_seconds = 2
on_timeout = "deny"

[permissions.profiles.full_dev]
timeout_seconds = 1
on_timeout = "allow"

[permissions.profiles.patient]
timeout_seconds = 1
"""

QUESTION = {"questions": [{"question": "Which?", "options": [{"label": "A"}, {"label": "B"}]}]}


async def begin(found: Scene, profile: str) -> Scripted:
    project = await found.api.add_project(found.repo)
    return await Scripted.start(found.api, found.home, project, permissionProfile=profile)


async def resolved(found: Scene, task: str) -> list[tuple[str, str, str]]:
    events = [one for one in await found.api.events(task=task) if one["kind"] == "permission.resolved"]
    return [(one["data"]["state"], one["data"]["decidedBy"], one["source"]) for one in events]


async def test_each_profile_decides_in_its_way(home: Path) -> None:
    async with scene(home, AGENT + PROFILES) as found:
        strict, free = await begin(found, "strict"), await begin(found, "full_dev")
        patient = await begin(found, "patient")
        waiting = asyncio.ensure_future(patient.runs("make"))
        # full_dev allows commands by itself; what it does not name is allowed when the time is over.
        denied, allowed, question = await asyncio.gather(
            strict.runs("make"),
            free.asks("WebFetch", {"url": "https://x.example"}),
            free.asks("AskUserQuestion", QUESTION),
        )
        assert denied["behavior"] == "deny"
        assert "Nobody has answered within 2 seconds" in denied["message"]
        assert allowed["behavior"] == "allow"
        assert question["behavior"] == "deny"
        by_strict = ("EXPIRED", "policy strict", "policy strict")
        assert await resolved(found, strict.task) == [by_strict]
        by_free = "policy full_dev"
        assert sorted(await resolved(found, free.task)) == [
            ("ALLOWED", by_free, by_free),
            ("EXPIRED", by_free, by_free),
        ]
        # One that waits is answered by a person, however late.
        request = (await pending(found.api, patient.task))[0]
        shown = await found.api.task(patient.task, "permissionRequests { expiresAt }")
        assert shown["permissionRequests"] == [{"expiresAt": None}]
        await found.api.respond(request["id"], "ALLOW")
        assert (await waiting)["behavior"] == "allow"
        # The task goes on: nothing waits any more.
        assert (await found.api.task(strict.task))["agentStatus"] != "WAITING"


async def test_time_runs_while_no_server_does(home: Path) -> None:
    async with scene(home, AGENT + PROFILES) as found:
        one = await begin(found, "strict")
        asking = asyncio.ensure_future(one.runs("make", chorus_report_id="the-one"))
        await pending(found.api, one.task)
        shown = await found.api.task(one.task, "permissionRequests { createdAt expiresAt }")
        assert shown["permissionRequests"][0]["expiresAt"] > shown["permissionRequests"][0]["createdAt"]
        found.server.kill()
        with pytest.raises(httpx.TransportError):
            await asking
        await found.restart()
        again = await one.runs("make", chorus_report_id="the-one")
        assert again["behavior"] == "deny"
        assert await resolved(found, one.task) == [("EXPIRED", "policy strict", "policy strict")]
        # Asked once more it is told the same, and nothing is decided twice.
        assert await one.runs("make", chorus_report_id="the-one") == again
        assert len(await resolved(found, one.task)) == 1


async def test_a_shorter_time_counts_at_once(home: Path) -> None:
    async with scene(home, AGENT + PROFILES) as found:
        one = await begin(found, "patient")
        asking = asyncio.ensure_future(one.runs("make"))
        await pending(found.api, one.task)
        document = """mutation($id: ID!) {
          updateTask(id: $id, input: {permissionProfile: "strict"}) { permissionProfile } }"""
        await found.api.call(document, id=one.task)
        assert (await asking)["behavior"] == "deny"


async def test_profiles_are_listed(home: Path) -> None:
    async with scene(home, AGENT + PROFILES) as found:
        fields = "name mode allow deny builtIn timeoutSeconds onTimeout"
        listed = (await found.api.call(f"{{ permissionProfiles {{ {fields} }} }}"))["permissionProfiles"]
        known: dict[str, Any] = {one["name"]: one for one in listed}
        assert set(known) == {
            "default",
            "full_dev",
            "git_only",
            "patient",
            "read_only",
            "safe_edit",
            "strict",
        }
        free = known["full_dev"]
        assert (free["builtIn"], free["timeoutSeconds"], free["onTimeout"]) == (False, 1, "ALLOW")
        assert (free["mode"], free["allow"][0]) == ("acceptEdits", "run"), "what it did not say is kept"
        assert known["default"]["timeoutSeconds"] is None
        shown = await asyncio.to_thread(found.server.cli, "permissions", "profiles")
        assert "denied after 2 s" in shown.stdout
        printed = await asyncio.to_thread(found.server.cli, "permissions", "profiles", "--json")
        assert json.loads(printed.stdout) == listed
