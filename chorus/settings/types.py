"""Types of settings that several tables share, and the errors of values that do not go together.

`Meta` is msgspec's: bounds, a pattern, examples and a description for the type it annotates. The description
is the documentation of a key and the examples are named when a value is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

#: A program: a name on PATH, or a path. Nothing that could be taken for an option.
Program = Annotated[str, Meta(pattern=r"^[^\x00-][^\x00]*$", examples=["git"])]

#: A program with its first arguments.
Command = Annotated[
    tuple[Annotated[str, Meta(pattern=r"^[^\x00]+$")], ...], Meta(min_length=1, examples=[["claude"]])
]

#: Variables that are added to the environment of a program.
Variables = Annotated[
    Mapping[Annotated[str, Meta(pattern=r"^[^=\x00]+$")], Annotated[str, Meta(pattern=r"^[^\x00]*$")]],
    Meta(examples=[{"HTTPS_PROXY": "http://localhost:3128"}]),
]


class InvalidKey(ValueError):
    """Raised by `__post_init__` of a model: the value of this key is wrong, and what it must be instead."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__(f"{key} {expected}")
        self.key = key
