"""Options of plugins: the tables `[plugins.NAME]`, read once it is known which plugins there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, TypeVar

from chorus.settings.keys import variables_of
from chorus.settings.loading import PLUGINS_PREFIX, Settings
from chorus.settings.reader import Reader, suggestion
from chorus.settings.sources import Environment, File, Source, Table, variable
from chorus.settings.tables import PluginSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a plugin that has none: every key in its table is an error."""


def read_options(model: type[T], table: Mapping[str, Any], plugin: str) -> T:
    """Return a plain table as the options of a plugin. Raise BadInput if it is wrong."""
    path = ("plugins", plugin)
    return Reader().read(model, [Table(path, table)], path)


class PluginOptions:
    """The options in all sources of some settings, for the plugins of these names."""

    def __init__(self, settings: Settings, installed: Collection[str]) -> None:
        self._settings = settings
        self._installed = sorted(installed)

    def check_names(self) -> None:
        """Raise BadInput if anything names a plugin that is not installed."""
        reader = Reader()
        for source, path, name in self._named():
            if name not in self._installed:
                known = f"(installed: {', '.join(self._installed)})"
                hint = suggestion(name, self._installed)
                reader.problem(source, path, f"no plugin is called {name!r} {known}{hint}")
        for name in self._variables():
            if self._owner(name) is None:
                hint = suggestion(name, [f"{self._prefix(one)}…" for one in self._installed])
                reader.problems.append(f"{name}: no plugin has this variable{hint}")
        reader.check()

    def read(self, plugin: str, model: type | None) -> tuple[Any, dict[str, str]]:
        """Return the options of a plugin and where they come from.

        Without a model they are its plain table.
        """
        path = ("plugins", plugin)
        if model is None:
            return self.plain(plugin), {}
        if not (isinstance(model, type) and is_dataclass(model)):
            raise TypeError(f"chorus_settings returned {model!r}, which is not a dataclass")
        mine = {name: text for name, text in self._variables().items() if self._owner(name) == plugin}
        environment = Environment(mine)
        reader = Reader()
        reader.refuse_variables(variables_of(model, path), mine)
        options = reader.read(model, [*self._files(), environment], path)
        return options, reader.origins

    def plain(self, plugin: str) -> dict[str, Any]:
        """Return the table of a plugin as it stands in the files."""
        tables = [file.table(("plugins", plugin), PluginSettings) for file in self._files()]
        return {key: value for table in tables if table for key, value in table.items()}

    def place(self, setting: str) -> str:
        """Return the place where a key is set; nothing if it has its default."""
        origin = self._settings.origins.get(setting)
        source = next((one for one in self._settings.sources if one.name == origin), None)
        return source.place(tuple(setting.split("."))) if source else ""

    def _named(self) -> Iterator[tuple[Source, tuple[str, ...], str]]:
        """Yield every name of a plugin with the source and the path that has it."""
        for source in self._settings.sources:
            table = source.table(("plugins",), PluginSettings) or {}
            for key, value in table.items():
                if key == "disabled":
                    yield from ((source, ("plugins", key), name) for name in value)
                elif isinstance(value, Mapping):
                    yield source, ("plugins", key), key

    def _files(self) -> list[File]:
        return [source for source in self._settings.sources if isinstance(source, File)]

    def _variables(self) -> dict[str, str]:
        """Return the variables of plugins' options."""
        environments = [one for one in self._settings.sources if isinstance(one, Environment)]
        return {
            name: text
            for environment in environments
            for name, text in environment.variables.items()
            if name.startswith(PLUGINS_PREFIX) and name != variable(("plugins", "disabled"))
        }

    def _owner(self, name: str) -> str | None:
        """Return the plugin with the longest name that fits a variable."""
        owners = [plugin for plugin in self._installed if name.startswith(self._prefix(plugin))]
        return max(owners, key=len, default=None)

    @staticmethod
    def _prefix(plugin: str) -> str:
        return variable(("plugins", plugin, ""))
