"""What the server says of itself: its event log backwards, its settings, a check-up of its machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import Api, ApiError, Server, running

pytestmark = pytest.mark.timeout(240)

BACK = """query($before: Cursor, $last: Int, $kinds: [String!], $task: ID, $after: Cursor) {
  events(before: $before, last: $last, kinds: $kinds, taskId: $task, after: $after) {
    edges { node { cursor kind taskId } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def page(api: Api, **arguments: Any) -> tuple[list[str], dict[str, Any]]:
    found = (await api.call(BACK, **arguments))["events"]
    return [edge["node"]["cursor"] for edge in found["edges"]], found["pageInfo"]


async def test_the_event_log_is_read_backwards_to_its_beginning(api: Api, project: str) -> None:
    for number in range(6):
        await api.create(f"Task {number}", projectId=project)
    log = [event["cursor"] for event in await api.events()]
    newest, info = await page(api, last=3)
    assert newest == log[-3:]
    assert info["hasPreviousPage"]
    assert info["endCursor"] == log[-1]
    back = newest
    while info["hasPreviousPage"]:
        older, info = await page(api, last=3, before=info["startCursor"])
        back = older + back
    assert back == log


async def test_only_events_of_some_kinds_are_asked_for(api: Api, project: str) -> None:
    task = await api.create("One", projectId=project)
    await api.create("Other", projectId=project)
    found = (await api.call(BACK, last=10, kinds=["task.created"], task=task))["events"]
    assert [edge["node"]["taskId"] for edge in found["edges"]] == [task]
    none, info = await page(api, last=10, kinds=["no.such"])
    assert none == []
    assert info["endCursor"] == (await api.events())[-1]["cursor"], "who follows from here misses nothing"


@pytest.mark.parametrize("arguments", [{"last": 0}, {"last": 501}, {"last": 5, "after": "e0"}])
async def test_a_page_that_makes_no_sense(api: Api, arguments: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as found:
        await page(api, **arguments)
    assert found.value.code == "BAD_INPUT"


async def test_settings_say_where_they_come_from_and_keep_secrets(home: Path) -> None:
    config = '[events]\nkeep = 7\n[agents.mine]\ncommand = ["true"]\nenv = {KEY = "hush-hush"}\n'
    with running(home, config, CHORUS_STATUS_SILENT_SECONDS="30") as server:
        async with server.api() as api:
            answer = await api.call("{ settings { name value source } }")
    found = {one["name"]: one for one in answer["settings"]}
    assert found["events.keep"]["value"] == 7
    assert found["events.keep"]["source"].endswith("config.toml")
    assert found["status.silent_seconds"]["source"] == "the environment"
    assert found["events.keep_days"]["source"] == "default"
    assert found["agents.mine"]["value"]["command"] == ["true"]
    assert "hush-hush" not in json.dumps(answer)


async def test_the_check_up_is_the_same_over_the_api_and_the_command_line(
    api: Api, project: str, server: Server
) -> None:
    answer = await api.call("{ doctor { name state detail advice } }")
    over_api = {one["name"]: one["state"] for one in answer["doctor"]}
    assert over_api["git"] == "OK"
    assert over_api["plugin tmux"] == "OK"
    assert over_api["agent missing"] == "WARNING"
    listed = json.loads(server.cli("doctor", "--json").stdout)
    over_cli = {one["name"]: one["state"] for one in listed}
    assert over_cli["server"] == "OK"
    assert {name: state for name, state in over_cli.items() if name in over_api}.items() <= over_api.items()
