"""Text as keys: what is typed, in which pieces, and what never is."""

from __future__ import annotations

import pytest
from chorus_hooks import keys

from chorus.errors import BadInput
from chorus.testing.agents import typed


def line(text: str) -> str:
    return typed(keys.typing(keys.clean(text))).removesuffix("\r")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "hello "),
        ("-x", "-x "),
        ("ends with \\", "ends with \\ "),
        ("two\nlines\n\n", "two\nlines "),
        ("a\tb", "a    b "),
        ("!ls", " !ls "),
        (" !ls", " !ls "),
        ("?", " ? "),
        ("?what", "?what "),
        ("/help", "Text: /help "),
        ("  /help", "Text: /help "),
        ("\n/clear now", "Text: /clear now "),
        ("/my-plugin:cmd x", "Text: /my-plugin:cmd x "),
        ("/", "Text: / "),
        ("/ foo", "Text: / foo "),
        ("exit", "Text: exit "),
        (" quit ", "Text: quit "),
        (":wq!", "Text: :wq! "),
        ("exit the loop", "exit the loop "),
        ("/usr/bin/env x", "/usr/bin/env x "),
        ("// comment", "// comment "),
        ("#memo @README &", "#memo @README & "),
        ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne "),
        ("esc\x1b[31m nul\x00 del\x7f c1\x9b", "esc[31m nul del c1 "),
        ("zero\u200bwidth bom\ufeff rtl\u202e lone\ud800", "zerowidth bom rtl lone "),
        ("fam 👩\u200d👩\u200d👧 ❤\ufe0f", "fam 👩\u200d👩\u200d👧 ❤\ufe0f "),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष "),
        ("plain a\u200db", "plain ab "),
        ("\u200b/help", "Text: /help "),
    ],
)
def test_what_is_typed(text: str, expected: str) -> None:
    assert line(text) == expected


@pytest.mark.parametrize("text", ["", " \n\t", "\x1b\x00", "\u200b\ufeff"])
def test_nothing_cannot_be_said(text: str) -> None:
    with pytest.raises(BadInput):
        keys.clean(text)


def test_long_text_goes_in_pieces_and_enter_apart() -> None:
    text = "日本語 " * 2_000
    pressed = keys.typing(keys.clean(text))
    assert typed(pressed).rstrip() == text.rstrip()
    assert all(len(key.data.removesuffix(keys.END).decode()) <= keys.PIECE for key in pressed)
    assert all(key.data.endswith(keys.END) for key in pressed[:-1])
    assert all(key.pause > 0 for key in pressed[:-1])
    assert pressed[-1] == keys.ENTER


def test_an_argument_keeps_what_a_terminal_cannot_hold() -> None:
    assert keys.clean("a\tb \\  ") == "a\tb \\  "
    assert keys.clean("!ls") == "!ls"
    assert keys.clean("exit") == "Text: exit"
