"""Schema: the three roots together, the limits, and its text for clients."""

from __future__ import annotations

from graphql import build_schema, lexicographic_sort_schema, print_schema

from chorus.graphql.mutations import Mutation
from chorus.graphql.queries import Query
from chorus.graphql.subscriptions import Subscription
from chorus.graphql.transport.limits import EXTENSIONS
from chorus.graphql.transport.masking import CodedSchema
from chorus.graphql.types.event_kinds import EVENT_TYPES
from chorus.graphql.types.events import CoreEvent
from chorus.graphql.types.scalars import config


def build() -> CodedSchema:
    return CodedSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[CoreEvent, *EVENT_TYPES.values()],
        config=config(),
        extensions=list(EXTENSIONS),
    )


def text() -> str:
    """The schema in SDL, sorted, as it is committed for clients."""
    return print_schema(lexicographic_sort_schema(build_schema(build().as_str()))) + "\n"
