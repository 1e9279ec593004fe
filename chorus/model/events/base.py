"""Base of the kinds of events: fields that become the JSON object of a line of the event log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias, TypedDict


class Mark(Enum):
    """What a field is beyond its type."""

    ID = "an opaque identifier"
    OFFSET = "a number of bytes that may be larger than 32 bits"


Id: TypeAlias = Annotated[str, Mark.ID]
Offset: TypeAlias = Annotated[int, Mark.OFFSET]


class Source(Enum):
    """Who emits an event, which its `source` names."""

    ACTOR = "the name of the login or token that asked for it, or `chorus`"
    AGENT = "the status source that reported it (`claude-hooks`, …), or `transcript`"
    HOST = "`host`: the part of Chorus that works on the machine of the agents"
    CHORUS = "`chorus`: the server"
    POLICY = "the rule or profile that decided (`rule of ada`, `policy read_only`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """An event that has no place in the log yet; each subclass is one kind.

    A field is `Annotated` with its meaning. Its key in `Event.data` is its name in camelCase; an underscore
    at the end only avoids a word of Python or of this class.
    """

    kind: ClassVar[str]
    sources: ClassVar[tuple[Source, ...]]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as the plain data that the log keeps."""
        record: Any = type(self)
        return {key: _plain(getattr(self, name)) for name, key in keys(record)}


class FailureFields(TypedDict):
    """Fields of kinds that say why something failed."""

    code: str | None
    reason: str | None
    details: Mapping[str, Any]


def failure_fields(failure: Mapping[str, Any]) -> FailureFields:
    """Return what a ChorusError says of itself as fields of an event."""
    details = {name: value for name, value in failure.items() if name not in ("code", "reason", "message")}
    code, reason = failure.get("code"), failure.get("reason")
    return {
        "code": None if code is None else str(code),
        "reason": None if reason is None else str(reason),
        "details": details,
    }


def camel_case(name: str) -> str:
    """Return the JSON key of a field."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def keys(record: type[Any]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a dataclass, each with its JSON key."""
    return tuple((field.name, camel_case(field.name)) for field in fields(record))


def _plain(value: Any) -> Any:
    record: Any = type(value)
    convert = _CONVERSIONS.get(record)
    if convert is not None:
        return convert(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {key: _plain(getattr(value, name)) for name, key in keys(record)}
    return dict(value) if isinstance(value, Mapping) else value


#: What the fields hold most often, found without asking for their base classes.
_CONVERSIONS: Mapping[type[Any], Callable[[Any], Any]] = {
    type(None): lambda value: value,
    str: lambda value: value,
    int: lambda value: value,
    float: lambda value: value,
    bool: lambda value: value,
    dict: lambda value: value,
    list: lambda value: [_plain(item) for item in value],
    tuple: lambda value: [_plain(item) for item in value],
}
