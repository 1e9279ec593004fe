"""What is done with documents over the public API, in words.

The scripted agent writes down every prompt it is given.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

from tests.support.live import Api, Server

GUIDE = """---
title: The Guide
tags: [setup, auth]
---
# Guide

Read me first.

## Tokens

Tokens live an hour.
They are signed by the wombat.

## Errors

Every answer has a code.

## Limits

One.
Two.
Three.
"""

REFERENCE = """id path heading startLine endLine note stale problem version text
  was { heading startLine endLine version text truncated }"""

CONTEXTS = """contexts { messageId leftOut
  documents { referenceId path heading startLine endLine version unchanged problem } }"""

RECORDER = """
import os, sys, pathlib
folder, run, prompt = sys.argv[1:]
pathlib.Path(folder, run).write_text(prompt)
"""


def agents(home: Path) -> str:
    """`recorder` writes its prompt to `prompts/RUN` and ends; each message is a new run of it.

    `again` continues its conversation, `forgetful` begins a new one.
    """
    (home / "prompts").mkdir()
    (home / "recorder.py").write_text(RECORDER)
    command = [sys.executable, str(home / "recorder.py"), str(home / "prompts"), "{run_id}", "{prompt}"]
    written = json.dumps(command)
    return (
        f"[agents.again]\ncommand = {written}\nresume = {written}\n[agents.forgetful]\ncommand = {written}\n"
    )


async def watched(api: Api, repo: Path) -> None:
    """Return when changes are told: a file is written again and again until one is."""
    cursor = await now(api)
    for number in range(40):
        (repo / "docs" / "probe.md").write_text(f"# Probe {number}\n")
        try:
            await event(api, cursor, "document.changed", within=0.5, path="docs/probe.md")
        except TimeoutError:
            continue
        break
    cursor = await now(api)
    (repo / "docs" / "probe.md").unlink()
    await event(api, cursor, "document.changed", path="docs/probe.md", change="deleted")


async def refer(api: Api, task: str, path: str, **fields: Any) -> dict[str, Any]:
    document = f"""mutation($input: AddDocumentReferenceInput!) {{
      addDocumentReference(input: $input) {{ {REFERENCE} }} }}"""
    found: dict[str, Any] = (await api.call(document, input={"taskId": task, "path": path, **fields}))[
        "addDocumentReference"
    ]
    return found


async def amend(api: Api, id: str, **fields: Any) -> dict[str, Any]:
    document = f"""mutation($id: ID!, $input: UpdateDocumentReferenceInput!) {{
      updateDocumentReference(id: $id, input: $input) {{ {REFERENCE} }} }}"""
    found: dict[str, Any] = (await api.call(document, id=id, input=fields))["updateDocumentReference"]
    return found


async def detach(api: Api, id: str) -> None:
    await api.call("mutation($id: ID!) { removeDocumentReference(id: $id) }", id=id)


async def references(api: Api, task: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.task(task, f"references {{ {REFERENCE} }}"))["references"]
    return found


async def contexts(api: Api, task: str) -> list[list[dict[str, Any]]]:
    """What each run was told."""
    return [run["contexts"] for run in (await api.task(task, f"runs {{ {CONTEXTS} }}"))["runs"]]


async def read(api: Api, project: str, path: str, fields: str) -> Any:
    document = f"query($p: ID, $path: String!) {{ document(projectId: $p, path: $path) {{ {fields} }} }}"
    return (await api.call(document, p=project, path=path))["document"]


async def task_of(api: Api, project: str, agent: str = "again") -> str:
    return await api.create("Read", projectId=project, agent=agent, description="Do it.")


async def told(api: Api, server: Server, task: str, text: str | None = None) -> str:
    """Start the task, or send it a message; the prompt as its agent got it."""
    if text is None:
        await api.start(task)
    else:
        await api.send(task, text)
    runs = len((await api.task(task))["runs"])
    done = await api.until(task, lambda one: len(one["runs"]) >= runs and one["runs"][-1]["end"])
    assert done["runs"][-1]["end"] == "FINISHED", done
    return Path(server.home, "prompts", done["runs"][-1]["id"]).read_text()


async def event(api: Api, after: str, kind: str, within: float = 20.0, **data: Any) -> dict[str, Any]:
    """The first event of a kind with these data after a cursor."""
    document = "subscription($after: Cursor) { events(after: $after) { kind taskId data } }"
    async with asyncio.timeout(within), aclosing(api.subscribe(document, after=after)) as events:
        async for one in events:
            found: dict[str, Any] = one["events"]
            if found["kind"] == kind and data.items() <= found["data"].items():
                return found
    raise AssertionError("the subscription ended")


async def now(api: Api) -> str:
    return str((await api.events())[-1]["cursor"])


async def edit(api: Api, path: Path, old: str, new: str) -> None:
    """Edit a document and wait until the change is told."""
    text = path.read_text()
    assert old in text
    cursor = await now(api)
    path.write_text(text.replace(old, new))
    await event(api, cursor, "document.changed", path=f"{path.parent.name}/{path.name}")


def elements(prompt: str, name: str) -> list[str]:
    """The elements of a context block, each with its attributes."""
    return re.findall(rf"<{name} .*?</{name}>\n", prompt, re.DOTALL)
