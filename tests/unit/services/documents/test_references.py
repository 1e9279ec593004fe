"""What hosts report of document references: where they are now, and what agents were told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chorus.host.port import Pointed
from chorus.host.reports import ContextGiven, DocumentsChanged, Followed, ReferencesFollowed
from chorus.model import DocumentReference, GivenDocument
from chorus.model.context import Part
from chorus.services.documents.places import KEPT_CHARS
from chorus.services.documents.service import Target
from tests.support.services import Core, services

PATH = "docs/auth.md"
SECTION = Pointed(Part("", PATH, "v1", "## Tokens\n", 3, 5, "Tokens"), {"kind": "section", "slug": "tokens"})
GONE = Part("", PATH, problem="Its heading is gone.")


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        yield core


async def refer(core: Core, task_id: str, path: str = PATH) -> DocumentReference:
    core.host.points[path] = replace(SECTION, part=replace(SECTION.part, path=path))
    return await core.services.documents.refer(task_id, path, Target("tokens"), actor="ada")


async def kept(core: Core, task_id: str) -> DocumentReference:
    """Return the only reference of a task as it is on record."""
    (attached,) = await core.services.control.attached(task_id, "c1")
    assert attached.reference is not None
    return attached.reference


async def follow(core: Core, *found: Followed) -> None:
    await core.report(ReferencesFollowed(found))


async def data(core: Core, kind: str) -> list[dict[str, Any]]:
    return [dict(event.data) for event in await core.events(kind)]


async def updates(core: Core) -> int:
    """Return how often hosts have said that references of a task look different."""
    return sum(event.source == "host" for event in await core.events("task.updated"))


# --- where references are -------------------------------------------------------------------------------


async def test_a_reference_follows_its_part(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id)
    part = replace(SECTION.part, start_line=10, end_line=12, text="x" * (KEPT_CHARS + 1))
    anchor = {"kind": "section", "slug": "tokens", "near": "b"}
    await follow(core, Followed(reference, part, anchor))
    now = await kept(core, task.id)
    assert (now.start_line, now.end_line, now.anchor, now.stale) == (10, 12, anchor, False)
    assert now.was is not None
    assert (len(now.was.text), now.was.truncated) == (KEPT_CHARS, True)
    assert await updates(core) == 1


async def test_what_looks_the_same_is_kept_and_not_told(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id)
    same = Followed(reference, SECTION.part, SECTION.anchor)
    await follow(core, same)
    edited = replace(SECTION.part, text="## Tokens\nmore\n", version="v2")
    await follow(core, Followed(reference, edited, SECTION.anchor))
    now = await kept(core, task.id)
    assert now.was is not None
    assert now.was.version == "v2"
    assert await updates(core) == 0


async def test_a_part_that_is_gone_is_told_and_found_again(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id)
    for found in (GONE, GONE, SECTION.part):
        await follow(core, Followed(await kept(core, task.id), found, SECTION.anchor))
    now = await kept(core, task.id)
    assert (now.stale, now.problem, now.heading) == (False, None, "tokens")
    said = [(event["stale"], event["problem"]) for event in await data(core, "document.reference")]
    assert said == [(True, "Its heading is gone."), (False, None)]
    assert await updates(core) == 2
    assert now.id == reference.id


async def test_what_a_person_has_changed_meanwhile_is_left_as_it_is(core: Core) -> None:
    task, other = await core.new(), await core.new()
    asked, removed = await refer(core, task.id), await refer(core, other.id)
    core.host.points[PATH] = Pointed(
        Part("", PATH, "v1", "x", 1, 1, "Top"), {"kind": "section", "slug": "top"}
    )
    core.host.followed = [Followed(asked, GONE, {}, known=False)]
    await core.services.documents.change(asked.id, Target("top"), actor="ada")
    await core.services.documents.remove(removed.id, actor="ada")
    await follow(core, *(Followed(one, GONE, SECTION.anchor) for one in (asked, removed)))
    assert not (await kept(core, task.id)).stale
    assert await data(core, "document.reference") == []


async def test_nothing_is_known_of_a_document_that_could_not_be_read(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id)
    await follow(core, Followed(reference, GONE, {}, known=False))
    assert await kept(core, task.id) == replace(reference, text=None, version=None)


async def test_references_of_a_completed_task_are_not_followed(core: Core) -> None:
    done, goes_on = await core.running(), await core.running()
    await refer(core, done.id)
    reference = await refer(core, goes_on.id)
    await core.services.closing.complete(done.id, actor="ada")
    followed = await core.services.control.references(core.project.id)
    assert [one.id for one in followed] == [reference.id]


# --- changes of documents -----------------------------------------------------------------------------


async def test_a_change_is_told_with_the_tasks_it_concerns(core: Core) -> None:
    first, second = await core.new(), await core.new()
    for task in (first, second):
        await refer(core, task.id)
    await refer(core, first.id, "docs/other.md")
    changed = (("docs/other.md", "changed"), (PATH, "removed"), ("docs/new.md", "added"))
    await core.report(DocumentsChanged(core.project.id, changed))
    told = [(one["path"], one["change"], one["taskIds"]) for one in await data(core, "document.changed")]
    assert told == [
        ("docs/other.md", "changed", [first.id]),
        (PATH, "removed", sorted((first.id, second.id))),
        ("docs/new.md", "added", []),
    ]


# --- what agents were told ------------------------------------------------------------------------------


async def test_what_an_agent_was_told_counts_once_and_for_its_conversation(core: Core) -> None:
    task = await core.running()
    reference, run = await refer(core, task.id), await core.run(task.id)
    document = GivenDocument(reference.id, PATH, "Tokens", 3, 5, "v1", unchanged=False, problem=None)
    part = replace(SECTION.part, id=reference.id)
    given = ContextGiven("k1", task.id, run.id, None, "c1", [part], [document], ["One is too long."], [])
    await core.report(given)
    await core.report(given)
    (context,) = await core.services.documents.given(run.id)
    assert (context.documents, context.left_out) == ((document,), ("One is too long.",))
    (told,) = await data(core, "document.given")
    assert (told["documents"][0]["referenceId"], told["leftOut"]) == (reference.id, ["One is too long."])
    (here,) = await core.services.control.attached(task.id, "c1")
    (elsewhere,) = await core.services.control.attached(task.id, "c2")
    assert here.given == part
    assert elsewhere.given is None


async def test_a_context_that_says_nothing_new_is_on_record_and_not_told(core: Core) -> None:
    task = await core.running()
    run = await core.run(task.id)
    await core.report(ContextGiven("k1", task.id, run.id, "m1", "c1", [], [], [], []))
    assert len(await core.services.documents.given(run.id)) == 1
    assert await data(core, "document.given") == []
