"""chorus docs …"""

from __future__ import annotations

from typing import Any

import click

from chorus.cli.client import Client
from chorus.cli.output import json_option, printable, show_json, show_table, with_client
from chorus.cli.tasks import find_task
from chorus.errors import BadInput, NotFound

_REFERENCE = """id path heading startLine endLine note stale problem version
  was { heading startLine endLine version text truncated }"""
_GIVEN = """id startedAt contexts { at messageId leftOut
  documents { path heading startLine endLine version unchanged problem } }"""


@click.group()
def docs() -> None:
    """List and read a project's documents, and refer tasks to them."""


_project = click.option("--project", help="Project id, when there are several.")
_section = click.option("--section", help="The slug of a heading (see `chorus docs show --outline`).")
_lines = click.option("--lines", nargs=2, type=int, metavar="FIRST LAST", help="A range of lines.")


# --- reading ----------------------------------------------------------------------------------------


@docs.command("list")
@click.argument("match", required=False)
@_project
@json_option
@with_client
def list_documents(client: Client, match: str | None, project: str | None, as_json: bool) -> None:
    """List documents; MATCH searches paths, titles and text."""
    document = """query($project: ID, $match: String) {
      documents(projectId: $project, match: $match) { path title provider size version fields } }"""
    found = client.query(document, project=project, match=match)["documents"]
    if as_json:
        show_json(found)
        return
    show_table(("PATH", "TITLE", "PROVIDER"), [(one["path"], one["title"], one["provider"]) for one in found])


@docs.command()
@click.argument("path")
@_section
@_lines
@click.option("--outline", is_flag=True, help="Print the headings instead.")
@_project
@json_option
@with_client
def show(
    client: Client,
    path: str,
    section: str | None,
    lines: tuple[int, int] | None,
    outline: bool,
    project: str | None,
    as_json: bool,
) -> None:
    """Print a document, a section of it, some of its lines, or its outline."""
    if (section is not None) + (lines is not None) + outline > 1:
        raise click.UsageError("Choose one of --section, --lines and --outline.")
    wanted, declared = "content", ""
    part: dict[str, object] = {}
    if outline:
        wanted = "outline { level text slug line }"
    if section is not None:
        wanted, declared, part = (
            "content: section(heading: $section)",
            ", $section: String!",
            {"section": section},
        )
    if lines is not None:
        wanted, declared = "content: lines(start: $start, end: $end)", ", $start: Int!, $end: Int!"
        part = {"start": lines[0], "end": lines[1]}
    found = _document(client, wanted, declared, project=project, path=path, **part)
    if as_json:
        show_json(found)
    elif outline:
        rows = [("#" * one["level"], one["text"], one["slug"], one["line"]) for one in found["outline"]]
        show_table(("LEVEL", "HEADING", "SLUG", "LINE"), rows)
    else:
        click.echo(printable(found["content"], lines=True), nl=not found["content"].endswith("\n"))


@docs.command()
@click.argument("path")
@_project
@json_option
@with_client
def tasks(client: Client, path: str, project: str | None, as_json: bool) -> None:
    """List the tasks that refer to a document."""
    found = _document(client, "tasks { id title status }", project=project, path=path)["tasks"]
    if as_json:
        show_json(found)
        return
    show_table(("ID", "STATUS", "TITLE"), [(one["id"][:8], one["status"], one["title"]) for one in found])


@docs.command()
@click.argument("task")
@json_option
@with_client
def given(client: Client, task: str, as_json: bool) -> None:
    """Show what each run of TASK was told of documents, in which version, and what was left out."""
    document = f"query($id: ID!) {{ task(id: $id) {{ runs {{ {_GIVEN} }} }} }}"
    runs = client.query(document, id=find_task(client, task))["task"]["runs"]
    if as_json:
        show_json(runs)
        return
    rows = []
    for run in runs:
        for context in run["contexts"]:
            before = f"message {context['messageId'][:8]}" if context["messageId"] else "first prompt"
            for one in context["documents"]:
                how = one["problem"] or ("unchanged" if one["unchanged"] else "given")
                rows.append((run["id"][:8], before, _place(one), (one["version"] or "")[:12], how))
            rows += [(run["id"][:8], before, "", "", one) for one in context["leftOut"]]
    show_table(("RUN", "BEFORE", "DOCUMENT", "VERSION", ""), rows)


