"""Words for what a setting must be, and for what was found instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from msgspec import ValidationError, convert, inspect

from chorus.settings.kinds import Kind, bare

_SECRET = re.compile(r"(token|secret|password|passwd|api_?key|credential)s?$", re.IGNORECASE)

#: Characters of a wrong value that are repeated in an error.
SHOWN_CHARS = 60

_PLURALS = {
    "a string": "strings",
    "a whole number": "whole numbers",
    "a number": "numbers",
    "a table": "tables",
}


def is_secret(name: str) -> bool:
    """Return whether a value is a secret by what it is called."""
    return _SECRET.search(name) is not None


def expected(kind: Kind) -> str:
    """Return what a value must be, for example "a whole number from 0 to 65535"."""
    return _expected(kind.info)


def expected_with_example(kind: Kind) -> str:
    examples = kind.notes.get("examples")
    return expected(kind) + (f" such as {as_toml(examples[0])}" if examples else "")


def _expected(info: inspect.Type) -> str:
    match info:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"a whole number{_range(info)}"
        case inspect.FloatType():
            return f"a number{_range(info)}"
        case inspect.LiteralType():
            return f"one of {', '.join(map(as_toml, info.values))}"
        case inspect.EnumType():
            return f"one of {', '.join(as_toml(member.value) for member in info.cls)}"
        case inspect.StrType():
            return "a string that is not empty" if info.min_length else "a string"
        case _:
            return _expected_container(info)


def _expected_container(info: inspect.Type) -> str:
    if isinstance(info, inspect.VarTupleType):
        some = "one or more " if info.min_length else ""
        return f"a list of {some}{_plural(info.item_type)}"
    return f"a table of {_plural(info.value_type)}" if isinstance(info, inspect.DictType) else "a table"


def _plural(info: inspect.Type) -> str:
    return _PLURALS.get(_expected(bare(info)), "values")


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    """Return the bounds in words; a lower one is exclusive (gt) or inclusive (ge)."""
    if info.gt is not None:
        return f" greater than {info.gt}" + (f" and at most {info.le}" if info.le is not None else "")
    if info.ge is not None and info.le is not None:
        return f" from {info.ge} to {info.le}"
    return f" of {info.ge} or more" if info.ge is not None else ""


def found(value: Any, hint: Any, *, hidden: bool = False) -> str:
    """Return what a wrong value is, without the text of one that may be a secret."""
    if isinstance(value, str):
        return "this string" if hidden else f"the string {as_toml(_short(value))}"
    if isinstance(value, Mapping):
        return _table(value, get_args(_plain(hint)), hidden)
    if isinstance(value, list | tuple):
        return _list(value, get_args(_plain(hint)), hidden)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else _short(str(value))


def _table(value: Mapping[str, Any], hints: tuple[Any, ...], hidden: bool) -> str:
    for name, item in value.items() if len(hints) == 2 else ():
        if not _fits(name, hints[0]):
            return f"a table with the key {as_toml(_short(name))}"
        if not _fits(item, hints[1]):
            return f"a table containing {found(item, hints[1], hidden=hidden)}"
    return "a table"


def _list(value: Sequence[Any], hints: tuple[Any, ...], hidden: bool) -> str:
    for item in value if hints else ():
        if not _fits(item, hints[0]):
            return f"a list containing {found(item, hints[0], hidden=hidden)}"
    return "a list" if value else "an empty list"


def _plain(hint: Any) -> Any:
    return hint.__origin__ if hasattr(hint, "__metadata__") else hint


def _fits(value: Any, hint: Any) -> bool:
    try:
        convert(value, hint)
    except ValidationError:
        return False
    return True


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def as_toml(value: Any) -> str:
    """Return a plain value as it is written in a TOML file."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(name))} = {as_toml(one)}" for name, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else as_toml(name)


def dotted(path: Iterable[str | int]) -> str:
    """Return a path as it is written in a TOML file."""
    return ".".join(_key(str(part)) for part in path)
