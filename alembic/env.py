"""Alembic's entry: uses the connection Chorus hands over, or makes one when run by the alembic command."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from chorus.db.engine import create_engine
from chorus.db.tables import metadata
from chorus.settings import load_settings


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    engine = create_engine(load_settings().database_url)
    async with engine.connect() as connection:
        connection = await connection.execution_options(write=True)
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_alone())
