"""Changes as they happen, told once, whatever way they are made."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from chorus_documents import MarkdownProvider, Options, watching

from chorus.backends import DocumentChange
from chorus.errors import NotFound

Write = Callable[[str, str | bytes], Path]
Link = Callable[[str, str | Path], None]
Watch = AsyncIterator[Sequence[DocumentChange]]
PATIENCE = 40.0


@asynccontextmanager
async def watched(root: str, **options: Any) -> AsyncIterator[Watch]:
    """A watch that is in place; all waiting in the block is bounded."""
    watch = cast(Any, MarkdownProvider(Options(**options)).watch(root))
    async with aclosing(watch), asyncio.timeout(PATIENCE):
        assert await anext(watch) == ()
        yield watch


async def bunch(watch: Watch) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in await anext(watch)]


def replace_atomically(file: Path, text: str) -> None:
    """As editors save: a new file beside the old one, renamed over it."""
    beside = file.with_name(f".{file.name}.swp~")
    beside.write_text(text)
    with beside.open() as written:
        os.fsync(written.fileno())
    os.replace(beside, file)


def replace_with_backup(file: Path, text: str) -> None:
    """As vim saves with `backupcopy=no`: the old file renamed away, a new one in its place."""
    backup = file.with_name(f"{file.name}~")
    os.rename(file, backup)
    file.write_text(text)
    backup.unlink()


def write_in_steps(file: Path, text: str) -> None:
    with file.open("w") as opened:
        for letter in text:
            opened.write(letter)
            opened.flush()


@pytest.mark.parametrize("save", [Path.write_text, replace_atomically, replace_with_backup, write_in_steps])
async def test_a_save_is_one_modification(root: str, write: Write, save: Callable[[Path, str], None]) -> None:
    file = write("docs/a.md", "# One\n")
    async with watched(root) as watch:
        save(file, "# One\n\nMore text.\n")
        assert await bunch(watch) == [("docs/a.md", "modified")]
        save(file, "# One\n\nAnd more.\n")
        assert await bunch(watch) == [("docs/a.md", "modified")]


async def test_a_save_that_changes_nothing_and_files_that_are_no_documents_are_not_told(
    root: str, write: Write
) -> None:
    file = write("docs/a.md", "# One\n")
    async with watched(root) as watch:
        file.write_text("# One\n")
        os.utime(file)
        write("notes.txt", "no document")
        write("docs/picture.png", "no document")
        write("src/a.md", "not included")
        write("docs/b.md", "the only one")
        assert await bunch(watch) == [("docs/b.md", "created")]


async def test_a_rename_is_a_deletion_and_a_creation(root: str, write: Write) -> None:
    file = write("docs/a.md", "# One\n")
    async with watched(root) as watch:
        file.rename(file.with_name("b.md"))
        assert await bunch(watch) == [("docs/a.md", "deleted"), ("docs/b.md", "created")]


async def test_new_folders_are_watched(root: str, write: Write) -> None:
    async with watched(root) as watch:
        write("docs/new/deep/a.md", "# A\n")
        assert await bunch(watch) == [("docs/new/deep/a.md", "created")]
        write("docs/new/deep/a.md", "# B\n")
        assert await bunch(watch) == [("docs/new/deep/a.md", "modified")]
        write("docs/new/deep/er/b.md", "# B\n")
        assert await bunch(watch) == [("docs/new/deep/er/b.md", "created")]


async def test_a_folder_moved_and_another_in_its_place_are_both_watched(root: str, write: Write) -> None:
    write("docs/a/sub/x.md", "# X\n")
    async with watched(root) as watch:
        os.rename(f"{root}/docs/a", f"{root}/docs/b")
        write("docs/a/sub/x.md", "# Other\n")
        assert await bunch(watch) == [("docs/a/sub/x.md", "modified"), ("docs/b/sub/x.md", "created")]
        write("docs/a/sub/x.md", "# Again\n")
        assert await bunch(watch) == [("docs/a/sub/x.md", "modified")]
        write("docs/b/sub/x.md", "# Again\n")
        assert await bunch(watch) == [("docs/b/sub/x.md", "modified")]


async def test_a_folder_deleted_and_made_again_is_watched(root: str, write: Write) -> None:
    write("docs/a/x.md", "# X\n")
    async with watched(root) as watch:
        shutil.rmtree(Path(root, "docs"))
        assert await bunch(watch) == [("docs/a/x.md", "deleted")]
        write("docs/a/x.md", "# X\n")
        assert await bunch(watch) == [("docs/a/x.md", "created")]
        write("docs/a/x.md", "# Y\n")
        assert await bunch(watch) == [("docs/a/x.md", "modified")]


async def test_many_changes_come_in_bunches_and_none_is_lost(root: str, write: Write) -> None:
    async with watched(root) as watch:
        wanted = {(f"docs/{n % 20}/{n}.md", "created") for n in range(400)}
        for path, _ in wanted:
            write(path, "# N\n")
        told: list[tuple[str, str]] = []
        bunches = 0
        while set(told) != wanted:
            told += await bunch(watch)
            bunches += 1
        assert len(told) == len(wanted)
        assert bunches < 100


async def test_ignored_folders_are_not_watched(root: str, write: Write) -> None:
    write(".gitignore", "node_modules/\n")
    write("node_modules/p/README.md", "# P\n")
    write("docs/a.md", "# A\n")
    before = watches()
    async with watched(root, include=("**/*.md",)) as watch:
        assert watches() - before == 2  # the top and docs
        write("node_modules/p/README.md", "# Q\n")
        write("docs/a.md", "# B\n")
        assert await bunch(watch) == [("docs/a.md", "modified")]
    assert watches() == before


async def test_a_change_of_the_ignore_rules_is_a_change_of_the_documents(root: str, write: Write) -> None:
    write("docs/a.md", "# A\n")
    async with watched(root) as watch:
        write(".gitignore", "docs/\n")
        assert await bunch(watch) == [("docs/a.md", "deleted")]
        write(".gitignore", "")
        assert await bunch(watch) == [("docs/a.md", "created")]
        write("docs/a.md", "# B\n")
        assert await bunch(watch) == [("docs/a.md", "modified")]


def watches() -> int:
    """How many inotify watches this process holds, as the kernel lists them."""
    count = 0
    for entry in Path("/proc/self/fdinfo").iterdir():
        try:
            count += entry.read_text().count("inotify wd:")
        except FileNotFoundError:
            continue  # the descriptor of this very listing
    return count


async def test_past_the_bound_of_watches_folders_are_looked_at_now_and_then(
    root: str, write: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "POLL", 0.05)
    for n in range(10):
        write(f"docs/{n}/a.md", "# A\n")
    before = watches()
    with caplog.at_level(logging.WARNING):
        async with watched(root, max_watches=3) as watch:
            assert watches() - before == 3
            write("docs/9/a.md", "# B\n")
            assert await bunch(watch) == [("docs/9/a.md", "modified")]
    assert [record.message for record in caplog.records] == [
        f"{root}: 9 folders are not watched; looking every 0.05 s"
    ]


async def test_without_an_inotify_instance_everything_is_looked_at_now_and_then(
    root: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(**_: object) -> None:  # using up the user's real ones would starve whatever else runs
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(watching, "POLL", 0.05)
    monkeypatch.setattr(watching, "Inotify", none_left)
    async with watched(root) as watch:
        write("docs/a.md", "# A\n")
        assert await bunch(watch) == [("docs/a.md", "created")]


async def test_two_watches_tell_the_same(root: str, write: Write) -> None:
    async with watched(root) as one, watched(root) as other:
        write("a.md", "# A\n")
        assert await bunch(one) == await bunch(other) == [("a.md", "created")]


async def test_a_closed_watch_leaves_nothing_behind(root: str) -> None:
    before = watches()
    for _ in range(3):
        async with watched(root):
            assert watches() > before
    assert watches() == before


async def test_a_watch_that_is_cancelled_while_it_waits_leaves_nothing_behind(root: str) -> None:
    before = watches()
    watch = cast(Any, MarkdownProvider().watch(root))
    assert await anext(watch) == ()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(watch)
    assert watches() == before


async def test_a_project_that_vanishes_ends_the_watch_with_an_error(root: str, write: Write) -> None:
    write("a.md", "# A\n")
    async with watched(root) as watch:
        shutil.rmtree(root)
        with pytest.raises(NotFound):
            await bunch(watch)


async def test_a_project_that_is_not_there_cannot_be_watched() -> None:
    with pytest.raises(NotFound):
        async with watched("/no/such/project"):
            pass


async def test_links_are_not_watched(root: str, write: Write, link: Link) -> None:
    write("../outside/b.md", "# A\n")
    write("docs/a.md", "# A\n")
    link("docs/link", "../../outside")
    before = watches()
    async with watched(root) as watch:
        assert watches() - before == 2
        write("../outside/b.md", "# B\n")
        write("docs/a.md", "# B\n")
        assert await bunch(watch) == [("docs/a.md", "modified")]
