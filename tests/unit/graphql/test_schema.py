"""The exported schema is the one that is served."""

from __future__ import annotations

from graphql import build_schema, validate_schema

from chorus.graphql import schema
from tests.support.paths import ROOT

COMMITTED = ROOT / "web" / "schema.graphql"


def test_the_committed_schema_is_current() -> None:
    assert COMMITTED.read_text() == schema.text(), "run: chorus schema > web/schema.graphql"


def test_the_schema_is_valid_and_can_be_built_again() -> None:
    assert validate_schema(build_schema(schema.text())) == []
    assert schema.build().as_str() == schema.build().as_str()
