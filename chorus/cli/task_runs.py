"""chorus task budget and take-over: what agents may take, and how they run."""

from __future__ import annotations

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, show_json, with_client
from chorus.cli.tasks import LINE, find_task

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


@click.command("take-over")
@click.argument("name", metavar="TASK")
@click.option("--headless", is_flag=True, help="Go on without a terminal interface; otherwise with one.")
@click.option("--interrupt", is_flag=True, help="Also when the agent is at work.")
@json_option
@with_client
def take_over(client: Client, name: str, headless: bool, interrupt: bool, as_json: bool) -> None:
    """Have the agent go on in its terminal, for you to attach to, or headless, in the same conversation."""
    document = f"""mutation($id: ID!, $mode: RunMode!, $interrupt: Boolean) {{
      switchRunMode(taskId: $id, mode: $mode, interrupt: $interrupt) {{ {LINE} runMode attachCommand }} }}"""
    mode = "HEADLESS" if headless else "INTERACTIVE"
    found = client.query(document, id=find_task(client, name), mode=mode, interrupt=interrupt)[
        "switchRunMode"
    ]
    if as_json:
        show_json(found)
        return
    click.echo(f"{found['id']}  {found['runMode']}  {found['attachCommand'] or ''}".rstrip())


COMMANDS = (budget, take_over)
