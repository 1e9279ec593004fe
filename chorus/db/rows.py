"""From rows to the records of `chorus.model`. Rows go no further.

A column and a field of one name are the same thing; only what differs is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from sqlalchemy import Row

from chorus.model import (
    Commit,
    DocumentReference,
    FoundPart,
    GivenContext,
    GivenDocument,
    Message,
    PermissionRequest,
    PermissionRule,
    Project,
    Run,
    Task,
    ToolUse,
)

AnyRow = Row[tuple[Any, ...]]

T = TypeVar("T")


def project(row: AnyRow) -> Project:
    return _record(Project, row)


def task(row: AnyRow) -> Task:
    return _record(Task, row)


def run(row: AnyRow) -> Run:
    return _record(Run, row)


def message(row: AnyRow) -> Message:
    return _record(Message, row)


def permission(row: AnyRow) -> PermissionRequest:
    tool = ToolUse.from_json(row.tool_name, row.tool_input, row.tool_use)
    return _record(PermissionRequest, row, tool=tool)


def permission_columns(request: PermissionRequest) -> dict[str, Any]:
    """Return the columns of a request."""
    columns = {name: getattr(request, name) for name in PermissionRequest.__slots__ if name != "tool"}
    tool = request.tool
    told = {"tool_name": tool.name, "tool_input": tool.input, "tool_use": tool.to_json()}
    return {**columns, **told, "suggestions": list(request.suggestions)}


def permission_rule(row: AnyRow) -> PermissionRule:
    return _record(PermissionRule, row)


def commit(row: AnyRow) -> Commit:
    return _record(Commit, row, id=row.sha)


def reference(row: AnyRow) -> DocumentReference:
    was = FoundPart(**row.was) if row.was else None
    return _record(DocumentReference, row, was=was, version=None, text=None)


def given_context(row: AnyRow) -> GivenContext:
    documents = tuple(GivenDocument(**one) for one in row.documents)
    return _record(GivenContext, row, documents=documents)


def _record(kind: Callable[..., T], row: AnyRow, **given: Any) -> T:
    """The record with the row's columns in its fields; `given` are the fields that are no columns."""
    columns = row._mapping
    for name, convert in _conversions(kind).items():
        if name not in given:
            value = columns[name]
            given[name] = value if convert is None or value is None else convert(value)
    return kind(**given)


@cache
def _conversions(kind: Any) -> dict[str, Callable[[Any], Any] | None]:
    """What makes a column's value the field's: enums and tuples are kept as text and lists."""
    hints = get_type_hints(kind)
    return {item.name: _conversion(hints[item.name]) for item in fields(kind)}


def _conversion(hint: Any) -> Callable[[Any], Any] | None:
    if isinstance(hint, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        return tuple
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else None
