"""Names of headings as GitHub makes them, so that a reference and a link on GitHub agree.

The rule is that of GitHub's HTML pipeline (`TableOfContentsFilter`) and of the npm package github-slugger:
lower case, everything but letters, marks, digits, connecting punctuation, `-` and spaces removed, each space
a `-`; a name that was given before gets the next free number.
"""

from __future__ import annotations

import unicodedata

#: Unicode categories that stay: letters, marks, decimal and letter numbers, and connectors such as `_`.
_KEPT = ("L", "M", "Nd", "Nl", "Pc")


class Slugger:
    """Gives each heading of one document a name of its own."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def name(self, text: str) -> str:
        plain = slug = slugify(text)
        while slug in self._seen:
            self._seen[plain] += 1
            slug = f"{plain}-{self._seen[plain]}"
        self._seen[slug] = 0
        return slug


def slugify(text: str) -> str:
    kept = (letter for letter in text.lower() if letter in "- " or _stays(letter))
    return "".join(kept).replace(" ", "-")


def _stays(letter: str) -> bool:
    return unicodedata.category(letter).startswith(_KEPT)
