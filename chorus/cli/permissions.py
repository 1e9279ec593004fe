"""chorus permissions …"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, printable, show_fields, show_json, show_table, with_client
from chorus.cli.permission_rules import rules
from chorus.errors import BadInput, Conflict, NotFound
from chorus.model import AfterPlan, PermissionScope

_FIELDS = """id toolName toolInput summary state scope createdAt decidedAt decidedBy message answers
  afterPlan agentRef task { id title }"""


@click.group()
def permissions() -> None:
    """See and answer what agents ask. REQUEST is an id or the unique beginning of one."""


permissions.add_command(rules)


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


@permissions.command()
@click.argument("name", metavar="REQUEST")
@json_option
@with_client
def show(client: Client, name: str, as_json: bool) -> None:
    """Show a request in full: the command, the change to a file, the question."""
    document = f"{{ permissionRequests(state: null) {{ {_FIELDS} detail patterns planOptions expiresAt }} }}"
    known = client.query(document)["permissionRequests"]
    id = _find(known, name)
    found = next((one for one in known if one["id"] == id), None)
    if found is None:
        raise NotFound(f"There is no request {name!r}.")
    if as_json:
        show_json(found)
        return
    show_fields(
        {
            "id": found["id"],
            "task": f"{found['task']['title']} ({found['task']['id'][:8]})",
            "tool": found["toolName"],
            "state": found["state"],
            "asked": found["createdAt"],
            "decided by": found["decidedBy"],
            "message": found["message"],
            "until": found["expiresAt"],
            "goes on": _words(found["afterPlan"]) if found["afterPlan"] else None,
            "--after-plan": " or ".join(_words(one) for one in found["planOptions"]),
            "could be remembered": ", ".join(found["patterns"]),
        }
    )
    click.echo()
    click.echo(printable(found["detail"], lines=True))


@permissions.command()
@json_option
@with_client
def profiles(client: Client, as_json: bool) -> None:
    """List the permission profiles a task may have."""
    document = "{ permissionProfiles { name mode allow deny builtIn timeoutSeconds onTimeout } }"
    found = client.query(document)["permissionProfiles"]
    if as_json:
        show_json(found)
        return
    rows = [
        (one["name"], one["mode"], ", ".join(one["allow"]), ", ".join(one["deny"]), _timeout(one))
        for one in found
    ]
    show_table(("NAME", "MODE", "ALLOWS", "REFUSES", "UNANSWERED"), rows)


def _timeout(profile: Mapping[str, Any]) -> str:
    if profile["timeoutSeconds"] is None or profile["onTimeout"] == "WAIT":
        return "waits"
    words = {"DENY": "denied", "ALLOW": "allowed"}[profile["onTimeout"]]
    return f"{words} after {profile['timeoutSeconds']} s"


def _find(requests: Sequence[Mapping[str, Any]], name: str) -> str:
    """The id of an open request, or the whole id of one that may have been answered meanwhile."""
    found = [str(one["id"]) for one in requests if one["id"].startswith(name)]
    if len(found) > 1:
        raise Conflict(f"{name!r} is the beginning of {len(found)} requests; give more of the id.")
    if not found and len(name) < 32:
        raise NotFound(f"There is no open request {name!r}; `chorus permissions list` shows them.")
    return found[0] if found else name


_ONE = """mutation($id: ID!, $decision: PermissionDecision!, $message: String, $scope: PermissionScope,
    $interrupt: Boolean, $answers: JSON, $pattern: String, $afterPlan: AfterPlan) {
  respondToPermission(id: $id, decision: $decision, message: $message, scope: $scope,
    interrupt: $interrupt, answers: $answers, pattern: $pattern, afterPlan: $afterPlan) {
      id state summary } }"""
_MANY = """mutation($ids: [ID!]!, $decision: PermissionDecision!, $message: String,
    $scope: PermissionScope, $interrupt: Boolean) {
  respondToPermissions(ids: $ids, decision: $decision, message: $message, scope: $scope,
    interrupt: $interrupt) { id message request { state summary } } }"""

#: What only an answer to one request can have.
_SINGLE = ("pattern", "afterPlan")


def _words(choice: str) -> str:
    """A value of an enumeration as an option takes it."""
    return choice.lower().replace("_", "-")


def _answer(client: Client, names: Sequence[str], **answer: Any) -> None:
    open_ones = client.query("{ permissionRequests { id questions { text header } } }")["permissionRequests"]
    ids = [_find(open_ones, name) for name in names]
    given, single = answer.pop("answers", ()), {name: answer.pop(name, None) for name in _SINGLE}
    if len(ids) == 1:
        answers = _answers(open_ones, ids[0], given) if given else None
        one = client.query(_ONE, id=ids[0], answers=answers, **single, **answer)
        _show([one["respondToPermission"]])
        return
    if given or any(single.values()):
        raise BadInput("Answer one request at a time with --answer, --pattern or --after-plan.")
    outcomes = client.query(_MANY, ids=ids, **answer)["respondToPermissions"]
    _show([{"id": one["id"], **one["request"]} for one in outcomes if one["request"]])
    failed = [one for one in outcomes if not one["request"]]
    for one in failed:
        click.echo(f"chorus: {one['id'][:8]}: {printable(one['message'])}", err=True)
    if failed:
        sys.exit(1)


def _show(answered: Sequence[Mapping[str, Any]]) -> None:
    show_table(("ID", "STATE", "WHAT"), [(one["id"], one["state"], one["summary"]) for one in answered])


def _answers(
    requests: Sequence[Mapping[str, Any]], id: str, given: Sequence[str]
) -> Mapping[str, str | list[str]]:
    """`QUESTION=ANSWER` by the question's text or header; the answer alone when there is one question."""
    asked: Sequence[Mapping[str, Any]] = next((one["questions"] for one in requests if one["id"] == id), [])
    names = {str(one[key]) for one in asked for key in ("text", "header")}
    found: dict[str, list[str]] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not (mark and name in names):
            if len(asked) != 1:
                listed = "; ".join(str(one["text"]) for one in asked)
                raise BadInput(f"Write --answer QUESTION=ANSWER; it asks: {listed or 'nothing'}")
            name, value = str(asked[0]["text"]), text
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


