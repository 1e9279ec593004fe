"""References of tasks to documents: attached, changed and removed by people, within limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, NotFound
from chorus.host.port import Pointed
from chorus.host.reports import ContextGiven, Followed
from chorus.model import Document, DocumentReference, TaskStatus
from chorus.model.context import Part
from chorus.services.documents import service
from chorus.services.documents.service import NOTE_CHARS, Target
from tests.support.services import Core, services

PATH = "docs/auth.md"
WHOLE = Pointed(Part("", PATH, "v1", "all of it", 1, 9, whole=True), {"kind": "whole"})
SECTION = Pointed(Part("", PATH, "v1", "## Tokens\n", 3, 5, "Tokens"), {"kind": "section", "slug": "tokens"})
LINES = Pointed(Part("", PATH, "v1", "some lines\n", 2, 4), {"kind": "lines"})


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        yield core


async def refer(core: Core, task_id: str, pointed: Pointed = WHOLE, **said: str) -> DocumentReference:
    """Attach a part of a document, as the host finds it."""
    core.host.points[PATH] = pointed
    return await core.services.documents.refer(task_id, PATH, Target(), actor="ada", **said)


async def told(core: Core, reference: DocumentReference) -> None:
    """Tell the agent of the reference's task what it stands for."""
    run, part = await core.run(reference.task_id), Part(reference.id, PATH, "v1", "all of it")
    given = ContextGiven(reference.id, reference.task_id, run.id, None, "c1", [part], [], [], [])
    await core.report(given)


async def changes(core: Core, task_id: str) -> int:
    """Return how often people have changed the references of a task."""
    updated = await core.events("task.updated", task_id)
    return sum(event.data["fields"] == ["references"] and event.source == "ada" for event in updated)


# --- attaching ---------------------------------------------------------------------------------------


async def test_a_part_of_a_document_is_attached(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id, SECTION, note="  mind the clock ")
    assert (reference.path, reference.heading, reference.note) == (PATH, "tokens", "mind the clock")
    assert (reference.start_line, reference.end_line, reference.stale) == (3, 5, False)
    assert (reference.text, reference.version) == ("## Tokens\n", "v1")
    assert reference.was is not None
    assert (reference.was.heading, reference.was.truncated) == ("Tokens", False)
    assert await changes(core, task.id) == 1


async def test_the_same_part_again_is_the_reference_there_is(core: Core) -> None:
    task, other = await core.new(), await core.new()
    whole, section, lines = [await refer(core, task.id, pointed) for pointed in (WHOLE, SECTION, LINES)]
    assert len({whole.id, section.id, lines.id}) == 3
    for known, pointed in ((whole, WHOLE), (section, SECTION), (lines, LINES)):
        assert (await refer(core, task.id, pointed, note="another note")).id == known.id
    assert (await refer(core, other.id, WHOLE)).id != whole.id
    assert await changes(core, task.id) == 3


async def test_a_task_has_so_many_references_at_most(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_REFERENCES", 2)
    task = await core.new()
    first = await refer(core, task.id, WHOLE)
    await refer(core, task.id, SECTION)
    with pytest.raises(Conflict, match="2 parts of documents"):
        await refer(core, task.id, LINES)
    assert (await refer(core, task.id, WHOLE)).id == first.id, "one that is there is no new one"
    await core.services.documents.remove(first.id, actor="ada")
    await refer(core, task.id, LINES)


async def test_a_completed_task_keeps_its_references_as_they_were(core: Core) -> None:
    task = await core.running()
    reference = await refer(core, task.id)
    await core.services.closing.complete(task.id, actor="ada")
    assert (await core.task(task.id)).status is TaskStatus.COMPLETED
    with pytest.raises(Conflict, match="is completed"):
        await refer(core, task.id, SECTION)
    with pytest.raises(Conflict, match="is completed"):
        await core.services.documents.change(reference.id, None, note="x", actor="ada")


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (Target("tokens", 1, 2), "heading"),
        (Target(start_line=1), "startLine"),
        (Target(end_line=1), "startLine"),
        (Target(start_line=0, end_line=1), "startLine"),
        (Target(start_line=3, end_line=2), "startLine"),
    ],
)
async def test_a_target_that_is_none_is_refused(core: Core, target: Target, field: str) -> None:
    task = await core.new()
    core.host.points[PATH] = WHOLE
    with pytest.raises(BadInput) as found:
        await core.services.documents.refer(task.id, PATH, target, actor="ada")
    assert found.value.details == {"field": field}


async def test_notes_and_documents_that_are_none_are_refused(core: Core) -> None:
    task = await core.new()
    for note in ("x" * (NOTE_CHARS + 1), "bell \a"):
        with pytest.raises(BadInput):
            await refer(core, task.id, note=note)
    with pytest.raises(NotFound, match="no document"):
        await core.services.documents.refer(task.id, "nothing.md", Target(), actor="ada")
    with pytest.raises(NotFound, match="no task"):
        await refer(core, "nobody")
    assert (await refer(core, task.id, note="   ")).note is None


