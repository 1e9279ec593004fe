"""Hosts in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from chorus.db import tables

_TABLE = tables.hosts
_BY_NAME = select(_TABLE.c.id).where(_TABLE.c.name == bindparam("host_name"))
_ADD = insert(_TABLE).values(epoch=0)
_COME_UP = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("host_id"))
    .values(epoch=_TABLE.c.epoch + 1, seen_at=bindparam("at"))
)


def find_id(connection: Connection, name: str) -> str | None:
    """Return the id of the host of this name; None when there is none."""
    found: str | None = connection.execute(_BY_NAME, {"host_name": name}).scalar()
    return found


def add(connection: Connection, id: str, name: str) -> None:
    """Add a host that has not come up yet."""
    connection.execute(_ADD, {"id": id, "name": name})


def come_up(connection: Connection, id: str, at: datetime) -> None:
    """Begin the next epoch of a host: it has started."""
    connection.execute(_COME_UP, {"host_id": id, "at": at})
