"""chorus task show, chorus task history: what a task is doing, did, waits for and changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, printable, show_fields, show_json, show_table, with_client
from chorus.cli.tasks import LINE, find_task

_ACTIVITY = "id at endedAt agentStatus activity source detail"

#: Activities that `task show` prints.
_LATEST = 5

_WHOLE = (
    LINE
    + f""" description agent sessionBackend vcsBackend permissionProfile statusSource statusSince
    worktree result error conflict attachCommand waitUntil
    addedLines removedLines changedFiles runMode costUsd inputTokens outputTokens budgetUsd
    runs {{ id mode startedAt endedAt end endDetail exitCode signal inputTokens outputTokens costUsd }}
    messages {{ id text state author createdAt error }}
    commits {{ id message author at files }}
    permissionRequests(state: PENDING) {{ id summary }}
    activities(first: {_LATEST}) {{ {_ACTIVITY} }}"""
)


@click.command()
@click.argument("name", metavar="TASK")
@click.option("--diff", is_flag=True, help="Print what it changed.")
@json_option
@with_client
def show(client: Client, name: str, diff: bool, as_json: bool) -> None:
    """Show what a task is doing, since when, how that is known, what it waits for, has cost and changed."""
    fields = f"{_WHOLE} diff" if diff else _WHOLE
    document = f"query($id: ID!) {{ task(id: $id) {{ {fields} }} }}"
    found = client.query(document, id=find_task(client, name))["task"]
    if as_json:
        show_json(found)
        return
    _show_whole(found)
    if diff:
        click.echo("\n" + printable(found["diff"], lines=True))


def _show_whole(found: dict[str, Any]) -> None:
    show_fields(
        {
            "id": found["id"],
            "title": found["title"],
            "project": found["project"]["name"],
            "status": found["status"],
            "agent": f"{found['agent']} ({found['runMode'].lower()}), profile {found['permissionProfile']}",
            "doing": _doing(found),
            "since": _since(found),
            "known from": found["statusSource"],
            "waits for": found["waitingFor"],
            "cost": _cost(found),
            "changed": _changed(found),
            "branch": found["branch"],
            "folder": found["worktree"],
            "attach": found["attachCommand"],
            "result": found["result"],
            "error": found["error"],
            "conflict": found["conflict"],
        }
    )
    for line in (*_runs(found), *_messages(found), *_commits(found), *_activities(found)):
        click.echo(printable(line))


def _doing(found: dict[str, Any]) -> str:
    return f"{found['agentStatus']}: {found['activity']}" if found["activity"] else found["agentStatus"]


def _since(found: dict[str, Any]) -> str | None:
    since = found["statusSince"]
    return f"{_time(since)} UTC, for {age(since)}" if since else None


def _cost(found: dict[str, Any]) -> str | None:
    """Nothing before anything is known."""
    if found["inputTokens"] is None and found["budgetUsd"] is None:
        return None
    of = f" of {found['budgetUsd']:.2f}" if found["budgetUsd"] is not None else ""
    tokens = f"{found['inputTokens'] or 0:,} tokens in, {found['outputTokens'] or 0:,} out"
    return f"${found['costUsd'] or 0:.2f}{of} ({tokens})"


def _runs(found: dict[str, Any]) -> Iterator[str]:
    for run in found["runs"]:
        yield f"run      {_time(run['startedAt'])}  {run['endDetail'] or 'alive'}"


def _messages(found: dict[str, Any]) -> Iterator[str]:
    for message in found["messages"]:
        yield f"message  {message['state']:9} {message['author']}: {_first_line(message['text'], 80)}"


def _commits(found: dict[str, Any]) -> Iterator[str]:
    for commit in found["commits"]:
        yield f"commit   {commit['id'][:10]} {_first_line(commit['message'], 100)}"


def _activities(found: dict[str, Any]) -> Iterator[str]:
    for one in reversed(found["activities"]):
        yield f"activity {_time(one['at'])}  {one['agentStatus']:8} {one['activity'] or ''}"


def _time(moment: str) -> str:
    return moment[:19].replace("T", " ")


def _first_line(text: str, most: int) -> str:
    return (text.strip().splitlines() or [""])[0][:most]


def _changed(found: dict[str, Any]) -> str | None:
    """What is on its branch, in numbers."""
    if found["changedFiles"] is None:
        return None
    files = "1 file" if found["changedFiles"] == 1 else f"{found['changedFiles']} files"
    return (
        f"{files}, +{found['addedLines']} -{found['removedLines']} lines in {len(found['commits'])} commits"
    )


def age(since: str) -> str:
    """How long ago a moment was, in the two largest units."""
    seconds = max(int((datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()), 0)
    return length(seconds)


def length(seconds: float) -> str:
    """A duration for a person: 5 s, 3 min 20 s, 2 h 5 min, 4 d 1 h."""
    whole = int(seconds)
    for size, unit, part, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


@click.command()
@click.argument("name", metavar="TASK")
@click.option("--first", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--before", help="Go on before this activity (ID of the last one shown).")
@json_option
@with_client
def history(client: Client, name: str, first: int, before: str | None, as_json: bool) -> None:
    """List what the agent did, the newest first: when, for how long, and how that is known."""
    document = f"""query($id: ID!, $first: Int, $before: String) {{ task(id: $id) {{
      activities(first: $first, before: $before) {{ {_ACTIVITY} }} }} }}"""
    id = find_task(client, name)
    found = client.query(document, id=id, first=first, before=before)["task"]["activities"]
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"], _time(one["at"]), _lasted(one), one["agentStatus"], one["activity"], one["source"])
        for one in found
    ]
    show_table(("ID", "AT (UTC)", "FOR", "AGENT", "ACTIVITY", "KNOWN FROM"), rows)


def _lasted(activity: dict[str, Any]) -> str:
    if activity["endedAt"] is None:
        return f"{age(activity['at'])} so far"
    ended, began = datetime.fromisoformat(activity["endedAt"]), datetime.fromisoformat(activity["at"])
    return length((ended - began).total_seconds())


COMMANDS = (show, history)
