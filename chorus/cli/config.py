"""chorus config …: what can be configured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chorus.cli.output import json_option, show_json, show_table

if TYPE_CHECKING:
    from chorus.plugins import Plugins
    from chorus.settings import Key


@click.group()
def config() -> None:
    """Show what can be configured."""


@config.command()
@json_option
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a table in Markdown.")
def keys(as_json: bool, as_markdown: bool) -> None:
    """List every key, with its default and its variable, of Chorus and its plugins."""
    from chorus.settings import all_keys

    found = all_keys(_plugins().models)
    if as_json:
        show_json([asdict(key) for key in found])
    elif as_markdown:
        click.echo(markdown(found))
    else:
        rows = [(key.name, key.default_text, key.variable, key.description) for key in found]
        show_table(("KEY", "DEFAULT", "VARIABLE", "MEANING"), rows)


@config.command()
def schema() -> None:
    """Print the JSON schema of chorus.toml, for editors."""
    from chorus.settings import json_schema

    plugins = _plugins()
    others = [info.name for info in plugins.infos if info.name not in plugins.models]
    show_json(json_schema(plugins.models, others))


def markdown(keys: Iterable[Key]) -> str:
    """Return the table of the documentation."""
    lines = ["| key | is | default | variable | meaning |", "|---|---|---|---|---|"]
    for key in keys:
        default = "required" if key.required else f"`{key.default_text}`" if key.default_text else ""
        lines.append(f"| `{key.name}` | {key.expected} | {default} | `{key.variable}` | {key.description} |")
    return "\n".join(lines)


def _plugins() -> Plugins:
    """Return all plugins that are installed, as they are without any configuration."""
    from chorus import plugins
    from chorus.settings import Settings

    return plugins.load(Settings(state_dir=Path("/nowhere"), runtime_dir=Path("/nowhere")))


COMMANDS = (config,)
