"""The command line: thin. It parses, calls the server or a service, and prints.

Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.
"""

from __future__ import annotations

import logging
import sys

import click

from chorus import __version__
from chorus.cli import (
    config,
    database,
    demo,
    documents,
    permissions,
    projects,
    serving,
    start_queue,
    system,
    task_page,
    task_queue,
    task_runs,
    tasks,
)
from chorus.errors import ChorusError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chorus")
def cli() -> None:
    """Run many coding agents on your repositories, each on its own branch."""


for module in (serving, projects, tasks, start_queue, permissions, documents, system, config, database, demo):
    for command in module.COMMANDS:
        cli.add_command(command)
for command in (*task_page.COMMANDS, *task_queue.COMMANDS, *task_runs.COMMANDS, *start_queue.TASK_COMMANDS):
    tasks.task.add_command(command)


def main() -> None:
    # Commands answer in their own words; only a server keeps a log, and sets it up itself.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ChorusError as error:
        click.echo(f"chorus: {error.message}", err=True)
        sys.exit(1)
