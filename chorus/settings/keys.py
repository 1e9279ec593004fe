"""The catalogue of keys, from the models that declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chorus.settings import words
from chorus.settings.kinds import Kind, kinds_of
from chorus.settings.sources import Keys, variable
from chorus.settings.tables import Configuration

#: Stands for the name that a person gives to a table.
NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration. `default` is None if it has none, and then often required."""

    name: str
    expected: str
    default: Any
    required: bool
    variable: str
    description: str

    @property
    def default_text(self) -> str:
        """The default as it is written in a TOML file; empty if there is none."""
        return "" if self.default is None else words.as_toml(self.default)


def all_keys(models: Mapping[str, type]) -> list[Key]:
    """Return the keys of the core, then those of the plugins with these models."""
    found = list(keys_of(Configuration))
    for plugin, model in models.items():
        found += keys_of(model, ("plugins", plugin))
    return found


def keys_of(model: type, path: Keys = (), table_variable: str | None = None) -> Iterator[Key]:
    """Yield the keys of a model."""
    for here, name, kind in _leaves(model, path, table_variable):
        yield Key(
            name=".".join(map(str, here)),
            expected=words.expected(kind),
            default=kind.default,
            required=kind.required,
            variable=name,
            description=str(kind.notes.get("description", "")),
        )


def variables_of(model: type, path: Keys = ()) -> set[str]:
    """Return the names of all variables that set a key of this model."""
    return {name for _, name, _ in _leaves(model, path)}


def _leaves(model: type, path: Keys, table_variable: str | None = None) -> Iterator[tuple[Keys, str, Kind]]:
    """Yield the path, the variable and the kind of each key.

    Those in a table or a list of tables are set by the variable of the whole of it.
    """
    for key, kind in kinds_of(model).items():
        here = (*path, key)
        name = table_variable or variable(here)
        if inner := kind.model:
            yield from _leaves(inner, here, table_variable)
        elif inner := kind.entry_model:
            yield from _leaves(inner, (*here, NAME), name)
        elif inner := kind.item_model:
            yield from _leaves(inner, (*path, f"{key}[]"), name)
        else:
            yield here, name, kind
