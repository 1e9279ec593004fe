"""A client that repeats a mutation with its own id gets the answer of the first time."""

from __future__ import annotations

import hashlib

import orjson
from sqlalchemy import insert, select

from chorus.db import tables
from chorus.db.unit import Unit
from chorus.errors import Conflict


def digest(*values: object) -> str:
    return hashlib.sha256(orjson.dumps(values, default=str)).hexdigest()


def earlier(unit: Unit, actor: str, key: str | None, action: str, body: str) -> str | None:
    """The id of what the same request made before. Conflict when the key was used for something else."""
    if key is None:
        return None
    keys = tables.idempotency
    query = select(keys).where(keys.c.actor == actor, keys.c.key == key)
    found = (unit.connection.execute(query)).first()
    if found is None:
        return None
    if found.action != action or found.digest != body:
        raise Conflict(f"The clientMutationId {key!r} was used for another {found.action}; choose a new one.")
    return str(found.result_id)


def remember(unit: Unit, actor: str, key: str | None, action: str, body: str, result_id: str) -> None:
    if key is not None:
        unit.connection.execute(
            insert(tables.idempotency).values(
                actor=actor, key=key, action=action, digest=body, result_id=result_id, created_at=unit.at
            )
        )
