"""chorus queue, chorus task move, chorus task unqueue: the tasks that wait to be started."""

from __future__ import annotations

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, show_json, show_table, with_client
from chorus.cli.tasks import LINE, find_task, show_line


@click.command("queue")
@json_option
@with_client
def start_queue(client: Client, as_json: bool) -> None:
    """List the tasks that wait to be started, the next one first."""
    found = client.query(f"{{ startQueue {{ {LINE} }} }}")["startQueue"]
    if as_json:
        show_json(found)
        return
    if not found:
        click.echo("No task waits to be started.")
        return
    rows = [
        (place, one["id"][:8], one["priority"], one["project"]["name"], one["title"][:50], one["waitingFor"])
        for place, one in enumerate(found, start=1)
    ]
    show_table(("#", "ID", "PRIORITY", "PROJECT", "TITLE", "WAITS FOR"), rows)


@click.command()
@click.argument("name", metavar="TASK")
@click.option("--before", metavar="TASK", help="Put it before this one; last without.")
@json_option
@with_client
def move(client: Client, name: str, before: str | None, as_json: bool) -> None:
    """Put a task that waits to be started before another one, or last."""
    document = f"""mutation($id: ID!, $before: ID) {{
      moveTask(id: $id, before: $before) {{ {LINE} }} }}"""
    other = None if before is None else find_task(client, before)
    show_line(client.query(document, id=find_task(client, name), before=other)["moveTask"], as_json)


@click.command()
@click.argument("name", metavar="TASK")
@json_option
@with_client
def unqueue(client: Client, name: str, as_json: bool) -> None:
    """Take a task that waits to be started out of the queue."""
    document = f"mutation($id: ID!) {{ unqueueTask(id: $id) {{ {LINE} }} }}"
    show_line(client.query(document, id=find_task(client, name))["unqueueTask"], as_json)


COMMANDS = (start_queue,)
TASK_COMMANDS = (move, unqueue)
