"""chorus task queue …: the messages that wait for a task's agent."""

from __future__ import annotations

from typing import Any

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, printable, show_json, show_table, with_client
from chorus.cli.tasks import find_task
from chorus.errors import Conflict, NotFound

_MESSAGE = "id text state author createdAt"

#: A longer number is the beginning of an id.
_PLACE_DIGITS = 3


class _QueueGroup(click.Group):
    """`queue TASK` is short for `queue list TASK`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["list", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_QueueGroup)
def queue() -> None:
    """See and change what waits for the agent: `queue TASK` lists it.

    MESSAGE is its place in the list (1 is the next one) or the beginning of its id.
    """


def _queued(client: Client, task: str) -> list[dict[str, Any]]:
    document = f"query($id: ID!) {{ task(id: $id) {{ messages {{ {_MESSAGE} }} }} }}"
    messages = client.query(document, id=task)["task"]["messages"]
    return [one for one in messages if one["state"] == "QUEUED"]


def _find(messages: list[dict[str, Any]], name: str) -> str:
    """The id of a queued message from its place or the unique beginning of its id."""
    if name.isdigit() and len(name) <= _PLACE_DIGITS:
        if 0 < int(name) <= len(messages):
            return str(messages[int(name) - 1]["id"])
        raise NotFound(f"There is no message {name} in the queue; it has {len(messages)}.")
    found = [one["id"] for one in messages if name and one["id"].startswith(name)]
    if not found:
        raise NotFound(f"There is no queued message {name!r}; `chorus task queue TASK` shows what there is.")
    if len(found) > 1:
        raise Conflict(f"{name!r} is the beginning of {len(found)} messages; give more of the id.")
    return str(found[0])


@queue.command("list")
@click.argument("name", metavar="TASK")
@json_option
@with_client
def list_queue(client: Client, name: str, as_json: bool) -> None:
    """List the queued messages, the next one first."""
    _show(_queued(client, find_task(client, name)), as_json)


def _show(messages: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(messages)
        return
    if not messages:
        click.echo("Nothing is queued.")
        return
    rows = [
        (place, one["id"][:8], one["createdAt"][:19], one["author"], one["text"].strip().splitlines()[0][:80])
        for place, one in enumerate(messages, start=1)
    ]
    show_table(("#", "ID", "SAID AT (UTC)", "BY", "TEXT"), rows)


@queue.command()
@click.argument("name", metavar="TASK")
@click.argument("message")
@click.argument("text")
@json_option
@with_client
def edit(client: Client, name: str, message: str, text: str, as_json: bool) -> None:
    """Change what a queued message says."""
    id = _find(_queued(client, find_task(client, name)), message)
    document = f"""mutation($id: ID!, $text: String!) {{
      updateMessage(id: $id, text: $text) {{ {_MESSAGE} }} }}"""
    changed = client.query(document, id=id, text=text)["updateMessage"]
    if as_json:
        show_json(changed)
    else:
        click.echo(printable(f"{changed['id']}  {changed['state']}"))


@queue.command()
@click.argument("name", metavar="TASK")
@click.argument("message")
@with_client
def remove(client: Client, name: str, message: str) -> None:
    """Take a queued message away."""
    id = _find(_queued(client, find_task(client, name)), message)
    click.echo(client.query("mutation($id: ID!) { removeMessage(id: $id) }", id=id)["removeMessage"])


@queue.command()
@click.argument("name", metavar="TASK")
@click.argument("message")
@click.option("--before", metavar="MESSAGE", help="Put it before this one; last without.")
@json_option
@with_client
def move(client: Client, name: str, message: str, before: str | None, as_json: bool) -> None:
    """Put a queued message before another one, or last."""
    task = find_task(client, name)
    messages = _queued(client, task)
    moved = _find(messages, message)
    ids = [one["id"] for one in messages if one["id"] != moved]
    other = _find(messages, before) if before is not None else None
    if other == moved:
        raise Conflict("A message cannot be put before itself.")
    ids.insert(ids.index(other) if other is not None else len(ids), moved)
    document = f"""mutation($task: ID!, $ids: [ID!]!) {{
      reorderMessages(taskId: $task, ids: $ids) {{ {_MESSAGE} }} }}"""
    _show(client.query(document, task=task, ids=ids)["reorderMessages"], as_json)


COMMANDS = (queue,)
