"""Words for tmux, which has two ways of reading a command."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.:/@+=_-")
#: Every byte as it stands inside double quotes in tmux's own syntax. Octal for all but the plainest: a raw
#: 0xff would end the string, and what follows it would be run.
_QUOTED = [bytes((byte,)) if byte in _PLAIN else b"\\%03o" % byte for byte in range(256)]

SEPARATOR = ";"


def word(text: str | bytes) -> bytes:
    """One word in tmux's syntax (control mode, configuration), byte for byte; it cannot hold NUL."""
    return b'"' + b"".join(map(_QUOTED.__getitem__, os.fsencode(text))) + b'"'


def line(*commands: Sequence[str | bytes]) -> bytes:
    """Commands as one line of control mode: they run together, or none does if one cannot be parsed."""
    return b" ; ".join(b" ".join(map(word, command)) for command in commands)


def arguments(*commands: Sequence[str]) -> list[str]:
    """Commands as arguments of one tmux process: they run one after the other with nothing between."""
    words: list[str] = []
    for command in commands:
        words += [SEPARATOR, *map(_argument, command)] if words else map(_argument, command)
    return words


def _argument(text: str) -> str:
    """An argument that ends in `;` would end the command."""
    return text[:-1] + "\\;" if text.endswith(";") else text


def program(argv: Iterable[str]) -> list[str]:
    """A program and its arguments for new-session and new-window, which give a single word to a shell."""
    words = list(argv)
    return ["/usr/bin/env", "--", *words] if len(words) == 1 else words


def shell(argv: Iterable[str]) -> str:
    """One command for the /bin/sh that pipe-pane starts, which then is that program."""
    return f"exec {shlex.join(argv)}"
