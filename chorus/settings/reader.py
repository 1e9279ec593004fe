"""The reader of settings: from what the sources say to one typed value, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec import ValidationError, convert

from chorus.errors import BadInput
from chorus.settings import words
from chorus.settings.kinds import Kind, kinds_of
from chorus.settings.sources import Keys, Source
from chorus.settings.types import InvalidKey

T = TypeVar("T")


class Given(NamedTuple):
    """What one source says at some path."""

    source: Source
    value: Any


class Reader:
    """Reads tables as dataclasses. Of several sources the last one wins, key by key; each must be right."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        #: The source of each value that is not the default, by its dotted name.
        self.origins: dict[str, str] = {}

    def read(self, model: type[T], sources: Iterable[Source], path: Keys = ()) -> T:
        """Return the table at `path`. Raise BadInput with all that is wrong in it."""
        given = [Given(source, source.table(path, model)) for source in sources]
        value = self._table(model, [one for one in given if one.value is not None], path)
        self.check()
        assert isinstance(value, model)
        return value

    def check(self) -> None:
        """Raise BadInput if there are problems."""
        if self.problems:
            raise BadInput("\n".join(self.problems))

    def problem(self, source: Source | None, path: Keys, message: str) -> None:
        """Add a problem, with its place if a source has one."""
        place = source.place(path) if source else ""
        self.problems.append(f"{place}: {message}" if place else message)

    def _table(self, model: type, given: Sequence[Given], path: Keys, base: Any = None) -> Any:
        """Read one table; keys that no source names are those of `base`, or the defaults."""
        before = len(self.problems)
        tables = [one for one in given if self._is_table(one, path)]
        for one in tables:
            self._refuse_unknown(model, one, path)
        kinds = kinds_of(model)
        values = {} if base is None else {name: getattr(base, name) for name in kinds}
        for name, kind in kinds.items():
            if says := [Given(one.source, one.value[name]) for one in tables if name in one.value]:
                values[name] = self._value(kind, says, (*path, name))
            elif name not in values and kind.required and (tables or not given):
                message = f"{_title(path)} needs `{name}`, {words.expected_with_example(kind)}"
                self.problem(tables[-1].source if tables else None, path, message)
        return None if len(self.problems) > before else self._made(model, values, tables, path)

    def _is_table(self, given: Given, path: Keys) -> bool:
        if isinstance(given.value, Mapping):
            return True
        message = f"{_title(path)} must be a table, not {words.found(given.value, None)}"
        self.problem(given.source, path, message)
        return False

    def _refuse_unknown(self, model: type, given: Given, path: Keys) -> None:
        known = kinds_of(model)
        for key, value in given.value.items():
            if key in known or (isinstance(value, Mapping) and getattr(model, "has_other_tables", False)):
                continue
            message = _unknown(key, value, known, path)
            if path == ("plugins",):
                message += "; the options of a plugin are in a table [plugins.NAME]"
            self.problem(given.source, (*path, key), message)

    def _made(self, model: type, values: dict[str, Any], given: Sequence[Given], path: Keys) -> Any:
        try:
            return model(**values)
        except ValueError as error:
            if not given:
                raise
            key = (error.key,) if isinstance(error, InvalidKey) else ()
            one = next((one for one in reversed(given) if not key or key[0] in one.value), given[-1])
            self.problem(one.source, (*path, *key), f"{_title(path)} {error}")
            return None

    def _value(self, kind: Kind, given: Sequence[Given], path: Keys) -> Any:
        self.origins[".".join(map(str, path))] = given[-1].source.name
        if model := kind.model:
            return self._table(model, given, path)
        if model := kind.entry_model:
            return self._entries(model, given, path, kind.field.metadata.get("base", {}))
        if model := kind.item_model:
            return [self._items(model, kind, one, path) for one in given][-1]
        return [self._leaf(kind, one, path) for one in given][-1]

    def _entries(
        self, model: type, given: Sequence[Given], path: Keys, base: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Read a table of tables of one kind."""
        entries: dict[str, list[Given]] = {}
        for one in given:
            if self._is_table(one, path):
                for name, value in one.value.items():
                    entries.setdefault(name, []).append(Given(one.source, value))
        for name, says in entries.items():
            self.origins[".".join(map(str, (*path, name)))] = says[-1].source.name
        return {
            name: self._table(model, says, (*path, name), base.get(name)) for name, says in entries.items()
        }

    def _items(self, model: type, kind: Kind, given: Given, path: Keys) -> Any:
        """Read a list of tables of one kind; the list of a later source replaces it."""
        if not isinstance(given.value, list | tuple):
            return self._leaf(kind, given, path)
        return tuple(
            self._table(model, [Given(given.source, value)], (*path, position))
            for position, value in enumerate(given.value)
        )

    def _leaf(self, kind: Kind, given: Given, path: Keys) -> Any:
        try:
            return convert(given.value, kind.hint)
        except ValidationError:
            hidden = words.is_secret(str(path[-1])) or "env" in path
            wanted, found = (
                words.expected_with_example(kind),
                words.found(given.value, kind.hint, hidden=hidden),
            )
            self.problem(given.source, path, f"{_title(path[:-1])} {path[-1]} must be {wanted}, not {found}")
            return None

    def refuse_variables(self, known: Collection[str], names: Iterable[str]) -> None:
        """Add a problem for each of these variables that belongs to no key."""
        for name in names:
            if name not in known:
                self.problems.append(f"{name}: no setting has this variable{suggestion(name, known)}")


def _title(path: Keys) -> str:
    return f"[{words.dotted(path)}]"


def _unknown(key: str, value: Any, known: Collection[str], path: Keys) -> str:
    listed = f"(known: {', '.join(sorted(known))})"
    if not path and isinstance(value, Mapping):
        return f"unknown table [{words.dotted((key,))}] {listed}{suggestion(key, known)}"
    place = f"in {_title(path)}" if path else "outside of a table"
    return f"unknown key `{key}` {place} {listed}{suggestion(key, known)}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question for the nearest of the known names, if one is near."""
    from difflib import get_close_matches

    nearest = get_close_matches(name, list(known), 1)
    return f"; did you mean `{nearest[0]}`?" if nearest else ""
