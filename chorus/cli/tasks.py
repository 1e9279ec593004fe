"""chorus task …, chorus attach."""

from __future__ import annotations

import os
import shlex
import uuid
from typing import Any

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, printable, show_json, show_table, with_client
from chorus.errors import Conflict, NotFound
from chorus.model import TaskStatus

#: What is asked of a task where one line of it is shown.
LINE = "id title status agentStatus activity waitingFor branch priority createdAt project { name }"


@click.group()
def task() -> None:
    """Create, start, steer and finish tasks. TASK is an id or the unique beginning of one."""


def find_task(client: Client, name: str) -> str:
    """The id of a task from an id or the unique beginning of one."""
    if client.query("query($id: ID!) { task(id: $id) { id } }", id=name)["task"]:
        return name
    document = """query($after: String) { tasks(first: 100, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }"""
    found: list[str] = []
    after, more = None, bool(name)
    while more:
        page = client.query(document, after=after)["tasks"]
        found += [edge["node"]["id"] for edge in page["edges"] if edge["node"]["id"].startswith(name)]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    if not found:
        raise NotFound(f"There is no task {name!r}; `chorus task list` shows what there is.")
    if len(found) > 1:
        raise Conflict(f"{name!r} is the beginning of {len(found)} tasks; give more of the id.")
    return found[0]


@task.command()
@click.argument("title")
@click.option("-d", "--description", default="", help="What to do; the agent's first prompt.")
@click.option("--project", help="Project id, when there are several.")
@click.option("--agent", help="claude, or a name of [agents.NAME].")
@click.option("--vcs", help="VCS backend.")
@click.option("--session", help="Session backend.")
@click.option("--profile", help="Permission profile.")
@click.option("--priority", type=int, default=0)
@click.option("--budget", type=float, help="What it may cost, in US dollars.")
@click.option("--headless", is_flag=True, help="Without a terminal interface (run mode HEADLESS).")
@click.option("--start", is_flag=True, help="Start it at once.")
@json_option
@with_client
def new(
    client: Client,
    title: str,
    description: str,
    project: str | None,
    agent: str | None,
    vcs: str | None,
    session: str | None,
    profile: str | None,
    priority: int,
    budget: float | None,
    headless: bool,
    start: bool,
    as_json: bool,
) -> None:
    """Create a task."""
    fields = {
        "title": title,
        "description": description,
        "priority": priority,
        "projectId": project,
        "agent": agent,
        "vcsBackend": vcs,
        "sessionBackend": session,
        "permissionProfile": profile,
        "budgetUsd": budget,
        "runMode": "HEADLESS" if headless else "INTERACTIVE",
        "clientMutationId": uuid.uuid4().hex,
    }
    document = f"mutation($input: CreateTaskInput!) {{ createTask(input: $input) {{ {LINE} }} }}"
    made = client.query(document, input=fields)["createTask"]
    if start:
        made = client.query(f"mutation($id: ID!) {{ startTask(id: $id) {{ {LINE} }} }}", id=made["id"])[
            "startTask"
        ]
    show_line(made, as_json)


@task.command("list")
@click.option("--status", multiple=True, type=click.Choice([*TaskStatus], case_sensitive=False))
@click.option("--search", help="Words of the title or description.")
@click.option("--first", type=click.IntRange(1, 100), default=50, show_default=True)
@json_option
@with_client
def list_tasks(
    client: Client, status: tuple[str, ...], search: str | None, first: int, as_json: bool
) -> None:
    """List tasks, newest first."""
    document = f"""query($status: [TaskStatus!], $search: String, $first: Int) {{
      tasks(status: $status, search: $search, first: $first) {{
        totalCount edges {{ node {{ {LINE} }} }} }} }}"""
    page = client.query(document, status=list(status) or None, search=search, first=first)["tasks"]
    found = [edge["node"] for edge in page["edges"]]
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"][:8], one["status"], one["agentStatus"], one["title"][:60], _doing(one)) for one in found
    ]
    show_table(("ID", "STATUS", "AGENT", "TITLE", "ACTIVITY"), rows)
    if page["totalCount"] > len(found):
        click.echo(f"({page['totalCount'] - len(found)} more)")


def _doing(found: dict[str, Any]) -> str | None:
    waits = found["status"] == TaskStatus.WAITING
    return f"Waits for {found['waitingFor']}" if waits else found["activity"]