# --- changing ----------------------------------------------------------------------------------------


async def test_a_reference_is_put_at_another_part_and_keeps_its_note(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id, SECTION, note="mind the clock")
    core.host.points[PATH] = LINES
    core.host.followed = [Followed(reference, LINES.part, LINES.anchor)]
    lines = Target(start_line=2, end_line=4)
    shown = await core.services.documents.change(reference.id, lines, actor="ada")
    assert (shown.start_line, shown.text) == (2, "some lines\n")
    assert await changes(core, task.id) == 2
    (attached,) = await core.services.control.attached(task.id, "c1")
    kept = attached.reference
    assert kept is not None
    assert (kept.heading, kept.start_line, kept.end_line, kept.note) == (None, 2, 4, "mind the clock")
    assert kept.anchor == LINES.anchor


async def test_a_note_is_changed_and_taken_away(core: Core) -> None:
    task = await core.new()
    reference = await refer(core, task.id, SECTION)
    for note, kept in (("mind the clock", "mind the clock"), ("", None)):
        core.host.followed = [Followed(replace(reference, note=kept), SECTION.part, SECTION.anchor)]
        changed = await core.services.documents.change(reference.id, None, note=note, actor="ada")
        assert (changed.note, changed.heading) == (kept, "tokens")
    assert await changes(core, task.id) == 3
    await core.services.documents.change(reference.id, None, actor="ada")
    assert await changes(core, task.id) == 3, "nothing was changed"


# --- removing ----------------------------------------------------------------------------------------


async def test_a_reference_no_agent_was_told_of_is_gone_at_once(core: Core) -> None:
    task = await core.running()
    reference = await refer(core, task.id)
    assert await core.services.documents.remove(reference.id, actor="ada") == reference.id
    assert await core.services.documents.references(task) == []
    assert await core.services.control.attached(task.id, "c1") == []
    with pytest.raises(NotFound, match="no document reference"):
        await core.services.documents.remove(reference.id, actor="ada")


async def test_an_agent_is_told_that_a_reference_was_removed(core: Core) -> None:
    task = await core.running()
    reference = await refer(core, task.id)
    await told(core, reference)
    await core.services.documents.remove(reference.id, actor="ada")
    assert await core.services.documents.references(task) == []
    (attached,) = await core.services.control.attached(task.id, "c1")
    assert (attached.id, attached.reference) == (reference.id, None)
    assert attached.given is not None
    for gone in (
        core.services.documents.remove(reference.id, actor="ada"),
        core.services.documents.change(reference.id, None, note="x", actor="ada"),
    ):
        with pytest.raises(NotFound, match="no document reference"):
            await gone
    run = await core.run(task.id)
    await core.report(ContextGiven("k2", task.id, run.id, "m1", "c1", [], [], [], [reference.id]))
    assert await core.services.control.attached(task.id, "c1") == []
    assert (await refer(core, task.id)).id != reference.id


# --- reading -----------------------------------------------------------------------------------------


async def test_references_are_shown_as_they_are_now(core: Core) -> None:
    task = await core.new()
    whole, section, lines = [await refer(core, task.id, pointed) for pointed in (WHOLE, SECTION, LINES)]
    moved = replace(SECTION.part, start_line=7, end_line=9, version="v2")
    gone, unread = Part("", PATH, problem="Its lines are gone."), Part("", PATH, problem="It cannot be read.")
    core.host.followed = [
        Followed(replace(whole, text=None), unread, {}, known=False),
        Followed(section, moved, SECTION.anchor),
        Followed(lines, gone, {}),
    ]
    unknown, found, lost = await core.services.documents.references(task)
    assert (unknown.stale, unknown.problem, unknown.text) == (False, "It cannot be read.", None)
    assert (found.start_line, found.version, found.stale) == (7, "v2", False)
    assert (lost.stale, lost.problem, lost.start_line) == (True, "Its lines are gone.", 2)


async def test_tasks_that_refer_to_a_document(core: Core) -> None:
    first, second, third = [await core.new() for _ in range(3)]
    await refer(core, first.id, WHOLE)
    await refer(core, first.id, SECTION)
    await refer(core, second.id, WHOLE)
    removed = await refer(core, third.id, WHOLE)
    await core.services.documents.remove(removed.id, actor="ada")
    found = await core.services.documents.tasks(core.project.id, PATH)
    assert [task.id for task in found] == [second.id, first.id]
    assert await core.services.documents.tasks(core.project.id, "other.md") == []


async def test_a_document_is_found_however_its_path_is_written(core: Core) -> None:
    core.host.listed = [Document(PATH, "Auth", "markdown", 1, "v1")]
    core.host.texts = {PATH: "x"}
    documents = core.services.documents
    assert await documents.find(None, PATH) == core.host.listed[0]
    assert await documents.find(None, "nothing.md") is None
    assert await documents.list(None) == core.host.listed
    with pytest.raises(BadInput, match="at most 500"):
        await documents.list(None, "x" * 501)
