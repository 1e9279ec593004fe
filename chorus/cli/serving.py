"""chorus up, serve, login."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chorus.cli.client import Client
from chorus.cli.output import state_dir_option, state_folder
from chorus.errors import Unavailable

if TYPE_CHECKING:
    from chorus.settings import Settings


def _settings(path: Path, host: str | None, port: int | None, state_dir: Path | None) -> Settings:
    from chorus.settings import load_settings

    settings = load_settings(path, state_dir=state_dir)
    changes: dict[str, Any] = {}
    if host is not None:
        changes["host"] = host
    if port is not None:
        changes["port"] = port
    return replace(settings, server=replace(settings.server, **changes))


def _server_options(command: Any) -> Any:
    options = (
        click.argument("path", default=".", type=click.Path(path_type=Path)),
        click.option("--host", help="Address to listen on (default 127.0.0.1)."),
        click.option("--port", type=click.IntRange(0, 65535), help="Port (default 8420; 0 picks one)."),
        state_dir_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def run_server(settings: Settings, **options: Any) -> None:
    """`chorus.app.serve`, imported only here: it takes a second that other commands need not wait."""
    from chorus import app

    app.serve(settings, **options)


@click.command()
@_server_options
def serve(path: Path, host: str | None, port: int | None, state_dir: Path | None) -> None:
    """Serve, with the configuration of PATH. Agents outlive the server."""
    run_server(_settings(path, host, port, state_dir))


@click.command()
@_server_options
def up(path: Path, host: str | None, port: int | None, state_dir: Path | None) -> None:
    """Register the repository at PATH, serve, and print a login link.

    When a server runs already, it is given the repository and its link is printed.
    """
    settings = _settings(path, host, port, state_dir)
    running = running_server(settings.state_dir)
    if running is None:
        run_server(settings, project=path.absolute(), announce=click.echo)
        return
    document = "mutation($path: String!) { addProject(input: {path: $path}) { name path } }"
    project = running.query(document, path=str(path.absolute()))["addProject"]
    click.echo(f"{project['name']} ({project['path']}) is served by the Chorus that runs at {running.url}.")
    click.echo(f"Open {login_link(running)}")


@click.command()
@state_dir_option
def login(state_dir: Path | None) -> None:
    """Print a link that logs a browser in, once, within five minutes."""
    click.echo(login_link(Client.of(state_folder(state_dir))))


def login_link(client: Client) -> str:
    return str(client.post("/login/link", {})["url"])


def running_server(state_dir: Path) -> Client | None:
    """The server on this state directory, if one answers."""
    try:
        client = Client.of(state_dir)
        client.query("{ __typename }")
    except Unavailable:
        return None
    return client


COMMANDS = (serve, up, login)
