"""chorus permissions …"""

from __future__ import annotations

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, show_json, show_table, with_client
from chorus.errors import Conflict, NotFound
from chorus.model import PermissionScope

_FIELDS = "id toolName toolInput summary state createdAt decidedBy message task { id title }"


@click.group()
def permissions() -> None:
    """See and answer what agents ask. REQUEST is an id or the unique beginning of one."""


@permissions.command("list")
@click.option("--all", "everything", is_flag=True, help="Answered ones as well.")
@json_option
@with_client
def list_requests(client: Client, everything: bool, as_json: bool) -> None:
    """List open requests, oldest first."""
    state = None if everything else "PENDING"
    document = f"query($state: PermissionState) {{ permissionRequests(state: $state) {{ {_FIELDS} }} }}"
    found = client.query(document, state=state)["permissionRequests"]
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"][:8], one["state"], one["task"]["title"][:40], one["toolName"], one["summary"])
        for one in found
    ]
    show_table(("ID", "STATE", "TASK", "TOOL", "WHAT"), rows)


def _answer(
    client: Client, name: str, decision: str, message: str | None, scope: str, interrupt: bool
) -> None:
    open_ones = client.query("{ permissionRequests { id } }")["permissionRequests"]
    found = [one["id"] for one in open_ones if one["id"].startswith(name)]
    if len(found) > 1:
        raise Conflict(f"{name!r} is the beginning of {len(found)} requests; give more of the id.")
    if not found and len(name) < 32:
        raise NotFound(f"There is no open request {name!r}; `chorus permissions list` shows them.")
    document = """mutation($id: ID!, $decision: PermissionDecision!, $message: String,
        $scope: PermissionScope, $interrupt: Boolean) {
      respondToPermission(id: $id, decision: $decision, message: $message, scope: $scope,
        interrupt: $interrupt) { id state summary } }"""
    answered = client.query(
        document,
        id=found[0] if found else name,
        decision=decision,
        message=message,
        scope=scope,
        interrupt=interrupt,
    )["respondToPermission"]
    show_table(("ID", "STATE", "WHAT"), [(answered["id"], answered["state"], answered["summary"])])


_scope = click.option(
    "--scope",
    type=click.Choice([*PermissionScope], case_sensitive=False),
    default="ONCE",
    show_default=True,
    help="How far the answer reaches.",
)


@permissions.command()
@click.argument("name", metavar="REQUEST")
@_scope
@with_client
def allow(client: Client, name: str, scope: str) -> None:
    """Allow it."""
    _answer(client, name, "ALLOW", None, scope, False)


@permissions.command()
@click.argument("name", metavar="REQUEST")
@click.option("-m", "--message", help="Why; the agent is told.")
@click.option("--interrupt", is_flag=True, help="End the agent's turn as well.")
@_scope
@with_client
def deny(client: Client, name: str, message: str | None, interrupt: bool, scope: str) -> None:
    """Deny it."""
    _answer(client, name, "DENY", message, scope, interrupt)


COMMANDS = (permissions,)
