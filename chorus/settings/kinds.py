"""Kinds of keys: what a model says of each of its keys, read once for each model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Any, get_type_hints

from msgspec import inspect

_PLAIN = (
    *(inspect.BoolType, inspect.IntType, inspect.FloatType, inspect.StrType),
    *(inspect.LiteralType, inspect.EnumType, inspect.DataclassType),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """The type and the default of one key.

    `hint` is what msgspec converts to, `info` what it knows of that, without None and without the `notes`:
    the description and the examples.
    """

    field: Field[Any]
    hint: Any
    info: inspect.Type
    notes: Mapping[str, Any]

    @property
    def required(self) -> bool:
        return self.field.default is MISSING and self.field.default_factory is MISSING

    @property
    def default(self) -> Any:
        """The default; None if the key is required."""
        if self.field.default_factory is not MISSING:
            return self.field.default_factory()
        return None if self.field.default is MISSING else self.field.default

    @property
    def model(self) -> type | None:
        """The dataclass that a table is read as."""
        return _model(self.info)

    @property
    def entry_model(self) -> type | None:
        """The dataclass of each entry of a table of tables."""
        return _model(self.info.value_type) if isinstance(self.info, inspect.DictType) else None

    @property
    def item_model(self) -> type | None:
        """The dataclass of each item of a list of tables."""
        return _model(self.info.item_type) if isinstance(self.info, inspect.VarTupleType) else None


@cache
def kinds_of(model: type) -> Mapping[str, Kind]:
    """Return the kind of each key. Raise TypeError if a type is none for a setting."""
    info, hints = inspect.type_info(model), get_type_hints(model, include_extras=True)
    assert isinstance(info, inspect.DataclassType)
    types = {field.name: field.type for field in info.fields}
    return {field.name: _kind(field, hints[field.name], types[field.name]) for field in fields(model)}


def _kind(field: Field[Any], hint: Any, info: inspect.Type) -> Kind:
    notes = info.extra_json_schema if isinstance(info, inspect.Metadata) else None
    _check(bare(info))
    return Kind(field, hint, bare(info), notes or {})


def bare(info: inspect.Type) -> inspect.Type:
    """Return a type without its description, and without None beside another."""
    if isinstance(info, inspect.Metadata):
        return bare(info.type)
    if isinstance(info, inspect.UnionType):
        types = [one for one in info.types if not isinstance(one, inspect.NoneType)]
        return bare(types[0]) if len(types) == 1 else info
    return info


def _check(info: inspect.Type) -> None:
    if isinstance(info, inspect.DictType):
        _check(bare(info.value_type))
    elif isinstance(info, inspect.VarTupleType):
        _check(bare(info.item_type))
    elif not isinstance(info, _PLAIN):
        kind = info.cls if isinstance(info, inspect.CustomType) else type(info)
        raise TypeError(f"a setting cannot have the type {kind.__name__}")


def _model(info: inspect.Type) -> type | None:
    known = bare(info)
    return known.cls if isinstance(known, inspect.DataclassType) else None
