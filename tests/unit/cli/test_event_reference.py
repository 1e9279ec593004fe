"""Reference of events: what is committed is what the catalogue says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from chorus.cli import event_reference
from chorus.cli.system import schema
from chorus.model.events import CATALOGUE, EventKind
from chorus.model.events.description import describe
from tests.support.paths import ROOT

DOCUMENT = ROOT / "docs" / "events.md"
TYPES = ROOT / "web" / "src" / "api" / "eventKinds.ts"


@pytest.mark.parametrize(
    ("path", "form", "text"),
    [(DOCUMENT, "markdown", event_reference.markdown), (TYPES, "typescript", event_reference.typescript)],
)
def test_the_committed_reference_is_current(path: Path, form: str, text: Callable[[], str]) -> None:
    where = path.relative_to(ROOT)
    assert path.read_text() == text(), f"run: chorus schema --events {form} > {where}"
    assert CliRunner().invoke(schema, ["--events", form]).output == text()


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
def test_document_and_types_have_the_fields_of_every_kind(kind: type[EventKind]) -> None:
    section = DOCUMENT.read_text().partition(f"### `{kind.kind}`\n")[2].partition("\n#")[0]
    members = TYPES.read_text().partition(f'  "{kind.kind}": ')[2].partition('\n  "')[0]
    for field in describe(kind):
        assert f"| {field.meaning} |" in section
        assert any(f"| `{field.key}{mark}` |" in section for mark in ("", "[]"))
        assert f"    {field.key}{'' if field.required else '?'}: " in members
