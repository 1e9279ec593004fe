"""The connection to the database, set up so that a commit means what it says.

SQLite: WAL, one writer at a time (`BEGIN IMMEDIATE`), foreign keys on. `synchronous=NORMAL` keeps every
commit at a crash of the process; only a power cut may lose the last ones, never corrupt.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import sqlalchemy
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from chorus.errors import Busy, ChorusError, ReadOnly, StorageFull, Unavailable

#: Milliseconds a writer waits for another process before it is told BUSY.
BUSY_TIMEOUT_MS = 5000

#: Threads that read at the same time.
READERS = 4

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=67108864",
)


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None for other databases and those in memory."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in (None, "", ":memory:"):
        return None
    return Path(str(parts.database))


def create_engine(url: str) -> Engine:
    """Make the pool of connections; none is opened yet."""
    engine = sqlalchemy.create_engine(
        url,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        pool_size=READERS + 1,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
    return engine


def _configure(raw: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    raw.isolation_level = None  # the driver must begin no transactions itself
    cursor = raw.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the database."""
    with translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that may write: committed at the end, rolled back by an exception."""
    with translated(), engine.connect() as connection:
        connection.execution_options(write=True)
        with connection.begin():
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """The boundary where database errors become errors of Chorus."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, sqlite3.Error) as error:
        known = _known(error.orig if isinstance(error, DBAPIError) else error)
        if known is None:
            raise
        raise known from error


def _known(error: BaseException | None) -> ChorusError | None:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("The database is locked by another program; try again in a moment.")
    if primary == sqlite3.SQLITE_FULL:
        return StorageFull()
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        return ReadOnly(f"The database cannot be written ({error}): nothing was changed. Try again later.")
    if primary == sqlite3.SQLITE_CANTOPEN:
        return Unavailable(f"The database cannot be opened: {error}.")
    if primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return Unavailable(f"The database is damaged: {error}.")
    return None
