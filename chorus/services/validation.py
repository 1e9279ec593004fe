"""What people may write: bounded, printable where it is shown in a line, and refused with the reason."""

from __future__ import annotations

import unicodedata

from chorus.errors import BadInput

#: Characters. A title is one line of a list; a text is a prompt or a description.
TITLE_CHARS = 500
TEXT_CHARS = 100_000


def title(value: str) -> str:
    """A title as it is kept: no surrounding space, one line, printable."""
    value = value.strip()
    if not value:
        raise BadInput("A task needs a title.", field="title")
    if len(value) > TITLE_CHARS:
        raise BadInput(
            f"The title has {len(value)} characters; at most {TITLE_CHARS} fit. "
            "Put the rest in the description.",
            field="title",
        )
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in value):
        raise BadInput("The title must be one line without control characters.", field="title")
    return value


def text(value: str, field: str, *, required: bool = False) -> str:
    """A longer text: line breaks and tabs are fine, other control characters are not."""
    if required and not value.strip():
        raise BadInput(f"The {field} is empty.", field=field)
    if len(value) > TEXT_CHARS:
        raise BadInput(f"The {field} has {len(value)} characters; at most {TEXT_CHARS} fit.", field=field)
    for char in value:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t":
            raise BadInput(
                f"The {field} has a control character (U+{ord(char):04X}); remove it.", field=field
            )
    return value


def number(value: int, field: str, low: int, high: int) -> int:
    if not low <= value <= high:
        raise BadInput(f"The {field} must be from {low} to {high}.", field=field)
    return value


def key(value: str | None) -> str | None:
    if value is not None and not 0 < len(value) <= 200:
        raise BadInput("A clientMutationId has 1 to 200 characters.", field="clientMutationId")
    return value
