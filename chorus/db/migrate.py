"""Bringing the database to the schema of this version.

The migrations are the top-level `alembic/` of the checkout, inside the package in a wheel. A new file
is made as it should be; an older one is copied first; a newer one is left alone.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from chorus.db.engine import translated, writing
from chorus.db.unit import now
from chorus.errors import Conflict, Unavailable
from chorus.paths import migrations

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest migration, said here so that a server whose database has it starts without loading Alembic.
REVISION = "0003"


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: Connection) -> str | None:
    """Return the migration that Alembic noted last, None in a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _known(revision: str) -> bool:
    from alembic.script import ScriptDirectory

    return any(one.revision == revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


def revision(engine: Engine) -> str | None:
    """The schema the database has; None when it is new. Conflict when it is newer than this version."""
    _refuse_foreign(engine)
    try:
        with translated(), engine.connect() as connection:
            found = _current(connection)
    except Unavailable as error:
        advice = _backup_of(engine)
        raise Unavailable(
            f"{engine.url.database}: {error.message} Nothing was changed ({advice})."
        ) from error
    if found not in (None, REVISION) and not _known(str(found)):
        raise Conflict(
            f"The database {engine.url.database} was made by a newer version of Chorus (schema {found}). "
            "Nothing was changed: install that version, or use another state directory."
        )
    return found


def _refuse_foreign(engine: Engine) -> None:
    """A file that is not a database is never repaired: it may be somebody's only copy of something."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    path = Path(engine.url.database)
    try:
        start = path.read_bytes()[:16] if path.exists() else b""
    except OSError as error:
        raise Unavailable(f"The database {path} cannot be read: {error.strerror}.") from error
    if start and start != b"SQLite format 3\0":
        advice = _backup_of(engine)
        raise Unavailable(f"{path} is not an SQLite database, or is damaged; nothing was changed ({advice}).")


def _backup_of(engine: Engine) -> str:
    path = Path(engine.url.database or "")
    backups = sorted(path.parent.glob(f"{path.name}.*.bak"))
    return f"the newest backup is {backups[-1]}" if backups else "there is no backup beside it"


def prepare(engine: Engine) -> None:
    """Make a new database; refuse one with an older schema, which a person upgrades when it suits them."""
    found = revision(engine)
    if found is not None and found != REVISION:
        raise Conflict(
            f"The database {engine.url.database} has the schema {found} of an older version of Chorus, and "
            f"this one needs {REVISION}. Run `chorus db upgrade`: it makes a copy first. Nothing was changed."
        )
    upgrade(engine)


def upgrade(engine: Engine) -> str | None:
    """Migrate to the newest schema. Returns the backup made before, if one was; nothing to do is fine."""
    found = revision(engine)
    if found == REVISION:
        return None
    backup = _backup(engine) if found is not None else None
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            # Two servers must not migrate at once; the number only has to be ours ("chor" in ASCII).
            connection.execute(text("SELECT pg_advisory_xact_lock(1667788658)"))
        _upgrade(connection)
    return backup


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _backup(engine: Engine) -> str | None:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    copy = Path(f"{engine.url.database}.{now():%Y%m%d%H%M%S}.bak")
    part = copy.with_suffix(".part")  # what is called a backup is a whole one, whenever we are killed
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(engine.url.database)) as source:
        source.execute("VACUUM INTO ?", (str(part),))
    part.chmod(0o600)
    part.replace(copy)
    return str(copy)
