"""Types of the kinds of events, made from the catalogue: the fields of each beside those of every event."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from types import GenericAlias
from typing import Any, Literal, get_args, get_origin

import strawberry
from strawberry.scalars import JSON

from chorus import model
from chorus.graphql.types.events import CoreEvent, Event
from chorus.model.events import CATALOGUE
from chorus.model.events.base import EventKind, Id, Offset
from chorus.model.events.description import FieldDescription, describe, fits

#: Makes a value of the API out of one of the log.
Read = Callable[[Any], Any]

_SCALARS: Mapping[Any, Any] = {str: str, int: int, float: float, bool: bool, Id: strawberry.ID, Offset: float}


def of(event: model.Event) -> Event:
    """Return an event as the type of its kind, or as a CoreEvent where it does not fit."""
    api_type = EVENT_TYPES.get(event.kind)
    if api_type is None or not fits(CATALOGUE[event.kind], event.data):
        return CoreEvent.of(event)
    return api_type.of(event)


def _api_type(hint: Any) -> tuple[Any, Read]:
    """Return the type of the API for the type of a field, and how its values are read."""
    if hint in _SCALARS:
        return _SCALARS[hint], _same
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint, hint
    if dataclasses.is_dataclass(hint):
        record: Any = hint
        return _record_type(record)
    if get_origin(hint) is Sequence and get_args(hint) != (Any,):
        item, read = _api_type(get_args(hint)[0])
        return GenericAlias(list, item), lambda values: [read(value) for value in values]
    return str if get_origin(hint) is Literal else JSON, _same


def _same(value: Any) -> Any:
    return value


def _field_type(field: FieldDescription) -> tuple[Any, Read]:
    api_type, read = _api_type(field.type)
    return api_type | None if field.nullable else api_type, _of_field(field, read)


def _of_field(field: FieldDescription, read: Read) -> Read:
    """Return what reads the field out of the data that has it."""

    def of_field(data: Mapping[str, Any]) -> Any:
        value = data.get(field.key, field.default)
        return None if value is None else read(value)

    return of_field


@cache
def _record_type(record: Any) -> tuple[Any, Read]:
    types = {field.name: _field_type(field) for field in describe(record)}
    members = {field.name: strawberry.field(description=field.meaning) for field in describe(record)}
    annotations = {name: api_type for name, (api_type, _) in types.items()}
    plain = type(record.__name__, (), {**members, "__annotations__": annotations})
    api_type: Any = strawberry.type(plain, description=_description(record))
    return api_type, lambda data: api_type(**{name: read(data) for name, (_, read) in types.items()})


def _event_type(kind: type[EventKind]) -> type[Event]:
    """Return the type of a kind. A field is read only when a client asks for it."""
    members = {field.name: _member(kind, field) for field in describe(kind)}
    plain = type(kind.__name__, (Event,), members)
    return strawberry.type(plain, description=_description(kind))


def _member(kind: type[EventKind], field: FieldDescription) -> Any:
    api_type, read = _field_type(field)

    def resolve(self: Any) -> Any:
        return read(self.data)

    name = _name(kind, field)
    return strawberry.field(resolver=resolve, graphql_type=api_type, name=name, description=field.meaning)


def _name(kind: type[EventKind], field: FieldDescription) -> str:
    """Return the key of a field; where every event has such a field, with the noun before it."""
    taken = field.key in {other.name for other in dataclasses.fields(Event)}
    noun = kind.kind.rpartition(".")[2]
    return noun + field.key.capitalize() if taken else field.key


def _description(record: Any) -> str:
    return str(record.__doc__).partition("\n\n")[0]


#: The type of each kind of event.
EVENT_TYPES: Mapping[str, type[Event]] = {name: _event_type(kind) for name, kind in CATALOGUE.items()}
