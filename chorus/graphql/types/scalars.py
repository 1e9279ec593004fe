"""Scalars and enums of the API."""

from __future__ import annotations

from typing import NewType

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from chorus import model
from chorus.backends import ConflictPolicy
from chorus.db.event_log import decode_cursor, encode_cursor

# The enums of the model are those of the API: registered once, used by their own names.
for _enum in (
    model.TaskStatus,
    model.AgentStatus,
    model.RunMode,
    model.RunEnd,
    model.PermissionState,
    model.PermissionDecision,
    model.PermissionScope,
    model.MessageState,
    model.CheckState,
    model.ToolKind,
    ConflictPolicy,
):
    strawberry.enum(_enum)

#: A position in the event log.
Cursor = NewType("Cursor", int)


def _parse(value: object) -> Cursor:
    return Cursor(decode_cursor(value if isinstance(value, str) else ""))


def _definition() -> ScalarDefinition:
    return strawberry.scalar(
        name="Cursor",
        description="Opaque position in the event log.",
        serialize=encode_cursor,
        parse_value=_parse,
    )


def config() -> StrawberryConfig:
    return StrawberryConfig(scalar_map={Cursor: _definition()})
