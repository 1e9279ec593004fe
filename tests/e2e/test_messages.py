"""Messages that wait: listed, changed, removed and moved, and given to the agent exactly once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_hooks import agent_hooks
from tests.support.live import Api, ApiError, Server

pytestmark = pytest.mark.timeout(240)

UPDATE = "mutation($id: ID!, $text: String!) { updateMessage(id: $id, text: $text) { id text state } }"
REMOVE = "mutation($id: ID!) { removeMessage(id: $id) }"
REORDER = "mutation($id: ID!, $ids: [ID!]!) { reorderMessages(taskId: $id, ids: $ids) { id text } }"


async def busy(api: Api, project: str) -> str:
    """A task whose agent (a Python prompt) is in the middle of a turn."""
    task = await api.create("Busy", projectId=project, agent="shell", description="began = 1")
    await api.start(task)
    await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    await agent_hooks(task).report("UserPromptSubmit", prompt="began = 1")
    await api.until(task, lambda one: one["agentStatus"] == "THINKING")
    return task


async def queued(api: Api, task: str) -> list[dict[str, Any]]:
    return [one for one in (await api.task(task))["messages"] if one["state"] == "QUEUED"]


async def say(api: Api, task: str, *texts: str) -> list[str]:
    return [(await api.send(task, text))["id"] for text in texts]


async def test_what_waits_is_delivered_as_it_was_left(api: Api, project: str, tmp_path: Path) -> None:
    """Changed, removed and reordered: the agent gets what the queue shows, in its order, each once."""
    task = await busy(api, project)
    note = f"open({str(tmp_path / 'said')!r}, 'a').write"
    one, two, three, four = await say(
        api, task, *(f"{note}('{word};') and None" for word in ("one", "two", "three", "four"))
    )
    changed = (await api.call(UPDATE, id=two, text=f"{note}('second;') and None"))["updateMessage"]
    assert changed["state"] == "QUEUED"
    assert (await api.call(REMOVE, id=three))["removeMessage"] == three
    left = (await api.call(REORDER, id=task, ids=[four, two, one]))["reorderMessages"]
    assert [message["id"] for message in left] == [four, two, one]

    for count in (1, 2, 3):
        await agent_hooks(task).report("Stop")
        await api.until(task, given(count + 1))
    async with asyncio.timeout(45):
        while (tmp_path / "said").read_text() != "four;second;one;":
            await asyncio.sleep(0.05)  # nothing tells what a program has done with its input
    kinds = [event["kind"] for event in await api.events(task=task)]
    assert [kind for kind in kinds if kind.startswith("message.") and kind != "message.queued"] == [
        "message.delivered",
        "message.accepted",
        "message.updated",
        "message.removed",
        "message.reordered",
        *["message.delivered"] * 3,
    ]


def given(count: int) -> Callable[[dict[str, Any]], bool]:
    """Whether so many messages have been given to the agent, or more: one that confirms nothing is idle until
    it says otherwise, so the next may have followed at once.
    """
    states = ("DELIVERED", "ACCEPTED")
    return lambda task: sum(one["state"] in states for one in task["messages"]) >= count


async def test_what_came_meanwhile_keeps_its_place(api: Api, project: str) -> None:
    task = await busy(api, project)
    one, two, three = await say(api, task, "1", "2", "3")
    left = (await api.call(REORDER, id=task, ids=[two, one]))["reorderMessages"]
    assert [message["id"] for message in left] == [two, one, three]
    left = (await api.call(REORDER, id=task, ids=[]))["reorderMessages"]
    assert [message["id"] for message in left] == [two, one, three]


async def test_what_is_not_queued_cannot_be_changed(api: Api, project: str) -> None:
    task = await busy(api, project)
    [had] = [one["id"] for one in (await api.task(task))["messages"]]
    [waiting] = await say(api, task, "1")
    for document, more in ((UPDATE, {"id": had, "text": "x"}), (REMOVE, {"id": had})):
        with pytest.raises(ApiError, match="only one that is still queued") as found:
            await api.call(document, **more)
        assert found.value.code == "CONFLICT"
    with pytest.raises(ApiError) as found:
        await api.call(REORDER, id=task, ids=[waiting, had])
    assert found.value.code == "CONFLICT"


@pytest.mark.parametrize("text", ["", "  \n", "bell\x07"])
async def test_a_text_nobody_could_have_sent(api: Api, project: str, text: str) -> None:
    task = await busy(api, project)
    [waiting] = await say(api, task, "1")
    with pytest.raises(ApiError) as found:
        await api.call(UPDATE, id=waiting, text=text)
    assert found.value.code == "BAD_INPUT"
    assert (await queued(api, task))[0]["text"] == "1"


async def test_messages_that_are_none(api: Api, project: str) -> None:
    task, other = await busy(api, project), await busy(api, project)
    [waiting], [strange] = await say(api, task, "1"), await say(api, other, "2")
    for ids, code in (
        ([waiting, strange], "NOT_FOUND"),
        (["nothing"], "NOT_FOUND"),
        ([waiting, waiting], "BAD_INPUT"),
    ):
        with pytest.raises(ApiError) as found:
            await api.call(REORDER, id=task, ids=ids)
        assert found.value.code == code
    with pytest.raises(ApiError) as found:
        await api.call(REMOVE, id="nothing")
    assert found.value.code == "NOT_FOUND"


async def test_a_race_for_the_same_message(api: Api, project: str, tmp_path: Path) -> None:
    """It is given as it was or as it became, once; whoever came too late is told."""
    task = await busy(api, project)
    place = tmp_path / "said"
    for number in range(5):
        await say(api, task, f"open({str(place)!r}, 'a').write('old{number};') and None")
        [waiting] = await queued(api, task)
        change = api.call(
            UPDATE, id=waiting["id"], text=f"open({str(place)!r}, 'a').write('new{number};') and None"
        )
        results = await asyncio.gather(agent_hooks(task).report("Stop"), change, return_exceptions=True)
        await api.until(task, given(number + 2))
        word = f"old{number};" if isinstance(results[1], ApiError) else f"new{number};"
        if isinstance(results[1], ApiError):
            assert results[1].code == "CONFLICT"
        async with asyncio.timeout(45):
            while not place.exists() or not place.read_text().endswith(word):
                await asyncio.sleep(0.05)  # nothing tells what a program has done with its input
        assert place.read_text().count(f"{number};") == 1
        await agent_hooks(task).report("UserPromptSubmit", prompt="busy again")


async def test_the_command_line(server: Server, api: Api, project: str) -> None:
    task = await busy(api, project)
    await say(api, task, "first", "second", "third\nand more")

    def texts() -> list[str]:
        listed = server.cli("task", "queue", task[:12], "--json")
        return [one["text"].splitlines()[0] for one in json.loads(listed.stdout)]

    assert "third" in server.cli("task", "queue", task).stdout
    assert server.cli("task", "queue", "move", task, "3", "--before", "1").returncode == 0
    assert texts() == ["third", "first", "second"]
    assert server.cli("task", "queue", "move", task, "1").returncode == 0
    assert texts() == ["first", "second", "third"]
    assert server.cli("task", "queue", "edit", task, "2", "changed").returncode == 0
    assert server.cli("task", "queue", "remove", task, "1").returncode == 0
    assert texts() == ["changed", "third"]
    for wrong in (("remove", task, "9"), ("edit", task, "zz", "x"), ("move", task, "1", "--before", "1")):
        refused = server.cli("task", "queue", *wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("chorus: ")
    assert server.cli("task", "queue").returncode == 2
