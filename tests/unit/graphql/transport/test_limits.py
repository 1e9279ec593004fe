"""How much one document may ask for. Each refusal beside what is just allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import strawberry
from graphql import get_introspection_query, parse
from strawberry.types import ExecutionResult

from chorus.errors import ChorusError, Conflict
from chorus.graphql.transport import limits
from chorus.graphql.transport.limits import EXTENSIONS, exceeded
from chorus.graphql.transport.masking import CodedSchema


@strawberry.type
class Item:
    name: str = "item"

    @strawberry.field
    def item(self) -> Item:
        return Item()

    @strawberry.field
    def items(self, first: int = 10) -> list[Item]:
        return [Item()]

    @strawberry.field
    def plain(self) -> list[Item]:
        return [Item()]

    @strawberry.field
    def page(self, first: int = 50) -> Page:
        return Page()


@strawberry.type
class Page:
    @strawberry.field
    def edges(self) -> list[Item]:
        return [Item()]


@strawberry.type
class Query:
    @strawberry.field
    def item(self) -> Item:
        return Item()

    @strawberry.field
    def bare(self) -> str:
        raise ChorusError("Nothing a client should see.")

    @strawberry.field
    def conflict(self) -> str:
        raise Conflict("Not now.", state="RUNNING")

    @strawberry.field
    def wrong(self) -> str:
        return None  # type: ignore[return-value]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def conflict(self) -> AsyncIterator[int]:
        yield 1
        raise Conflict("Not now.")


SCHEMA = CodedSchema(Query, subscription=Subscription, extensions=EXTENSIONS)


def messages(query: str) -> list[str]:
    return [error.message for error in exceeded(SCHEMA._schema, parse(query))]


async def code(query: str) -> str:
    result = await SCHEMA.execute(query)
    assert result.errors
    return str((result.errors[0].extensions or {})["code"])


def nested(depth: int, inside: str = "name") -> str:
    return "{ item " * depth + "{ " + inside + " }" + " }" * depth


def test_depth() -> None:
    assert messages(nested(12)) == []
    assert "13 levels" in messages(nested(13))[0]
    through = "{ item { ...F } } fragment F on Item " + nested(12)
    assert "13 levels" in messages(through)[0]


def test_aliases() -> None:
    def query(count: int) -> str:
        return "{ item { " + " ".join(f"a{n}: name" for n in range(count)) + " } }"

    assert messages(query(30)) == []
    assert "31 aliases" in messages(query(31))[0]


def test_aliases_of_fragments_count_wherever_they_are_spread() -> None:
    spread = (
        "{ item { ...F ...F } } fragment F on Item { " + " ".join(f"a{n}: name" for n in range(16)) + " }"
    )
    assert "32 aliases" in messages(spread)[0]
    assert messages(spread.replace("...F ...F", "...F")) == []


@pytest.mark.parametrize(
    ("query", "objects"),
    [
        ("{ item { items(first: 99) { items(first: 99) { name } } } }", None),
        ("{ item { items(first: 100) { items(first: 100) { name } } } }", 10_101),
        ("{ item { items(first: -100) { items(first: 100) { name } } } }", 10_101),
        ("query($n: Int!) { item { items(first: $n) { items(first: $n) { name } } } }", 10_101),
        ("{ item { items { items { items { items { name } } } } } }", 11_111),
        ("{ item { plain { plain { plain { plain { name } } } } } }", 11_111),
        ("{ item { page { edges { page { edges { name } } } } } }", None),
        ("{ item { page(first: 200) { edges { page { edges { name } } } } } }", 10_402),
        ("{ item { page(first: 99999999999999999999) { edges { name } } } }", "more than a billion"),
        ("{ item { ...A } } fragment A on Item { items(first: 100) { ...B } } "
         "fragment B on Item { items(first: 100) { name } }", 10_101),
    ],
)  # fmt: skip
def test_cost(query: str, objects: int | str | None) -> None:
    found = messages(query)
    if objects is None:
        assert found == []
    else:
        assert f"{objects} objects" in found[0]


@pytest.mark.parametrize(
    "query",
    [
        "{ item { " + "name " * 201 + "} }",
        "{ item { " + "item { name } " * 30 + "} }",
        "{ item { " + "... { item { name } } " * 30 + "} }",
        "{ item { name } } " + " ".join(f"fragment F{n} on Item {{ name }}" for n in range(51)),
    ],
)
def test_repetition(query: str) -> None:
    assert len(messages(query)) == 1


def test_what_clients_ask_is_allowed() -> None:
    assert messages(get_introspection_query()) == []
    assert messages("{ item { " + "name " * 200 + "} }") == []
    assert messages("{ item { " + "item { name } " * 29 + "} }") == []


@pytest.mark.parametrize(
    "query",
    [
        # Each fragment spreads the next twice: counted without remembering, this is 2 to the 45th.
        "{ item { ...F0 } } "
        + " ".join(f"fragment F{n} on Item {{ ...F{n + 1} ...F{n + 1} }}" for n in range(45))
        + " fragment F45 on Item { name }",
        "{ item { ...F0 } } "
        + " ".join(
            f"fragment F{n} on Item {{ {' '.join(f'...F{m}' for m in range(n + 1, 40))} name }}"
            for n in range(40)
        ),
    ],
)
def test_chains_of_fragments_are_measured_in_no_time(query: str) -> None:
    assert messages(query) == []


@pytest.mark.parametrize(
    "query",
    [
        "{ item { " + "name " * 3000 + "} }",
        "a " * 500_000,
        "{ item " * 900 + "{ name }" + " }" * 900,
        "{ item { items(first: " + "[" * 900 + "]" * 900 + ") { name } } }",
    ],
)
async def test_floods_do_not_get_through_the_parser(query: str) -> None:
    assert await code(query) == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize(
    "query",
    [
        nested(13),
        "{ item { ...F } } fragment F on Item { item { ...F } }",
        "{ item { name " + "@skip(if: true) " * 200 + "} }",
        "{ item { ...Missing } }",
        "{ " + " ".join(f"x{n}" for n in range(1900)) + " }",
    ],
)
async def test_what_is_refused_has_a_code(query: str) -> None:
    assert await code(query) == "GRAPHQL_VALIDATION_FAILED"


async def test_validation_is_done_once_for_a_document_that_comes_again() -> None:
    limits._errors.cache_clear()
    limits._parsed.cache_clear()
    for _ in range(5):
        assert (await SCHEMA.execute("{ item { name } }")).errors is None
    assert limits._errors.cache_info().hits == 4
    assert limits._parsed.cache_info().hits == 4


async def test_cached_refusals_are_the_same_each_time() -> None:
    first, second = [(await SCHEMA.execute("{ nope }")).errors for _ in range(2)]
    assert first is not None
    assert second is not None
    assert first[0].formatted == second[0].formatted


# --- which errors are shown --------------------------------------------------------------------------


async def test_expected_errors_are_shown_with_their_details() -> None:
    result = await SCHEMA.execute("{ conflict }")
    assert result.errors
    assert result.errors[0].message == "Not now."
    assert result.errors[0].extensions == {"code": "CONFLICT", "state": "RUNNING"}


@pytest.mark.parametrize("query", ["{ bare }", "{ wrong }"])
async def test_everything_else_is_an_id(query: str, caplog: pytest.LogCaptureFixture) -> None:
    result = await SCHEMA.execute(query)
    assert result.errors
    extensions = result.errors[0].extensions
    assert extensions is not None
    assert extensions["code"] == "INTERNAL"
    assert extensions["id"] in result.errors[0].message
    assert extensions["id"] in caplog.text
    assert "client should see" not in result.errors[0].message
    assert "NoneType" not in result.errors[0].message


async def test_variables_of_the_wrong_type_are_the_callers_mistake() -> None:
    query = "query($n: Int!) { item { items(first: $n) { name } } }"
    for variables in ({"n": "x"}, {"n": None}, {}, {"n": 2**40}):
        result = await SCHEMA.execute(query, variable_values=variables)
        assert result.errors
        assert (result.errors[0].extensions or {})["code"] == "BAD_INPUT"
        assert "$n" in result.errors[0].message


async def test_errors_in_a_stream_are_settled_too() -> None:
    stream = await SCHEMA.stream("subscription { conflict }")
    results = [result async for result in stream if isinstance(result, ExecutionResult)]
    assert [result.data for result in results] == [{"conflict": 1}, None]
    assert results[1].errors
    assert results[1].errors[0].extensions == {"code": "CONFLICT"}
