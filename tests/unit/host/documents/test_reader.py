"""Following references when documents or their providers misbehave, with a fake provider that does so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chorus.errors import BackendError, Busy, NotFound
from chorus.host.documents import reader as document_reader
from chorus.host.documents.reader import DocumentReader
from chorus.host.port import Attached
from chorus.host.reports import Followed
from chorus.host.run_dir import RunDir
from chorus.host.runs.prompts import PromptWriter
from chorus.model import DocumentReference, Excerpt, Heading, Project
from chorus.model.context import Part
from chorus.plugins import Plugins
from chorus.testing.documents import GUIDE, MemoryDocumentProvider

PROJECT = cast(Project, SimpleNamespace(path="/project"))


class Moody(MemoryDocumentProvider):
    """A fake that fails on demand: `mood` is raised by every look, or waited for if it is an Event."""

    mood: Exception | asyncio.Event | None = None

    async def outline(self, root: str, path: str) -> Sequence[Heading]:
        if isinstance(self.mood, Exception):
            raise self.mood
        if self.mood is not None:
            await self.mood.wait()
        return await super().outline(root, path)


class Restless(MemoryDocumentProvider):
    """A fake whose document is another one at every look."""

    looks = 0

    async def read(
        self, root: str, path: str, *, heading: str | None = None, lines: tuple[int, int] | None = None
    ) -> Excerpt:
        self.looks += 1
        self.put(root, path, f"{GUIDE}{self.looks}\n")
        return await super().read(root, path, heading=heading, lines=lines)


def plugins(**providers: MemoryDocumentProvider) -> Plugins:
    found = Plugins()
    for name, provider in providers.items():
        found.documents.add(name, provider)
    return found


@pytest.fixture
def moody() -> Moody:
    provider = Moody()
    provider.put(PROJECT.path, "guide.md", GUIDE)
    return provider


async def reference(reader: DocumentReader, **where: Any) -> DocumentReference:
    pointed = await reader.point(PROJECT, "guide.md", where.get("heading"), where.get("lines"))
    return DocumentReference(
        id="r1",
        task_id="t1",
        path="guide.md",
        heading=where.get("heading"),
        start_line=pointed.part.start_line,
        end_line=pointed.part.end_line,
        note=None,
        stale=False,
        anchor=pointed.anchor,
    )


@pytest.mark.parametrize("mood", [Busy(), BackendError("broken"), RuntimeError("a bug of the plugin")])
async def test_what_cannot_be_looked_at_just_now_is_not_stale(moody: Moody, mood: Exception) -> None:
    reader = DocumentReader(plugins(memory=moody))
    made = await reference(reader, heading="usage")
    moody.mood = mood
    [found] = await reader.follow(PROJECT, [made])
    assert (found.known, found.part.text, found.anchor) == (False, None, made.anchor)
    assert found.part.problem


async def test_a_provider_that_hangs_is_not_waited_for(moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = DocumentReader(plugins(memory=moody))
    made = await reference(reader, heading="usage")
    moody.mood = asyncio.Event()
    monkeypatch.setattr(document_reader, "LOOK_SECONDS", 0.05)
    found = await reader.follow(PROJECT, [made] * 20)
    assert {one.known for one in found} == {False}
    assert "could not be read within" in str(found[0].part.problem)


async def test_a_document_that_never_holds_still_is_busy() -> None:
    provider = Restless()
    provider.put(PROJECT.path, "guide.md", GUIDE)
    with pytest.raises(Busy, match=r"guide\.md is being written"):
        await DocumentReader(plugins(memory=provider)).whole(PROJECT, "guide.md")


async def test_a_document_of_two_providers_is_that_of_the_first_name(moody: Moody) -> None:
    other = MemoryDocumentProvider()
    other.put(PROJECT.path, "guide.md", "# Another\n")
    other.put(PROJECT.path, "only.md", "# Only here\n")
    reader = DocumentReader(plugins(zoo=other, memory=moody))
    assert (await reader.whole(PROJECT, "guide.md")).excerpt.text == GUIDE
    assert (await reader.whole(PROJECT, "only.md")).excerpt.text == "# Only here\n"
    # A section that the first one lacks is not taken from the second.
    with pytest.raises(NotFound, match="no heading “another”"):
        await reader.point(PROJECT, "guide.md", "another", None)
    with pytest.raises(NotFound):
        await reader.whole(PROJECT, "none.md")


# --- prompts ----------------------------------------------------------------------------------------


class Record:
    """A fake of the services: one reference, and what is known of it."""

    def __init__(self, made: DocumentReference, given: Part | None) -> None:
        self.attachment = Attached(made.id, made, given)
        self.asked = 0

    async def attached(self, task_id: str, conversation: str) -> Sequence[Attached]:
        self.asked += 1
        return [self.attachment]

    async def report(self, host_id: str, reports: Sequence[Any]) -> None:
        pass


async def written(moody: Moody, record: Record, run_dir: RunDir, message: str) -> Any:
    writer = PromptWriter(plugins(memory=moody), cast(Any, record), "h1", tell_changes=True)
    command = cast(Any, SimpleNamespace(task=SimpleNamespace(id="t1"), project=PROJECT))
    run = cast(Any, SimpleNamespace(id="run1", agent_session_id="c1"))
    return await writer.write(command, run, run_dir, "Go on.", message_id=message)


async def known(moody: Moody) -> Followed:
    reader = DocumentReader(plugins(memory=moody))
    return (await reader.follow(PROJECT, [await reference(reader, heading="usage")]))[0]


async def test_what_an_agent_knows_stands_while_it_cannot_be_looked_at(moody: Moody, tmp_path: Path) -> None:
    found = await known(moody)
    moody.mood = Busy("being written")
    prompt = await written(moody, Record(found.reference, found.part), RunDir(tmp_path, "run1"), "m1")
    assert prompt.text == "Go on."
    [given] = prompt.given
    assert "being written" in given.left_out[0]
    assert (given.parts, given.documents[0].unchanged) == ([], True)


async def test_what_could_not_be_given_is_given_when_it_can(moody: Moody, tmp_path: Path) -> None:
    found = await known(moody)
    moody.mood = Busy("being written")
    run_dir = RunDir(tmp_path, "run1")
    first = await written(moody, Record(found.reference, None), run_dir, "m1")
    assert "Not available. being written" in first.text
    moody.mood = None
    second = await written(moody, Record(found.reference, first.given[0].parts[0]), run_dir, "m2")
    assert "## Usage\n\nRun it." in second.text


async def test_a_prompt_is_the_same_when_it_is_asked_for_again(moody: Moody, tmp_path: Path) -> None:
    """A server that died while it typed goes on with the same text, whatever has changed since."""
    found = await known(moody)
    run_dir, record = RunDir(tmp_path, "run1"), Record(found.reference, None)
    first = await written(moody, record, run_dir, "m1")
    moody.put(PROJECT.path, "guide.md", GUIDE.replace("Run it.", "Jog it."))
    assert await written(moody, record, run_dir, "m1") == first
    assert record.asked == 1
    assert "Jog it." in (await written(moody, record, run_dir, "m2")).text
