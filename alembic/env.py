"""Alembic's entry: uses the connection Chorus hands over, or makes one when run by the alembic command."""

from alembic import context
from sqlalchemy import Connection

from chorus.db.engine import create_engine, writing
from chorus.db.tables import metadata
from chorus.settings import load_settings


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def run_alone() -> None:
    engine = create_engine(load_settings().database_url)
    with writing(engine) as connection:
        run(connection)
    engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    run_alone()
