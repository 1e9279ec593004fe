"""chorus permissions rules …"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, show_json, show_table, state_dir_option, with_client
from chorus.cli.projects import find_project
from chorus.cli.tasks import find_task
from chorus.errors import BadInput, Conflict, NotFound

_FIELDS = """id scope decision toolName pattern toolInput summary author createdAt
  project { id name } task { id title }"""


@click.group(invoke_without_command=True)
@json_option
@state_dir_option
@click.pass_context
def rules(context: click.Context, /, **options: Any) -> None:
    """See and change what answers are remembered. RULE is an id or the unique beginning of one."""
    if context.invoked_subcommand is None:
        context.invoke(list_rules, task=None, project=None, **options)


@rules.command("list")
@click.option("--task", help="Those that apply to this task.")
@click.option("--project", help="Those of this project.")
@json_option
@with_client
def list_rules(client: Client, task: str | None, project: str | None, as_json: bool) -> None:
    """List the remembered rules, oldest first. Those that refuse win over those that allow."""
    found = _rules(
        client, find_task(client, task) if task else None, find_project(client, project) if project else None
    )
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"][:8], one["decision"], one["summary"], _reach(one), one["author"], one["createdAt"][:16])
        for one in found
    ]
    show_table(("ID", "DECISION", "WHAT", "WHERE", "BY", "SINCE"), rows)


def _rules(client: Client, task: str | None = None, project: str | None = None) -> list[dict[str, Any]]:
    document = f"""query($task: ID, $project: ID) {{
      permissionRules(taskId: $task, projectId: $project) {{ {_FIELDS} }} }}"""
    found: list[dict[str, Any]] = client.query(document, task=task, project=project)["permissionRules"]
    return found


def _reach(rule: Mapping[str, Any]) -> str:
    where = rule["task"]["title"][:30] if rule["task"] else rule["project"]["name"]
    return f"{rule['scope'].lower()} {where}"


@rules.command()
@click.argument("pattern")
@click.option("--deny", is_flag=True, help="Refuse what it covers; otherwise it is allowed.")
@click.option("--task", help="For this task; otherwise for the whole project.")
@click.option("--session", is_flag=True, help="For the present conversation of the task's agent only.")
@click.option("--project", help="Which project, when there are several.")
@json_option
@with_client
def add(
    client: Client,
    pattern: str,
    deny: bool,
    task: str | None,
    session: bool,
    project: str | None,
    as_json: bool,
) -> None:
    """Add a rule: a kind of tools ('fetch') or some uses ('run(npm run:*)', 'edit(docs/**)')."""
    if session and not task:
        raise BadInput("Say with --task whose conversation the rule is for.")
    if task and project:
        raise BadInput("A rule is for a task or for a project, not for both.")
    scope = "SESSION" if session else "TASK" if task else "PROJECT"
    fields = {
        "scope": scope,
        "toolName": pattern,
        "decision": "DENY" if deny else "ALLOW",
        "taskId": find_task(client, task) if task else None,
        "projectId": find_project(client, project) if project else None,
    }
    document = (
        f"mutation($input: PermissionRuleInput!) {{ addPermissionRule(input: $input) {{ {_FIELDS} }} }}"
    )
    rule = client.query(document, input=fields)["addPermissionRule"]
    if as_json:
        show_json(rule)
    else:
        row = (rule["id"], rule["decision"], rule["summary"], _reach(rule))
        show_table(("ID", "DECISION", "WHAT", "WHERE"), [row])


@rules.command()
@click.argument("names", metavar="RULE...", nargs=-1, required=True)
@with_client
def remove(client: Client, names: tuple[str, ...]) -> None:
    """Forget rules: what they decided is asked again."""
    known = _rules(client)
    ids = [_find(known, name) for name in names]
    for id in ids:
        client.query("mutation($id: ID!) { removePermissionRule(id: $id) }", id=id)
        click.echo(f"{id} is forgotten")


def _find(known: list[dict[str, Any]], name: str) -> str:
    found = [str(one["id"]) for one in known if one["id"].startswith(name)]
    if len(found) > 1:
        raise Conflict(f"{name!r} is the beginning of {len(found)} rules; give more of the id.")
    if not found:
        raise NotFound(f"There is no rule {name!r}; `chorus permissions rules` shows what there is.")
    return found[0]
