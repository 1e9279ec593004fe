"""Shell command lines as the simple commands in them, for patterns like `run(git status:*)`.

This is no shell. Where it cannot tell what would be run (substitutions, redirections, here-documents, open
quotes) it says so, and a permission must not be derived from the parts. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

#: Redirections that write nothing anywhere.
_HARMLESS = re.compile(r"(\d*>&\d+|&?\d*>>?\s*/dev/null|<\s*/dev/null)(?=[\s;&|]|$)")

_OPERATOR = re.compile(r"&&|\|\||\|&|[;&|\n]")

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=\S*\s+")

#: Programs that run the command that follows them.
_WRAPPERS = frozenset(
    ("builtin", "command", "doas", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "sudo", "time")
    + ("timeout", "xargs")
)
_OPTION = re.compile(r"(-\S*|[\d.]+[smhd]?)\s+")

#: Where another command may begin, seen without regard to quotes.
_ANYWHERE = re.compile(r"[;&|\n(){}`]|\$\(|<\(|>\(")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The simple commands of a line in their order. `plain` when nothing else would be run or written."""

    parts: Sequence[str]
    plain: bool


@dataclass
class _Reader:
    text: str
    at: int = 0
    parts: list[str] = field(default_factory=list)
    part: str = ""
    plain: bool = True

    def take(self, count: int = 1) -> None:
        self.part += self.text[self.at : self.at + count]
        self.at += count

    def close(self) -> None:
        if self.part.strip():
            self.parts.append(" ".join(self.part.split()) if "'" not in self.part else self.part.strip())
        self.part = ""

    def quoted(self, quote: str) -> None:
        """To the end of a quotation; inside double quotes a shell still substitutes."""
        self.take()
        while self.at < len(self.text) and self.text[self.at] != quote:
            char = self.text[self.at]
            if quote == '"' and (char == "`" or self.text.startswith("$(", self.at)):
                self.plain = False
            self.take(2 if quote == '"' and char == "\\" else 1)
        self.plain = self.plain and self.at < len(self.text)
        self.take()


def parse(command: str) -> CommandLine:
    """The commands in a line."""
    reader = _Reader(command.strip())
    while reader.at < len(reader.text):
        _step(reader)
    reader.close()
    return CommandLine(reader.parts, reader.plain)


def _step(reader: _Reader) -> None:
    char = reader.text[reader.at]
    harmless = _HARMLESS.match(reader.text, reader.at)
    operator = _OPERATOR.match(reader.text, reader.at)
    if char == "\\":
        reader.plain = reader.plain and reader.text[reader.at + 1 : reader.at + 2] not in ("", "\n")
        reader.take(2)
    elif char in "'\"":
        reader.quoted(char)
    elif harmless:
        reader.at = harmless.end()
    elif operator:
        reader.close()
        reader.at = operator.end()
    else:
        if char in "<>`(){}" or reader.text.startswith(("$(", "${", "$'", '$"'), reader.at):
            reader.plain = False
        reader.take()


def candidates(command: str) -> Iterator[str]:
    """Everything in a line that may be run, generously: what a refusal is held against."""
    line = parse(command)
    pieces = list(line.parts) if line.plain else [*line.parts, *_ANYWHERE.split(command)]
    for piece in (command, *pieces):
        yield from _unwrapped(piece.strip().lstrip("\"'"))


def _unwrapped(piece: str) -> Iterator[str]:
    """A command, and what it would run without assignments and wrappers in front, and by its bare name."""
    while piece:
        yield piece
        word, _, rest = piece.partition(" ")
        if "/" in word:
            yield f"{word.rpartition('/')[2]} {rest}".strip()
        assignment = _ASSIGNMENT.match(piece)
        if assignment:
            piece = piece[assignment.end() :].lstrip()
        elif word.rpartition("/")[2] in _WRAPPERS:
            piece = rest.lstrip()
            while option := _OPTION.match(piece):
                piece = piece[option.end() :].lstrip()
        else:
            return
