"""The pictures of the README, made of the client as it is.

They go to `test-results/web`; with CHORUS_PICTURES=docs in the environment, to `docs/images`.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tests.support.browser import DESKTOP, PHONE, Site
from tests.support.paths import ROOT
from tests.support.web_scenes import RESULTS, questions, scene, settled

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

IMAGES = ROOT / "docs" / "images"

#: The page, the window and the scheme of every picture, by its name. `{task}` has an open request.
PICTURES = {
    "tasks": ("/", DESKTOP, "light"),
    "tasks-phone": ("/", PHONE, "dark"),
    "task": ("/tasks/{task}?view=timeline", DESKTOP, "light"),
    "task-phone": ("/tasks/{task}?view=timeline", PHONE, "light"),
    "inbox": ("/inbox", DESKTOP, "dark"),
    "inbox-phone": ("/inbox", PHONE, "light"),
    "changes": ("/tasks/{task}?view=changes", DESKTOP, "light"),
    "changes-phone": ("/tasks/{task}?view=changes", PHONE, "dark"),
    "terminal": ("/tasks/{task}?view=terminal", DESKTOP, "dark"),
    "documents": ("/documents?path=docs/guide.md", DESKTOP, "light"),
    "documents-phone": ("/documents?path=docs/guide.md", PHONE, "light"),
    "system": ("/system?view=permissions", DESKTOP, "light"),
    "system-phone": ("/system?view=plugins", PHONE, "dark"),
}


async def test_pictures_of_the_main_pages_at_both_widths(site: Site) -> None:
    folder = IMAGES if os.environ.get("CHORUS_PICTURES") == "docs" else RESULTS / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    task = await scene(site)
    waiting = await questions(site)
    for name, (path, size, scheme) in PICTURES.items():
        page = await site.open(path.format(task=task), size, scheme)
        await settled(page)
        picture = folder / f"{name}.png"
        await page.screenshot(path=picture)
        assert measured(picture) == size
        await page.context.close()
    for each in waiting:
        each.cancel()


def measured(picture: Path) -> tuple[int, int]:
    """Width and height out of a PNG's header (PNG specification, section 11.2.2)."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


async def test_the_readme_shows_pictures_that_these_tests_make() -> None:
    kept = {file.stem for file in IMAGES.iterdir()}
    assert kept == set(PICTURES)
    readme = (ROOT / "README.md").read_text()
    assert {name for name in PICTURES if f"docs/images/{name}.png" in readme} >= {
        "tasks",
        "task",
        "inbox-phone",
    }
