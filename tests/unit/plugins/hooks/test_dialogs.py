"""Questions are recognised on the screens that the real CLIs showed, and quoted ones are not."""

from __future__ import annotations

import pytest
from chorus_hooks import dialogs

from tests.support.recorded import screen, screens

KINDS = {
    "trust": "trust",
    "first-run": "first-run",
    "api-key": "api-key",
    "offline": "offline",
    "not-logged-in": "login",
    "permission-bash": "permission",
    "permission-write": "permission",
    "permission-fetch": "permission",
    "permission-plan": "permission",
    "permission-unchecked": "permission",
    "plan": "permission",
    "question": "question",
    "idle": None,
    "working": None,
}


@pytest.mark.parametrize(("name", "version"), screens())
def test_recorded_screens(name: str, version: str) -> None:
    # Only the newer version asks what to do without auto mode's check; the older one denies.
    auto = "auto-mode" if version == "2.1.329" else None
    found = dialogs.find(screen(name, version))
    assert (found.kind if found else None) == {**KINDS, "auto": auto}[name]
    assert found is None or found.advice.endswith(".")


@pytest.mark.parametrize("version", ["2.1.197", "2.1.329"])
def test_a_draft_of_many_lines_is_no_dialog(version: str) -> None:
    empty = screen("idle", version)
    draft = empty.replace("\n❯ \n", "\n❯ Do you want to\n  ❯ 1. trust this folder\n")
    assert draft != empty or "\n❯\n" in empty
    assert dialogs.find(draft) is None


def test_an_unknown_choice_is_still_a_question() -> None:
    shown = "─" * 120 + "\n New thing\n\n ❯ 1. This\n   2. That\n"
    found = dialogs.find(shown)
    assert found is not None
    assert found.kind == "choice"
    menu = dialogs.find("▔" * 120 + "\n  Settings\n\n  Esc to close\n")
    assert menu is not None
    assert menu.kind == "menu"


BOX = "─" * 40 + "\n❯ \n" + "─" * 40 + "\n  ⏸ manual mode on · esc to interrupt\n"


@pytest.mark.parametrize(
    ("above", "words"),
    [
        ("✻ API error · retrying in 3s · attempt 1/5", "attempt 1 of 5"),
        ("✻ 529 scripted overloaded_error · retrying in 2 s · attempt 3/10", "attempt 3 of 10"),
        ("  ⎿ API Error (529) · Retrying in 1s · attempt 1/2", "attempt 1 of 2"),
        ("✻ Twisting… (11s · ↓ 31 tokens)", None),
        ("● It says: retrying in 3s · attempt 1/5" + "\nmore" * 20, None),
        ("", None),
    ],
)
def test_a_request_that_is_tried_again(above: str, words: str | None) -> None:
    found = dialogs.retrying(f"❯ Go\n{above}\n{BOX}")
    assert found == (words and f"Retrying a request that failed, {words}")
