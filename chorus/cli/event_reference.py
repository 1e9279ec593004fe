"""Reference of the kinds of events, out of the catalogue: as a document, and as types for TypeScript."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from chorus.model.events import CATALOGUE, GROUPS
from chorus.model.events.base import EventKind, Id, Offset, Source
from chorus.model.events.description import FieldDescription, describe

MARKDOWN = """\
<!-- Written by `chorus schema --events markdown > docs/events.md` out of chorus/model/events/. -->

# Events

Everything that happens in Chorus is an event of one log. `chorus events` prints the log, and `events` of the
GraphQL API queries it and follows it. Each event has

| field | meaning |
|---|---|
| `cursor` | Position in the log, to continue after. |
| `at` | Time. |
| `kind` | Kind of event. |
| `taskId` | Id of the task, if the event belongs to one. |
| `source` | Who emitted the event. |
| `data` | Object with the fields of the kind. |

In GraphQL each kind is a type with the same fields: `... on TaskStatusEvent { status why }`. An event
without a type of its own is a `CoreEvent`, which has `data` only: events of plugins, and events whose fields
differ because another version of Chorus wrote them. Fields that may be null may be missing in events of an
earlier version.

An event of a tool or a text has at most 16 KiB. What is longer is shortened: `truncated` is true then, and
`…` marks the place.

## Sources

| source | value of `source` |
|---|---|
"""

TYPESCRIPT = """\
/* oxlint-disable max-lines */
/**
 * The kinds of events and their data, out of the server's catalogue. Written by
 * `chorus schema --events typescript > web/src/api/eventKinds.ts`. Plugins and newer servers have more kinds.
 */
"""

_NAMES: Mapping[Any, tuple[str, str]] = {
    str: ("string", "string"),
    Id: ("id", "string"),
    int: ("integer", "number"),
    Offset: ("integer", "number"),
    float: ("number", "number"),
    bool: ("boolean", "boolean"),
    Any: ("any", "unknown"),
    Sequence[Any]: ("list", "unknown[]"),
    Mapping[str, Any]: ("object", "Record<string, unknown>"),
    Mapping[str, str]: ("object of strings", "Record<string, string>"),
}


def markdown() -> str:
    """Return the document about all kinds of events."""
    sources = [f"| {source.name.lower()} | {source.value} |" for source in Source]
    return MARKDOWN + "\n".join([*sources, "", *(line for title in GROUPS for line in _group(title))])


def typescript() -> str:
    """Return types for the data of all kinds of events."""
    lines = [*_enums(), "export interface EventData {", *_data(), "}", "", *_UNION]
    return TYPESCRIPT + "\n".join(lines) + "\n"


# --- the document ------------------------------------------------------------------------------------


def _group(title: str) -> Iterator[str]:
    yield f"## {title}\n"
    for event in GROUPS[title]:
        yield from _section(event)


def _section(event: type[EventKind]) -> Iterator[str]:
    sources = ", ".join(source.name.lower() for source in event.sources)
    yield f"### `{event.kind}`\n\n{_text(event)} Type: `{event.__name__}`. Source: {sources}.\n"
    rows = list(_rows(event, ""))
    if rows:
        yield "| field | type | meaning |\n|---|---|---|"
        yield from (*rows, "")


def _rows(record: Any, prefix: str) -> Iterator[str]:
    for field in describe(record):
        inner = _record(field.type)
        name = f"{prefix}{field.key}{'[]' if inner and _is_list(field.type) else ''}"
        or_null = " or null" if field.nullable and field.type is not Any else ""
        yield f"| `{name}` | {_type_text(field.type)}{or_null} | {field.meaning} |"
        if inner:
            yield from _rows(inner, f"{name}.")


def _type_text(hint: Any) -> str:
    values = _values(hint)
    if values:
        return " ".join(f"`{value}`" for value in values)
    if hint in _NAMES:
        return _NAMES[hint][0]
    if _is_list(hint):
        return f"list of {_type_text(get_args(hint)[0])}s"
    return "object"


# --- the types ---------------------------------------------------------------------------------------

_UNION = (
    "export type EventKind = keyof EventData",
    "",
    "/** What can be read of the data of a kind: an event of another version may lack any of it. */",
    "export type DataOf<Kind extends EventKind> = Partial<EventData[Kind]>",
    "",
    "/** An event of a known kind with its data. */",
    "export type KnownEvent<Kind extends EventKind = EventKind> = {",
    "  [Each in Kind]: { kind: Each; data: DataOf<Each> }",
    "}[Kind]",
)


def _enums() -> Iterator[str]:
    hints = (
        field.type for event in CATALOGUE.values() for record in _records(event) for field in describe(record)
    )
    enums = {hint.__name__: hint for hint in hints if _is_enum(hint)}
    for name in sorted(enums):
        yield f"export type {name} = {_union(_values(enums[name]))}"
    yield ""


def _records(event: type[EventKind]) -> list[Any]:
    """Return the event and the records within it."""
    return [event, *(inner for field in describe(event) if (inner := _record(field.type)))]


def _data() -> Iterator[str]:
    for kind, event in CATALOGUE.items():
        yield f"  /** {_text(event)} */"
        fields = list(_members(event, "    "))
        yield from [f'  "{kind}": {{', *fields, "  }"] if fields else [f'  "{kind}": Record<string, never>']


def _members(record: Any, indent: str) -> Iterator[str]:
    for field in describe(record):
        yield f"{indent}/** {field.meaning} */"
        optional = "" if field.required else "?"
        yield f"{indent}{field.key}{optional}: {_type_of(field, indent)}"


def _type_of(field: FieldDescription, indent: str) -> str:
    inner = _record(field.type)
    name = _type_name(field.type) if inner is None else "\n".join(_object(inner, field.type, indent))
    return f"{name} | null" if field.nullable and field.type is not Any else name


def _object(record: Any, hint: Any, indent: str) -> list[str]:
    return ["{", *_members(record, f"{indent}  "), f"{indent}}}{'[]' if _is_list(hint) else ''}"]


def _type_name(hint: Any) -> str:
    if _is_enum(hint):
        return str(hint.__name__)
    if hint in _NAMES:
        return _NAMES[hint][1]
    return f"{_type_name(get_args(hint)[0])}[]" if _is_list(hint) else _union(_values(hint))


def _union(values: Sequence[str]) -> str:
    return " | ".join(f'"{value}"' for value in values)


# --- both --------------------------------------------------------------------------------------------


def _text(record: Any) -> str:
    return str(record.__doc__).partition("\n\n")[0]


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _is_list(hint: Any) -> bool:
    return get_origin(hint) is Sequence


def _values(hint: Any) -> Sequence[str]:
    """Return the values that a field can have, if they are a closed set."""
    if _is_enum(hint):
        return [member.value for member in hint]
    return get_args(hint) if get_origin(hint) is Literal else ()


def _record(hint: Any) -> Any:
    """Return the record that a field is or has a list of."""
    inner = get_args(hint)[0] if _is_list(hint) else hint
    return inner if dataclasses.is_dataclass(inner) else None
