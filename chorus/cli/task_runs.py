"""chorus task budget …: what agents may take."""

from __future__ import annotations

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, show_json, with_client
from chorus.cli.tasks import find_task

_COST = "id costUsd budgetUsd inputTokens outputTokens"


@click.command()
@click.argument("name", metavar="TASK")
@click.argument("usd", type=click.FloatRange(min=0, min_open=True), required=False)
@click.option("--none", "without", is_flag=True, help="Take the limit away.")
@json_option
@with_client
def budget(client: Client, name: str, usd: float | None, without: bool, as_json: bool) -> None:
    """Show or set what a task may cost, in US dollars; its agent is given no prompt beyond that."""
    id = find_task(client, name)
    if usd is not None or without:
        document = f"""mutation($id: ID!, $usd: Float) {{
          updateTask(id: $id, input: {{ budgetUsd: $usd }}) {{ {_COST} }} }}"""
        found = client.query(document, id=id, usd=None if without else usd)["updateTask"]
    else:
        found = client.query(f"query($id: ID!) {{ task(id: $id) {{ {_COST} }} }}", id=id)["task"]
    if as_json:
        show_json(found)
        return
    limit = "no budget" if found["budgetUsd"] is None else f"of ${found['budgetUsd']:.2f}"
    click.echo(f"{found['id']}  ${found['costUsd'] or 0:.4f} {limit}")


COMMANDS = (budget,)
