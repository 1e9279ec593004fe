"""Lines of keys in TOML files: what an error about a setting points to."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chorus.settings.toml_lines import Path, key_lines

DOCUMENT = '''\
# a comment with [brackets] = signs
top = "a # b"

[server]          # a table
port = 1
"quoted key" = 2
a.b.'c d' = 3

[plugins.hooks]
env = { A = "x", B.c = { D = "}" } }
command = [
  "one", # ]
  ["two", { three = 3 }],
]
text = """
[not.a.table]
key = "no key"
"""
after = 4

[[list]]
name = 1
[list.sub]
x = 1
[[list]]
name = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("server",), 4),
        (("server", "port"), 5),
        (("server", "quoted key"), 6),
        (("server", "a", "b", "c d"), 7),
        (("plugins",), 9),
        (("plugins", "hooks", "env", "B", "c", "D"), 10),
        (("plugins", "hooks", "command"), 11),
        (("plugins", "hooks", "command", 0), 12),
        (("plugins", "hooks", "command", 1, 1, "three"), 13),
        (("plugins", "hooks", "after"), 19),
        (("list",), 21),
        (("list", 0, "sub", "x"), 24),
        (("list", 1, "name"), 26),
    ],
)
def test_each_form_of_a_key_has_its_line(path: Path, line: int) -> None:
    assert key_lines(DOCUMENT)[path] == line


def test_what_looks_like_a_key_in_a_string_or_comment_is_none() -> None:
    assert not {path for path in key_lines(DOCUMENT) if path[0] in ("not", "key", "brackets")}


# --- documents made at random -------------------------------------------------------------------------

SCALARS = (
    "1",
    "-1.5e3",
    "true",
    "1979-05-27 07:32:00",
    '""',
    '"a # b = [c] {d}"',
    r'"quote \" and backslash \\"',
    "'literal \\'",
    '""""two quotes" before the end"""""',
    '"""\n[x]\ny = 1 \\"""\n"""',
    "'''\n# }, ]\n''''",
)

KEYS: tuple[tuple[str, Path], ...] = (
    ("{}", ("{}",)),
    ('"{}.x = #"', ("{}.x = #",)),
    ("'{} \"'", ('{} "',)),
    ("{}.inner", ("{}", "inner")),
    ('{} . "in ner"', ("{}", "in ner")),
)

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Writer:
    """Writes a valid document and notes the line of each path as it goes."""

    def __init__(self, draw: Draw) -> None:
        self.text = ""
        self.lines: dict[Path, int] = {}
        self._draw = draw
        self._names = 0

    def document(self) -> None:
        self._pairs((), "\n")
        for kind in self._draw(st.lists(st.sampled_from(("table", "array")), max_size=4)):
            name, path = self._key()
            if kind == "table":
                self._header(f"[{name}]", path)
                self._pairs(path, "\n")
                continue
            for position in range(self._draw(st.integers(1, 3))):
                self._header(f"[[{name}]]", (*path, position))
                self._pairs((*path, position), "\n")

    def _header(self, text: str, path: Path) -> None:
        self._note(path)
        self.text += text + self._draw(st.sampled_from(("\n", " # [no.table]\n", "\n\n")))

    def _pairs(self, table: Path, end: str, most: int = 3) -> None:
        count = self._draw(st.integers(0, most))
        for position in range(count):
            name, path = self._key()
            self._note((*table, *path))
            self.text += f"{name} = "
            self._value((*table, *path))
            self.text += end if end == "\n" or position < count - 1 else ""

    def _key(self) -> tuple[str, Path]:
        self._names += 1
        name, path = self._draw(st.sampled_from(KEYS))
        unique = f"k{self._names}"
        return name.format(unique), tuple(str(part).format(unique) for part in path)

    def _value(self, path: Path, depth: int = 0) -> None:
        kind = self._draw(
            st.sampled_from(("scalar", "scalar", "array", "table") if depth < 2 else ("scalar",))
        )
        if kind == "scalar":
            self.text += self._draw(st.sampled_from(SCALARS))
        elif kind == "table":
            self.text += "{ "
            self._pairs(path, ", ", most=2)
            self.text += " }"
        else:
            self._array(path, depth)

    def _array(self, path: Path, depth: int) -> None:
        self.text += "["
        for position in range(self._draw(st.integers(0, 3))):
            self.text += self._draw(st.sampled_from((" ", "\n", " # ] }\n  ")))
            self._note((*path, position))
            self._value((*path, position), depth + 1)
            self.text += ","
        self.text += self._draw(st.sampled_from(("", "\n"))) + "]"

    def _note(self, path: Path) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], self.text.count("\n") + 1)


@st.composite
def documents(draw: Draw) -> Writer:
    writer = Writer(draw)
    writer.document()
    return writer


def paths(value: Any, path: Path = ()) -> set[Path]:
    """Return every path in a parsed document."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return {one for key, item in items for one in ((*path, key), *paths(item, (*path, key)))}


# The same documents in every run, and none is late: what is shown does not depend on the machine.
@settings(deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_every_key_of_every_document_has_its_line(document: Writer) -> None:
    assert key_lines(document.text) == document.lines
    assert set(document.lines) == paths(tomllib.loads(document.text))
