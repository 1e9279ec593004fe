"""chorus demo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from chorus.cli.client import Client
from chorus.cli.output import state_dir_option
from chorus.cli.serving import login_link, run_server, running_server
from chorus.demo import repository


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), help="Port (default 8420; 0 picks one).")
@state_dir_option
def demo(folder: Path | None, port: int | None, state_dir: Path | None) -> None:
    """Try Chorus: a scratch repository in FOLDER and three tasks by a scripted agent.

    The agent is a script that is labelled as a demo. One of its tasks asks for a permission: answer it.
    """
    from chorus.settings import load_settings

    settings = load_settings(state_dir=state_dir)
    if port is not None:
        settings = replace(settings, server=replace(settings.server, port=port))
    place = (folder or settings.state_dir / "demo").absolute()
    repository.create(place)
    running = running_server(settings.state_dir)
    if running is not None:
        start_tasks(running, place)
        click.echo(f"Three demo tasks work in {place}. Open {login_link(running)}")
        return

    def ready() -> None:
        start_tasks(Client.of(settings.state_dir), place)
        click.echo(f"Three demo tasks work in {place}.")

    run_server(settings, announce=click.echo, ready=ready)


def start_tasks(client: Client, place: Path) -> None:
    add = 'mutation($path: String!) { addProject(input: {path: $path, name: "Demo (scratch)"}) { id } }'
    project = client.query(add, path=str(place))["addProject"]["id"]
    create = "mutation($input: CreateTaskInput!) { createTask(input: $input) { id } }"
    start = "mutation($id: ID!) { startTask(id: $id) { id } }"
    for title, description in repository.TASKS:
        fields = {"projectId": project, "title": title, "description": description, "agent": "demo"}
        task = client.query(create, input=fields)["createTask"]["id"]
        client.query(start, id=task)


COMMANDS = (demo,)
