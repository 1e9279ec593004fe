"""Lines of the keys in a TOML document.

`tomllib` gives values without their positions, and so does every maintained TOML parser for Python. The walk
here only has to find keys: it is made over text that `tomllib` has accepted, so it need not judge anything.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

#: The way to a value: names of tables and keys, and positions in arrays.
Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<skip>    [ \t\r]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<mark>    [][{},=.] )
    | (?P<string>  \"{3} (?: [^"\\] | \\. | "{1,2}(?!") )*+ \"{3,5}
                 | '{3} (?: [^'] | '{1,2}(?!') )*+ '{3,5}
                 | " (?: [^"\\\n] | \\. )*+ "
                 | ' [^'\n]*+ ' )
    | (?P<word>    [^][\s{},=."'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[Path, int]:
    """Return the line of each table, key and array item in a valid TOML document."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Yield each token with its line, and an empty one at the end."""
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            yield match[0], line
        line += match[0].count("\n")
    yield "", line


class _Walk:
    """A descent through the tokens that notes where each path is named first."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = _tokens(text)
        self._last_item: dict[Path, int] = {}
        self._step()

    def document(self) -> None:
        table: Path = ()
        while self._token:
            if self._token == "\n":
                self._step()
            elif self._token == "[":
                table = self._header()
            else:
                self._pair(table)

    def _step(self) -> None:
        self._token, self._line = next(self._tokens)

    def _note(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _header(self) -> Path:
        """Read `[table]` or `[[item]]`."""
        self._step()
        line, is_item = self._line, self._token == "["
        if is_item:
            self._step()
        path = self._table(self._key(), is_item)
        while self._token == "]":
            self._step()
        self._note(path, line)
        return path

    def _table(self, names: Path, is_item: bool) -> Path:
        """Return the path of a header: in an array of tables it means the last item."""
        path: Path = ()
        for position, name in enumerate(names, 1):
            path = (*path, name)
            if is_item and position == len(names):
                self._last_item[path] = self._last_item.get(path, -1) + 1
            if path in self._last_item:
                path = (*path, self._last_item[path])
        return path

    def _key(self) -> Path:
        """Read a key, which may be dotted."""
        parts: list[str] = []
        while self._token not in ("=", "]", ""):
            if self._token != ".":
                parts.append(_name(self._token))
            self._step()
        return tuple(parts)

    def _pair(self, table: Path) -> None:
        line = self._line
        path = (*table, *self._key())
        self._step()  # over the "="
        self._note(path, line)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._token == "[":
            self._array(path)
        elif self._token == "{":
            self._inline_table(path)
        else:
            while self._token not in ("\n", ",", "]", "}", ""):
                self._step()

    def _array(self, path: Path) -> None:
        self._step()
        position = 0
        while self._token not in ("]", ""):
            if self._token in ("\n", ","):
                position += self._token == ","
                self._step()
            else:
                self._note((*path, position), self._line)
                self._value((*path, position))
        self._step()

    def _inline_table(self, path: Path) -> None:
        self._step()
        while self._token not in ("}", ""):
            if self._token in ("\n", ","):
                self._step()
            else:
                self._pair(path)
        self._step()


def _name(token: str) -> str:
    """Return the name that a bare or quoted part of a key stands for."""
    return str(tomllib.loads(f"name = {token}")["name"]) if token[0] in "\"'" else token