_scope = click.option(
    "--scope",
    type=click.Choice([*PermissionScope], case_sensitive=False),
    default="ONCE",
    show_default=True,
    help="How far the answer reaches.",
)
_pattern = click.option("--pattern", help="What to remember beyond this very request: 'run(npm run:*)'.")
_names = click.argument("names", metavar="REQUEST...", nargs=-1, required=True)


@permissions.command()
@_names
@_scope
@_pattern
@click.option(
    "--answer",
    "answers",
    multiple=True,
    help="The answer to a question: ANSWER, or QUESTION=ANSWER when there are several.",
)
@click.option(
    "--after-plan",
    type=click.Choice([_words(one) for one in AfterPlan]),
    help="How the agent goes on with its plan.  [default: in the mode it was in before]",
)
@with_client
def allow(
    client: Client,
    names: Sequence[str],
    scope: str,
    pattern: str | None,
    answers: Sequence[str],
    after_plan: str | None,
) -> None:
    """Allow them, answer a question, or approve a plan."""
    after = after_plan.upper().replace("-", "_") if after_plan else None
    _answer(client, names, decision="ALLOW", scope=scope, pattern=pattern, answers=answers, afterPlan=after)


@permissions.command()
@_names
@click.option("-m", "--message", help="Why; the agent is told.")
@click.option("--interrupt", is_flag=True, help="End the agent's turn as well.")
@_scope
@_pattern
@with_client
def deny(
    client: Client,
    names: Sequence[str],
    message: str | None,
    interrupt: bool,
    scope: str,
    pattern: str | None,
) -> None:
    """Deny them."""
    _answer(
        client, names, decision="DENY", message=message, interrupt=interrupt, scope=scope, pattern=pattern
    )


COMMANDS = (permissions,)
