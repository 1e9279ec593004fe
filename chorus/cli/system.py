"""chorus plugins, events, schema, doctor."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, printable, show_json, show_table, state_dir_option, with_client
from chorus.errors import ChorusError
from chorus.model import Check, CheckState

_MARKS = {CheckState.OK: "ok  ", CheckState.WARNING: "note", CheckState.FAILED: "FAIL"}

_EVENT = "cursor at kind taskId source data"


@click.command()
@state_dir_option
@json_option
def plugins(state_dir: Path | None, as_json: bool) -> None:
    """List plugins: what they offer, or why they are switched off."""
    from chorus import plugins as loading
    from chorus.settings import load_settings

    infos = loading.load(load_settings(Path.cwd(), state_dir=state_dir)).infos
    if as_json:
        show_json([{name: getattr(info, name) for name in info.__slots__} for info in infos])
        return
    rows = [
        (info.name, info.version, "on" if info.enabled else "off", ", ".join(info.provides), info.error)
        for info in infos
    ]
    show_table(("NAME", "VERSION", "STATE", "PROVIDES", "PROBLEM"), rows)


@click.command()
@click.option("--follow", is_flag=True, help="Go on printing as things happen.")
@click.option("--after", help="Cursor to begin after (default: the whole log; with --follow: from now on).")
@click.option("--task", "task_id", help="Only of this task id.")
@json_option
@with_client
def events(client: Client, follow: bool, after: str | None, task_id: str | None, as_json: bool) -> None:
    """Print the event log, one event a line."""
    if follow:
        asyncio.run(_follow(client, after, task_id, as_json))
        return
    document = f"""query($after: Cursor, $task: ID) {{ events(after: $after, taskId: $task, first: 500) {{
      edges {{ node {{ {_EVENT} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    more = True
    while more:
        page = client.query(document, after=after, task=task_id)["events"]
        for edge in page["edges"]:
            _show_event(edge["node"], as_json)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


async def _follow(client: Client, after: str | None, task_id: str | None, as_json: bool) -> None:
    document = f"""subscription($after: Cursor, $task: ID) {{
      events(after: $after, taskId: $task) {{ {_EVENT} }} }}"""
    async for data in client.subscribe(document, after=after, task=task_id):
        _show_event(data["events"], as_json)
        sys.stdout.flush()


def _show_event(event: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(event, ensure_ascii=False))
        return
    data = json.dumps(event["data"], ensure_ascii=False)
    task = str(event["taskId"] or "-")[:8]
    click.echo(printable(f"{event['cursor']} {event['at']} {event['kind']} {task} {event['source']} {data}"))


@click.command()
@click.option(
    "--events", type=click.Choice(["markdown", "typescript"]), help="Print the kinds of events instead."
)
def schema(events: str | None) -> None:
    """Print the GraphQL schema."""
    # Imported here: it takes half a second that other commands need not wait.
    if events is not None:
        from chorus.cli import event_reference

        text = event_reference.markdown() if events == "markdown" else event_reference.typescript()
        click.echo(text, nl=False)
        return
    from chorus.graphql import schema as graphql_schema

    click.echo(graphql_schema.text(), nl=False)


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@state_dir_option
@json_option
def doctor(path: Path, state_dir: Path | None, as_json: bool) -> None:
    """Say what works here, what does not, and what to do about it."""
    from chorus import plugins as loading
    from chorus.host.doctor import run_doctor
    from chorus.settings import load_settings

    settings = load_settings(path, state_dir=state_dir)
    repository = str(path.absolute())
    checks = asyncio.run(run_doctor(loading.load(settings), settings.state_dir, [repository]))
    checks.append(_server(settings.state_dir))
    if as_json:
        show_json([asdict(check) for check in checks])
    else:
        for check in checks:
            advice = f" ({check.advice})" if check.advice else ""
            click.echo(printable(f"{_MARKS[check.state]}  {check.name}: {check.detail}{advice}"))
    if any(check.state is CheckState.FAILED for check in checks):
        raise click.exceptions.Exit(1)


def _server(state_dir: Path) -> Check:
    try:
        client = Client.of(state_dir)
        client.query("{ __typename }")
    except ChorusError as error:
        return Check("server", CheckState.WARNING, error.message)
    return Check("server", CheckState.OK, f"answers at {client.url}, state in {state_dir}")


COMMANDS = (plugins, events, schema, doctor)
