"""Limits of one GraphQL document.

Checked before validation, in time proportional to the document: graphql-core's rule about overlapping
fields is quadratic in repeated fields, and counting through fragments without remembering them is
exponential (a chain of thirty fragments that each spread the next twice is a billion). Results are kept,
like those of parsing and validation, for documents that come again.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    parse,
    specified_rules,
    validate,
)
from graphql.type import GraphQLList, GraphQLNonNull
from strawberry.extensions import SchemaExtension

MAX_TOKENS = 2000
MAX_ALIASES = 30
MAX_DEPTH = 12
#: Objects that an answer may be made of, as far as the document tells.
MAX_COST = 10_000
#: Times that fields of one name may stand in a document: with a selection of their own, and without.
MAX_REPEATS = 30
MAX_LEAF_REPEATS = 200
MAX_FRAGMENTS = 50

#: Items counted for a list that cannot be paged, and for a page whose size is a variable (the largest
#: page there is).
_UNPAGED = 10
_LARGEST_PAGE = 100

_PAGE_ARGUMENTS = ("first", "last", "limit")

VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"


class QueryLimits(SchemaExtension):
    """Bounds parsing and validation; made once per operation, what it found is shared."""

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_parse(self) -> Iterator[None]:
        # An error is left for Strawberry to meet again: raised here, it would end a WebSocket's operation
        # without an answer.
        with contextlib.suppress(GraphQLError, RecursionError):
            self.execution_context.graphql_document = _parsed(self.execution_context.query or "")
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.graphql_document is not None:
            context.pre_execution_errors = _errors(context.schema._schema, context.graphql_document)
        yield


#: For `strawberry.Schema(extensions=…)`.
EXTENSIONS: tuple[type[SchemaExtension], ...] = (QueryLimits,)


@lru_cache(maxsize=128)
def _parsed(query: str) -> DocumentNode:
    return parse(query, max_tokens=MAX_TOKENS)


@lru_cache(maxsize=128)
def _errors(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    errors = exceeded(schema, document) or validate(schema, document, specified_rules)
    for error in errors:
        error.extensions = {"code": VALIDATION_FAILED}
    return errors


def exceeded(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """The limits that this document goes beyond, as errors that say by how much."""
    try:
        return [GraphQLError(message) for message in _exceeded(schema, document)]
    except RecursionError:
        return [GraphQLError(f"This is nested more than {MAX_DEPTH} levels deep.")]


def _exceeded(schema: GraphQLSchema, document: DocumentNode) -> Iterator[str]:
    if (message := _repetition(document)) is not None:
        yield message
        return
    meter = _Meter(schema, document)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            size = meter.measure(operation.selection_set, schema.get_root_type(operation.operation), None)
            yield from _over(size)


def _over(size: _Size) -> Iterator[str]:
    if size.aliases > MAX_ALIASES:
        yield f"{_number(size.aliases)} aliases: at most {MAX_ALIASES} are allowed."
    if size.depth > MAX_DEPTH:
        yield f"This is nested {size.depth} levels deep: at most {MAX_DEPTH} are allowed."
    if size.cost > MAX_COST:
        yield f"This could return {_number(size.cost)} objects: at most {MAX_COST} are allowed. Ask for less."


def _number(count: int) -> str:
    return str(count) if count < 10**9 else "more than a billion"


def _repetition(document: DocumentNode) -> str | None:
    fragments = sum(isinstance(definition, FragmentDefinitionNode) for definition in document.definitions)
    if fragments > MAX_FRAGMENTS:
        return f"{fragments} fragments: at most {MAX_FRAGMENTS} are allowed."
    counted = Counter((node.name.value, node.selection_set is not None) for node in _fields(document))
    for (name, composite), count in counted.items():
        most = MAX_REPEATS if composite else MAX_LEAF_REPEATS
        if count > most:
            return f"The field {name[:50]} stands here {count} times: at most {most} are allowed."
    return None


def _fields(document: DocumentNode) -> Iterator[FieldNode]:
    """Every field in the text, each once."""
    waiting: list[Any] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
        if (selections := getattr(node, "selection_set", None)) is not None:
            waiting.extend(selections.selections)


@dataclass(slots=True)
class _Size:
    aliases: int = 0
    depth: int = 0
    cost: int = 0

    def add(self, other: _Size) -> None:
        self.aliases += other.aliases
        self.depth = max(self.depth, other.depth)
        self.cost += other.cost


@dataclass(slots=True)
class _Meter:
    """Measures selections; each fragment once, because everything here adds up and multiplies."""

    schema: GraphQLSchema
    document: DocumentNode
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    known: dict[tuple[str, int | None], _Size] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = (node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode))
        self.fragments = {node.name.value: node for node in found}

    def measure(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None, page: int | None
    ) -> _Size:
        """`page` is how many items the lists of this level have, when a connection's page decides it."""
        size = _Size()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                size.add(self._field(selection, parent, page))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self.schema.get_type(condition.name.value) if condition else parent
                size.add(self.measure(selection.selection_set, inner, page))
            elif isinstance(selection, FragmentSpreadNode):
                size.add(self._fragment(selection.name.value, page))
        return size

    def _fragment(self, name: str, page: int | None) -> _Size:
        fragment = self.fragments.get(name)
        if fragment is None:
            return _Size()
        if (name, page) not in self.known:
            self.known[name, page] = _Size()  # met again inside itself: validation will say so
            parent = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name, page] = self.measure(fragment.selection_set, parent, page)
        return self.known[name, page]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, page: int | None) -> _Size:
        size = _Size(aliases=int(node.alias is not None))
        if node.selection_set is None:
            return size
        found: GraphQLField | None = getattr(parent, "fields", {}).get(node.name.value)
        items = _page(node, found)
        many = found is not None and _is_list(found)
        inner = self.measure(
            node.selection_set, get_named_type(found.type) if found else None, None if many else items
        )
        size.aliases += inner.aliases
        if not node.name.value.startswith("__"):  # introspection has a rule of its own in graphql-core
            size.depth = inner.depth + 1
            size.cost = (inner.cost + 1) * ((items or page or _UNPAGED) if many else 1)
        return size


def _page(node: FieldNode, found: GraphQLField | None) -> int | None:
    """The page size that a field is given or has by default; None when it has no pages."""
    for name in _PAGE_ARGUMENTS:
        for argument in node.arguments or ():
            if argument.name.value == name and isinstance(argument.value, IntValueNode):
                return abs(int(argument.value.value[:12]))
            if argument.name.value == name and isinstance(argument.value, VariableNode):
                return _LARGEST_PAGE
    defaults = (found.args[name].default_value for name in _PAGE_ARGUMENTS if found and name in found.args)
    return next((value for value in defaults if isinstance(value, int)), None)


def _is_list(found: GraphQLField) -> bool:
    kind = found.type.of_type if isinstance(found.type, GraphQLNonNull) else found.type
    return isinstance(kind, GraphQLList)
