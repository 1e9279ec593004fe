"""Truncation of data of any size to what one event may hold. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

#: What stands at the place where a text was cut.
CUT = "…"

#: Levels of lists and objects that are kept.
_DEPTH = 8


class Truncator:
    """Keeps so many bytes of JSON of the values it is given; `cut` once anything had to be left out."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.cut = False

    def value(self, value: object, depth: int = _DEPTH) -> Any:
        """The value, or as much of its beginning as fits; what JSON does not know becomes its text."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            self._left -= 8
            return value
        if depth == 0:
            self.cut = True
            return CUT
        if isinstance(value, Mapping):
            return self._object(value, depth)
        if isinstance(value, Sequence):
            return self._list(value, depth)
        return self.text(str(value))

    def text(self, text: str) -> str:
        """The beginning of a text that fits, marked where it was cut."""
        size = max(self._left, 0)
        kept = text[:size]
        # Escapes and characters of several bytes take more room than they have characters.
        while kept and (taken := _size(kept)) > size:
            kept = kept[: min(len(kept) - 1, len(kept) * size // taken)]
        self._left -= _size(kept)
        if len(kept) == len(text):
            return text
        self.cut = True
        return kept + CUT

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, one in value.items():
            if self._full():
                break
            key = self.text(str(name))
            found[key] = self.value(one, depth - 1)
        return found

    def _list(self, value: Sequence[Any], depth: int) -> list[Any]:
        found = []
        for one in value:
            if self._full():
                break
            found.append(self.value(one, depth - 1))
        return found

    def _full(self) -> bool:
        self._left -= 4
        if self._left <= 0:
            self.cut = True
        return self._left <= 0


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode(errors="replace")) - 2
