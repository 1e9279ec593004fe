"""What is known about a Markdown text: its title, its outline and the fields of its front matter.

CommonMark, read by markdown-it-py. Headings in fences, comments and HTML blocks are none. Headings inside
quotations and list items are quoted matter and not part of the outline, but count where names repeat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from pathlib import PurePosixPath
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chorus.model import Heading
from chorus_documents.slugs import Slugger

#: Headings of one document that are listed; a text with more is data, not a document.
MAX_HEADINGS = 5_000
#: Characters of a heading that are read as Markdown; a longer one is taken as it is written.
MAX_HEADING = 2_000
#: Characters of front matter that are read.
MAX_FRONT_MATTER = 16 * 1024
#: Values in front matter, counted with those in lists and tables.
MAX_FIELDS = 500
#: Characters of a title.
MAX_TITLE = 300

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"\s*(#.*\n\s*)*[\w\"'][^:\n]*:(\s|\Z)")


@dataclass(frozen=True, slots=True)
class Parsed:
    title: str
    outline: tuple[Heading, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, a byte order mark dropped, every line ended by one line feed.

    Raises ValueError, with a sentence that begins after the file's name, for anything else.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("is UTF-16 text; documents are UTF-8. Save it as UTF-8.")
    if b"\0" in data:
        raise ValueError("is not text: it contains NUL bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not UTF-8 text: see line {line}. Save it as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, path: str) -> Parsed:
    """Read a text as `decoded` gives it; `path` lends its name when nothing else is a title."""
    fields, body = _front_matter(text)
    outline = _outline(body)
    return Parsed(_title(fields, outline, path), outline, fields)


def untitled(path: str) -> Parsed:
    """What is known of a document whose text cannot be read."""
    return Parsed(_title({}, (), path))


def _title(fields: Mapping[str, Any], outline: Sequence[Heading], path: str) -> str:
    named = fields.get("title")
    given = str(named) if isinstance(named, str | int | float) and not isinstance(named, bool) else ""
    headings = (heading.text for heading in outline)
    candidates = (" ".join(text.split()) for text in (given, *headings))
    return next((text for text in candidates if text), PurePosixPath(path).stem)[:MAX_TITLE]


# --- front matter -------------------------------------------------------------------------------


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields, and the text with the front matter made blank so that lines keep their numbers.

    A text may also begin with a thematic break: what follows is front matter only if it is a YAML table, or
    looks like one that has a mistake in it (there are no fields then).
    """
    match = _FRONT_MATTER.match(text, 0, MAX_FRONT_MATTER) if text.startswith("---") else None
    if match is None:
        return {}, text
    fields = _fields(match[1] or "")
    if fields is None:
        return {}, text
    return fields, "\n" * match[0].count("\n") + text[match.end() :]


def _fields(source: str) -> dict[str, Any] | None:
    try:
        value = yaml.safe_load(source)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {} if _FIELD.match(source) else None
    if value is None:
        return {} if not source.strip() else None
    if not isinstance(value, dict):
        return None
    try:
        plain = _Plain().convert(value)
    except (ValueError, RecursionError):
        return {}
    return plain if isinstance(plain, dict) else {}


class _Plain:
    """YAML values as JSON ones, and a bounded number of them: aliases can stand for millions."""

    def __init__(self) -> None:
        self._left = MAX_FIELDS

    def convert(self, value: object) -> object:
        self._left -= 1
        if self._left < 0:
            raise ValueError("too many values")
        match value:
            case dict():
                return {_sound(str(key)): self.convert(inner) for key, inner in value.items()}
            case list() | tuple() | set():
                return [self.convert(inner) for inner in value]
            case str():
                return _sound(value)
            case float() if not isfinite(value):
                return str(value)
            case None | bool() | int() | float():
                return value
            case date():
                return value.isoformat()
        return str(value)


def _sound(text: str) -> str:
    """YAML escapes can spell halves of characters, which nothing can encode."""
    return text.encode("utf-8", "replace").decode()


# --- outline ------------------------------------------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark").enable("strikethrough")


class _Enough(Exception):
    """There are as many headings as are listed."""


class _Headings(list[Token]):
    """Takes the tokens of headings only. A text of a few megabytes makes a gigabyte of tokens otherwise."""

    def append(self, token: Token) -> None:
        if token.type == "heading_open":
            if len(self) >= 2 * MAX_HEADINGS:
                raise _Enough
            super().append(token)
        elif token.type == "inline" and self and self[-1].type == "heading_open":
            super().append(token)


def _outline(text: str) -> tuple[Heading, ...]:
    tokens = _Headings()
    env: dict[str, Any] = {}
    with suppress(_Enough):
        _MARKDOWN.block.parse(text, _MARKDOWN, env, tokens)
    slugger = Slugger()
    outline: list[Heading] = []
    for opening, content in zip(tokens[::2], tokens[1::2], strict=False):
        written = _text(content.content, env)
        slug = slugger.name(written)
        if opening.level == 0 and opening.map:
            shown = " ".join(written.split())
            outline.append(Heading(int(opening.tag[1:]), shown, slug, opening.map[0] + 1))
    return tuple(outline)


def _text(source: str, env: dict[str, Any]) -> str:
    """What a reader sees of a heading: no marks, links by their text, images by nothing."""
    if len(source) > MAX_HEADING:
        return source
    tokens = _MARKDOWN.parseInline(source, env)[0].children or []
    return "".join(_seen(token) for token in tokens)


def _seen(token: Token) -> str:
    if token.type in ("text", "code_inline"):
        return token.content
    return "\n" if token.type in ("softbreak", "hardbreak") else ""