def _document(client: Client, wanted: str, declared: str = "", **given: Any) -> dict[str, Any]:
    document = f"""query($project: ID, $path: String!{declared}) {{
      document(projectId: $project, path: $path) {{ {wanted} }} }}"""
    found: dict[str, Any] | None = client.query(document, **given)["document"]
    if found is None:
        raise NotFound(f"There is no document {given['path']!r}; `chorus docs list` shows what there is.")
    return found


def _place(one: dict[str, Any]) -> str:
    """Where a part is: `docs/auth.md#tokens 40-52`."""
    heading = f"#{one['heading']}" if one["heading"] else ""
    lines = f" {one['startLine']}-{one['endLine']}" if one["startLine"] else ""
    return f"{one['path']}{heading}{lines}"


# --- references -------------------------------------------------------------------------------------


@docs.group()
def reference() -> None:
    """What tasks refer to: given to their agents, and followed when the documents change."""


@reference.command("create")
@click.argument("task")
@click.argument("path")
@_section
@_lines
@click.option("--note", help="What it is for.")
@json_option
@with_client
def create_reference(
    client: Client,
    task: str,
    path: str,
    section: str | None,
    lines: tuple[int, int] | None,
    note: str | None,
    as_json: bool,
) -> None:
    """Give TASK the document at PATH, or a part of it, as context."""
    document = f"""mutation($input: AddDocumentReferenceInput!) {{
      addDocumentReference(input: $input) {{ {_REFERENCE} }} }}"""
    fields = {"taskId": find_task(client, task), "path": path, "note": note, **_target(section, lines)}
    _show_reference(client.query(document, input=fields)["addDocumentReference"], as_json)


@reference.command("list")
@click.argument("task")
@json_option
@with_client
def list_references(client: Client, task: str, as_json: bool) -> None:
    """List what TASK refers to, where it is now, and what is stale and why."""
    document = f"query($id: ID!) {{ task(id: $id) {{ references {{ {_REFERENCE} }} }} }}"
    found = client.query(document, id=find_task(client, task))["task"]["references"]
    if as_json:
        show_json(found)
        return
    rows = [(one["id"], _place(one), _standing(one), one["note"]) for one in found]
    show_table(("ID", "DOCUMENT", "STATE", "NOTE"), rows)


@reference.command("update")
@click.argument("id")
@_section
@_lines
@click.option("--whole", is_flag=True, help="The whole document.")
@click.option("--note", help="What it is for; an empty one removes the note.")
@json_option
@with_client
def update_reference(
    client: Client,
    id: str,
    section: str | None,
    lines: tuple[int, int] | None,
    whole: bool,
    note: str | None,
    as_json: bool,
) -> None:
    """Point a reference at another part of its document, or change its note."""
    document = f"""mutation($id: ID!, $input: UpdateDocumentReferenceInput!) {{
      updateDocumentReference(id: $id, input: $input) {{ {_REFERENCE} }} }}"""
    fields = {"whole": whole, "note": note, **_target(section, lines)}
    _show_reference(client.query(document, id=id, input=fields)["updateDocumentReference"], as_json)


@reference.command("delete")
@click.argument("id")
@with_client
def delete_reference(client: Client, id: str) -> None:
    """Detach a document from its task; an agent that was given it is told."""
    document = "mutation($id: ID!) { removeDocumentReference(id: $id) }"
    click.echo(client.query(document, id=id)["removeDocumentReference"])


def _target(section: str | None, lines: tuple[int, int] | None) -> dict[str, object]:
    if section is not None and lines is not None:
        raise BadInput("Refer to a section or to lines, not to both.")
    start, end = lines or (None, None)
    return {"heading": section, "startLine": start, "endLine": end}


def _standing(one: dict[str, Any]) -> str:
    """`ok`, or what is the matter and what it was."""
    if not one["stale"]:
        return one["problem"] or "ok"
    was = one["was"] or {}
    first = next((line.strip() for line in was.get("text", "").splitlines() if line.strip()), "")
    return f"stale: {one['problem']} It was “{first[:60]}”." if first else f"stale: {one['problem']}"


def _show_reference(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        click.echo(printable(f"{found['id']}  {_place(found)}  {_standing(found)}"))


COMMANDS = (docs,)
