"""chorus project …"""

from __future__ import annotations

from pathlib import Path

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, show_json, show_table, with_client
from chorus.errors import Conflict, NotFound

_SET_UP = """mutation($id: ID!, $vcs: String!, $consent: Boolean!) {
  setUpProject(id: $id, vcsBackend: $vcs, consent: $consent) }"""


@click.group()
def project() -> None:
    """Add repositories and set them up. PROJECT is an id, the unique beginning of one, or a name."""


def find_project(client: Client, name: str) -> str:
    projects = client.query("{ projects { id name } }")["projects"]
    found = [one["id"] for one in projects if one["id"].startswith(name) or one["name"] == name]
    if not found:
        raise NotFound(f"There is no project {name!r}; `chorus project list` shows what there is.")
    if len(found) > 1:
        raise Conflict(f"{name!r} means {len(found)} projects; give more of the id.")
    return str(found[0])


@project.command("list")
@json_option
@with_client
def list_projects(client: Client, as_json: bool) -> None:
    """List projects."""
    found = client.query("{ projects { id name path defaultBranch trusted } }")["projects"]
    if as_json:
        show_json(found)
        return
    rows = [(one["id"][:8], one["name"], one["defaultBranch"], one["path"]) for one in found]
    show_table(("ID", "NAME", "BRANCH", "PATH"), rows)


@project.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it (default: the folder's name).")
@with_client
def add(client: Client, path: Path, name: str | None) -> None:
    """Register the repository at PATH."""
    document = """mutation($path: String!, $name: String) {
      addProject(input: {path: $path, name: $name}) { id } }"""
    click.echo(client.query(document, path=str(path.absolute()), name=name)["addProject"]["id"])


@project.command()
@click.argument("name", metavar="PROJECT")
@click.option("--vcs", default="gitbutler", show_default=True, help="VCS backend.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@with_client
def setup(client: Client, name: str, vcs: str, yes: bool) -> None:
    """Make a repository ready for a VCS backend that changes it, after saying what will change."""
    found = find_project(client, name)
    click.echo(client.query(_SET_UP, id=found, vcs=vcs, consent=False)["setUpProject"])
    if yes or click.confirm("Do that?"):
        client.query(_SET_UP, id=found, vcs=vcs, consent=True)
        click.echo("Done.")


@project.command()
@click.argument("name", metavar="PROJECT")
@click.option("--vcs", default="gitbutler", show_default=True, help="VCS backend.")
@with_client
def leave(client: Client, name: str, vcs: str) -> None:
    """Undo the set-up of a VCS backend; branches stay."""
    document = "mutation($id: ID!, $vcs: String!) { leaveProject(id: $id, vcsBackend: $vcs) { name } }"
    click.echo(client.query(document, id=find_project(client, name), vcs=vcs)["leaveProject"]["name"])


COMMANDS = (project,)
