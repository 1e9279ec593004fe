"""Description of the fields of events, from which documentation and types of clients are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from chorus.model.events.base import camel_case


@dataclasses.dataclass(frozen=True, slots=True)
class FieldDescription:
    """A field of an event, or of a record within one; those that are not required have a default."""

    name: str
    key: str  #: in the JSON object
    type: Any  #: without None and without the meaning
    nullable: bool
    required: bool
    meaning: str
    default: Any


def describe(record: Any) -> tuple[FieldDescription, ...]:
    """Return the fields of a kind of event, or of a record within one."""
    return _fields(record)


@cache
def _fields(record: Any) -> tuple[FieldDescription, ...]:
    hints = get_type_hints(record, include_extras=True)
    return tuple(_describe(field, hints[field.name]) for field in dataclasses.fields(record))


def _describe(field: dataclasses.Field[Any], hint: Any) -> FieldDescription:
    *marks, meaning = hint.__metadata__
    inner, nullable = _without_none(hint.__origin__)
    missing = dataclasses.MISSING
    default = field.default_factory() if field.default_factory is not missing else field.default
    return FieldDescription(
        name=field.name,
        key=camel_case(field.name),
        type=Annotated[(inner, *marks)] if marks else inner,
        nullable=nullable,
        required=default is missing,
        meaning=meaning,
        default=None if default is missing else default,
    )


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, UnionType):
        return hint, hint is Any
    [inner] = [part for part in get_args(hint) if part is not NoneType]
    return inner, True


def fits(record: Any, data: Mapping[str, Any]) -> bool:
    """Return whether data has what the fields promise, as events of another version may not."""
    return all(_fits(field, data) for field in describe(record))


def _fits(field: FieldDescription, data: Mapping[str, Any]) -> bool:
    value = data.get(field.key)
    if value is None:
        return field.nullable or not (field.required or field.key in data)
    if isinstance(field.type, type) and issubclass(field.type, Enum):
        return value in field.type.__members__
    if dataclasses.is_dataclass(field.type):
        return isinstance(value, Mapping) and fits(field.type, value)
    return True
