"""Kinds of events of the messages to an agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from chorus.model.enums import MessageState
from chorus.model.events.base import EventKind, Source
from chorus.model.records import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(EventKind):
    """Base of the kinds that are about one message."""

    id: Annotated[str, "Id of the message."]
    text: Annotated[str, "Its text."]
    state: Annotated[MessageState, "How far it has come."]
    author: Annotated[str, "Who wrote it."]
    error: Annotated[str | None, "Why it has failed, or waits."] = None

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return the event about a message as it is now."""
        return cls(
            id=message.id,
            text=message.text,
            state=message.state,
            author=message.author,
            error=message.error,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueuedEvent(MessageEvent):
    """A message waits for the agent."""

    kind = "message.queued"
    sources = (Source.ACTOR,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelayedEvent(MessageEvent):
    """A message cannot be given to the agent just now; that is tried again."""

    kind = "message.delayed"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeliveredEvent(MessageEvent):
    """A message was given to the agent: typed, or on its command line."""

    kind = "message.delivered"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAcceptedEvent(MessageEvent):
    """The agent has said that it has a message."""

    kind = "message.accepted"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailedEvent(MessageEvent):
    """A message could not be given to the agent."""

    kind = "message.failed"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUpdatedEvent(MessageEvent):
    """The text of a queued message was changed."""

    kind = "message.updated"
    sources = (Source.ACTOR,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRemovedEvent(MessageEvent):
    """A queued message was removed."""

    kind = "message.removed"
    sources = (Source.ACTOR,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReorderedEvent(EventKind):
    """The queued messages of a task were put into another order."""

    kind = "message.reordered"
    sources = (Source.ACTOR,)

    ids: Annotated[Sequence[str], "Ids of the whole queue, the next message first."]


#: The event of a message that has come to a state.
REACHED: Mapping[MessageState, type[MessageEvent]] = {
    MessageState.QUEUED: MessageQueuedEvent,
    MessageState.DELIVERED: MessageDeliveredEvent,
    MessageState.ACCEPTED: MessageAcceptedEvent,
    MessageState.FAILED: MessageFailedEvent,
}
