"""The messages that wait for an agent, as people change them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, NotFound
from chorus.host.reports import CommandDelayed
from chorus.model import AgentStatus, TurnEnded
from chorus.services.messages import same_text
from tests.support.services import ACTOR, Core, services


@asynccontextmanager
async def queue(folder: Path, *texts: str) -> AsyncIterator[tuple[Core, str, dict[str, str]]]:
    """Have messages wait for a busy agent: its task, and the ids of the messages by their texts."""
    async with services(folder) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.THINKING)
        ids = {text: (await core.services.agents.send(task.id, text, actor=ACTOR)).id for text in texts}
        yield core, task.id, ids


async def texts(core: Core, task_id: str) -> list[str]:
    """Return all messages but the prompt it was started with."""
    return [message.text for message in await core.messages(task_id)][1:]


async def test_a_message_that_waits_is_changed(tmp_path: Path) -> None:
    async with queue(tmp_path, "one") as (core, task_id, ids):
        changed = await core.services.messages.update(ids["one"], "two", actor=ACTOR)
        assert changed.text == "two"
        await core.told(task_id, TurnEnded())
        [command] = await core.commands("deliver")
        assert command.payload["text"] == "two"
        [event] = await core.events("message.updated")
        assert event.data["text"] == "two"


async def test_a_message_that_waits_is_removed_and_its_event_keeps_the_text(tmp_path: Path) -> None:
    async with queue(tmp_path, "one", "two") as (core, task_id, ids):
        await core.services.messages.remove(ids["one"], actor=ACTOR)
        assert await texts(core, task_id) == ["two"]
        [event] = await core.events("message.removed")
        assert (event.data["id"], event.data["text"]) == (ids["one"], "one")


async def test_named_messages_are_ordered_in_the_places_they_have(tmp_path: Path) -> None:
    async with queue(tmp_path, "a", "b", "c", "d") as (core, task_id, ids):
        wanted = [ids["d"], ids["b"]]
        found = await core.services.messages.reorder(task_id, wanted, actor=ACTOR)
        assert [message.text for message in found] == ["a", "d", "c", "b"]
        [event] = await core.events("message.reordered")
        assert event.data["ids"] == [message.id for message in found]
        assert await texts(core, task_id) == ["a", "d", "c", "b"]


async def test_the_order_they_have_is_no_event(tmp_path: Path) -> None:
    async with queue(tmp_path, "a", "b") as (core, task_id, ids):
        await core.services.messages.reorder(task_id, [ids["a"], ids["b"]], actor=ACTOR)
        assert await core.events("message.reordered") == []


async def test_a_message_of_another_task_or_named_twice_is_refused(tmp_path: Path) -> None:
    async with queue(tmp_path, "a") as (core, task_id, ids):
        other = await core.running()
        with pytest.raises(NotFound, match="The task has no message"):
            await core.services.messages.reorder(other.id, [ids["a"]], actor=ACTOR)
        with pytest.raises(BadInput, match="named once"):
            await core.services.messages.reorder(task_id, [ids["a"], ids["a"]], actor=ACTOR)
        with pytest.raises(NotFound, match="no message with the id 'x'"):
            await core.services.messages.remove("x", actor=ACTOR)


async def test_what_is_being_given_cannot_be_touched(tmp_path: Path) -> None:
    async with queue(tmp_path, "one", "two") as (core, task_id, ids):
        await core.told(task_id, TurnEnded())
        with pytest.raises(Conflict, match="being given to the agent and cannot be changed any more"):
            await core.services.messages.update(ids["one"], "other", actor=ACTOR)
        [command] = await core.commands("deliver")
        await core.report(CommandDelayed(command.seq, "BUSY", "A dialog is open."))
        with pytest.raises(Conflict, match="which has to wait: A dialog is open"):
            await core.services.messages.remove(ids["one"], actor=ACTOR)
        await core.services.messages.remove(ids["two"], actor=ACTOR)


async def test_what_was_given_cannot_be_touched(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        [message] = await core.messages(task.id)
        with pytest.raises(Conflict, match="is delivered; only one that is still queued can be changed"):
            await core.services.messages.update(message.id, "other", actor=ACTOR)


@pytest.mark.parametrize(
    ("sent", "taken", "same"),
    [
        ("Fix it", "Fix it", True),
        ("  Fix\n it ", "Fix it", True),
        ("Fix it", "ultrathink Fix it", True),
        ("Fix it", "Fix that", False),
        ("", "anything", False),
    ],
)
def test_an_accepted_prompt_is_recognised(sent: str, taken: str, same: bool) -> None:
    assert same_text(sent, taken) is same
