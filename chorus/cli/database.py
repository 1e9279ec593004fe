"""chorus db …"""

from __future__ import annotations

from pathlib import Path

import click

from chorus.cli.output import state_dir_option


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@state_dir_option
def upgrade(state_dir: Path | None) -> None:
    """Bring the database to the schema of this version, after a backup copy."""
    # Imported here: it takes half a second that other commands need not wait.
    from chorus.db import migrate
    from chorus.settings import load_settings

    settings = load_settings(Path.cwd(), state_dir=state_dir)
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup = _upgrade(settings.database_url)
    if backup:
        click.echo(f"The database as it was: {backup}")
    click.echo(f"The schema is {migrate.REVISION}.")


def _upgrade(url: str) -> str | None:
    from chorus.db import migrate
    from chorus.db.engine import create_engine

    engine = create_engine(url)
    try:
        return migrate.upgrade(engine)
    finally:
        engine.dispose()


COMMANDS = (db,)
