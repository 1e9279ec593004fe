"""Settings of one server or command: read once, from all their sources, and never changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chorus import paths
from chorus.settings.keys import variables_of
from chorus.settings.reader import Reader
from chorus.settings.sources import Environment, File, Source, variable
from chorus.settings.tables import Configuration, ProfileSettings

#: What the variables of each table begin with; other variables belong to others.
_TABLES = tuple(variable((item.name,)) for item in fields(Configuration))

#: What the variables of plugins' options begin with.
PLUGINS_PREFIX = "CHORUS_PLUGINS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Configuration):
    """The configuration and the folders of one server."""

    state_dir: Path
    runtime_dir: Path
    #: Where the configuration comes from; later ones win.
    sources: tuple[Source, ...] = ()
    #: The source of each value that is not the default: `server.port` -> a file or "the environment".
    origins: Mapping[str, str] = field(default_factory=dict)
    #: The options of each loaded plugin: what it declares, or its plain table.
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.state_dir / 'chorus.db'}"

    @property
    def profiles(self) -> Mapping[str, ProfileSettings]:
        return self.permissions.profiles

    def plain(self) -> dict[str, Any]:
        """Return the tables that plugins may read, as plain data."""
        return {
            "documents": {"include": self.documents.include, "exclude": self.documents.exclude},
            "agents": dict(self.agents),
        }


def load_settings(
    project: Path | None = None,
    *,
    state_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the configuration files and variables.

    Raise BadInput with the file, the line, the key and what is expected, for all that is wrong.
    """
    env = os.environ if environ is None else environ
    state = (state_dir or paths.state_dir(env)).absolute()
    environment = Environment({name: text for name, text in env.items() if name.startswith(_TABLES)})
    sources: tuple[Source, ...] = (*map(File.read, _files(env, project)), environment)
    reader = Reader()
    _refuse_unknown_variables(reader, environment)
    configuration = reader.read(Configuration, sources)
    return Settings(
        **{item.name: getattr(configuration, item.name) for item in fields(Configuration)},
        state_dir=state,
        runtime_dir=paths.runtime_dir(env, state),
        sources=sources,
        origins=reader.origins,
    )


def _files(env: Mapping[str, str], project: Path | None) -> list[Path]:
    home = Path(env.get("HOME") or Path.home())
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "chorus" / "config.toml"
    found = [config, *([project / "chorus.toml"] if project else [])]
    return [path for path in found if path.is_file()]


def _refuse_unknown_variables(reader: Reader, environment: Environment) -> None:
    """Refuse variables that begin like those of a table and belong to no key."""
    names = [name for name in environment.variables if name.startswith(tuple(f"{one}_" for one in _TABLES))]
    known = variables_of(Configuration)
    reader.refuse_variables(known, [name for name in names if not name.startswith(PLUGINS_PREFIX)])