def show_line(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    branch = f" on {found['branch']}" if found["branch"] else ""
    click.echo(
        printable(f"{found['id']}  {found['status']}/{found['agentStatus']}{branch}  {found['title']}")
    )
    if found["status"] == TaskStatus.WAITING:
        click.echo(printable(f"It waits for {found['waitingFor']}."))


def _act(client: Client, mutation: str, name: str, **more: Any) -> dict[str, Any]:
    """Call a mutation that takes a task and gives it back."""
    argument = "taskId" if mutation in ("interruptAgent", "restartAgent") else "id"
    kinds = {
        "prompt": "String",
        "fresh": "Boolean",
        "result": "String",
        "reason": "String!",
        "deleteBranch": "Boolean",
    }
    declared = "".join(f", ${key}: {kinds[key]}" for key in more)
    passed = "".join(f", {key}: ${key}" for key in more)
    document = f"mutation($id: ID!{declared}) {{ {mutation}({argument}: $id{passed}) {{ {LINE} }} }}"
    result: dict[str, Any] = client.query(document, id=find_task(client, name), **more)[mutation]
    return result


@task.command()
@click.argument("name", metavar="TASK")
@click.option("--prompt", help="The first prompt, instead of the description.")
@json_option
@with_client
def start(client: Client, name: str, prompt: str | None, as_json: bool) -> None:
    """Give the task its branch, session and agent."""
    show_line(_act(client, "startTask", name, prompt=prompt), as_json)


@task.command()
@click.argument("name", metavar="TASK")
@click.argument("text")
@json_option
@with_client
def send(client: Client, name: str, text: str, as_json: bool) -> None:
    """Say something to the agent: now, when it is free, or with a new run when it has stopped."""
    document = """mutation($id: ID!, $text: String!, $key: String) {
      sendMessage(taskId: $id, text: $text, clientMutationId: $key) { id state text author createdAt } }"""
    key = uuid.uuid4().hex
    message = client.query(document, id=find_task(client, name), text=text, key=key)["sendMessage"]
    if as_json:
        show_json(message)
    else:
        click.echo(f"{message['id']}  {message['state']}")


@task.command()
@click.argument("name", metavar="TASK")
@json_option
@with_client
def interrupt(client: Client, name: str, as_json: bool) -> None:
    """End the agent's turn; the agent stays."""
    show_line(_act(client, "interruptAgent", name), as_json)


@task.command()
@click.argument("name", metavar="TASK")
@click.option("--prompt", help="What to say to the new agent.")
@click.option("--fresh", is_flag=True, help="Begin a new conversation.")
@json_option
@with_client
def restart(client: Client, name: str, prompt: str | None, fresh: bool, as_json: bool) -> None:
    """End the agent's process and start a new one in the same conversation."""
    show_line(_act(client, "restartAgent", name, prompt=prompt, fresh=fresh), as_json)


@task.command()
@click.argument("name", metavar="TASK")
@click.option("--result", help="What came of it.")
@json_option
@with_client
def complete(client: Client, name: str, result: str | None, as_json: bool) -> None:
    """Call the work done: end the session, keep the branch."""
    show_line(_act(client, "completeTask", name, result=result), as_json)


@task.command()
@click.argument("name", metavar="TASK")
@click.argument("reason")
@click.option("--delete-branch", is_flag=True, help="Delete its branch as well.")
@json_option
@with_client
def fail(client: Client, name: str, reason: str, delete_branch: bool, as_json: bool) -> None:
    """Give the task up; its branch is kept unless you say otherwise."""
    show_line(_act(client, "failTask", name, reason=reason, deleteBranch=delete_branch), as_json)


@task.command()
@click.argument("name", metavar="TASK")
@click.argument("policy", type=click.Choice(["stack", "hold", "ask"], case_sensitive=False))
@json_option
@with_client
def resolve(client: Client, name: str, policy: str, as_json: bool) -> None:
    """Decide about changes that depend on another task's branch.

    stack puts the task's branch above the other one, hold tries again with every later commit.
    """
    document = f"""mutation($id: ID!, $policy: ConflictPolicy!) {{
      resolveConflict(taskId: $id, policy: $policy) {{ {LINE} }} }}"""
    found = client.query(document, id=find_task(client, name), policy=policy.upper())
    show_line(found["resolveConflict"], as_json)


@task.command()
@click.argument("name", metavar="TASK")
@with_client
def push(client: Client, name: str) -> None:
    """Push the task's branch, where its VCS backend can."""
    document = "mutation($id: ID!) { pushTask(id: $id) }"
    click.echo(client.query(document, id=find_task(client, name))["pushTask"])


@task.command()
@click.argument("name", metavar="TASK")
@with_client
def delete(client: Client, name: str) -> None:
    """Forget a pending or failed task."""
    document = "mutation($id: ID!) { deleteTask(id: $id) }"
    click.echo(client.query(document, id=find_task(client, name))["deleteTask"])


@click.command()
@click.argument("name", metavar="TASK")
@with_client
def attach(client: Client, name: str) -> None:
    """Join the task's terminal. Detach as in tmux (Ctrl-b d); Chorus goes on reading."""
    document = "query($id: ID!) { task(id: $id) { attachCommand } }"
    line = client.query(document, id=find_task(client, name))["task"]["attachCommand"]
    if line is None:
        raise Conflict("The task has no terminal: start it first.")
    argv = shlex.split(line)
    # Inside somebody's own tmux the variable would make tmux refuse to attach to another server.
    env = {name: value for name, value in os.environ.items() if name != "TMUX"}
    os.execvpe(argv[0], argv, env)


COMMANDS = (task, attach)
