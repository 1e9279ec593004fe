"""API types of references to documents and of what agents were told about them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from chorus import model
from chorus.graphql.types.convert import convert


@strawberry.type(description="A part of a document that an agent knows, in the version it was told.")
class GivenDocument:
    reference_id: strawberry.ID
    path: str
    heading: str | None = strawberry.field(description="The text of the section's heading.")
    start_line: int | None
    end_line: int | None
    version: str | None = strawberry.field(description="Null when there was nothing to give.")
    unchanged: bool = strawberry.field(description="It was told before, and nothing had changed.")
    problem: str | None = strawberry.field(description="Why there was nothing to give.")

    @classmethod
    def of(cls, given: model.GivenDocument) -> GivenDocument:
        return convert(cls, given)


@strawberry.type(description="What an agent was told of documents before one message.")
class GivenContext:
    message_id: strawberry.ID | None = strawberry.field(description="Null: before the run's first prompt.")
    at: datetime
    documents: list[GivenDocument]
    left_out: list[str] = strawberry.field(
        description="A sentence about each part that was not told in full."
    )

    @classmethod
    def of(cls, given: model.GivenContext) -> GivenContext:
        return convert(cls, given, documents=[GivenDocument.of(one) for one in given.documents])


@strawberry.type(description="What a reference stood for when it was last found.")
class FoundPart:
    heading: str | None = strawberry.field(description="The text of the section's heading.")
    start_line: int
    end_line: int
    version: str
    text: str
    truncated: bool = strawberry.field(description="The text was longer; this is its beginning.")

    @classmethod
    def of(cls, part: model.FoundPart) -> FoundPart:
        return convert(cls, part)


@strawberry.type(
    description="Where it is now, or where it was last found if it is stale. A whole document has no lines."
)
class DocumentReference:
    id: strawberry.ID
    path: str
    heading: str | None = strawberry.field(description="The slug of the section's heading.")
    start_line: int | None
    end_line: int | None
    note: str | None
    stale: bool
    problem: str | None = strawberry.field(description="Why it is stale, or could not be looked at just now.")
    was: FoundPart | None = strawberry.field(description="What it was when it was last found.")
    version: str | None = strawberry.field(description="The version of its document now, if it was found.")
    text: str | None = strawberry.field(description="What it stands for now, if it was found.")

    @classmethod
    def of(cls, reference: model.DocumentReference) -> DocumentReference:
        return convert(cls, reference, was=FoundPart.of(reference.was) if reference.was else None)
