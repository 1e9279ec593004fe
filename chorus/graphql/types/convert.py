"""Conversion of records to API types: fields of one name have the same value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def convert(kind: Callable[..., T], record: object, /, **given: Any) -> T:
    """A type of the API with the record's values in its fields; `given` are those that differ."""
    values = {name: getattr(record, name) for name in _names(kind) if name not in given}
    return kind(**values, **given)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields that are values; those with a resolver are asked for when a client does."""
    return tuple(item.name for item in fields(kind) if item.init)
