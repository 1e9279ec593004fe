"""Kinds of events of the messages to an agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from chorus.model.enums import MessageState
from chorus.model.events.base import EventKind, Id, Source
from chorus.model.records import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(EventKind):
    """Base of the kinds that are about one message."""

    id: Annotated[Id, "Id of the message."]
    text: Annotated[str, "Text of the message."]
    state: Annotated[MessageState, "State of the message."]
    author: Annotated[str, "Author of the message."]
    error: Annotated[str | None, "Why the message has failed or is delayed."] = None

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
    """A message was queued for the agent."""

    kind = "message.queued"
    sources = (Source.ACTOR,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelayedEvent(MessageEvent):
    """A message cannot be given to the agent yet; Chorus tries again."""

    kind = "message.delayed"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeliveredEvent(MessageEvent):
    """A message was typed into the terminal of the agent or passed on its command line."""

    kind = "message.delivered"
    sources = (Source.HOST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAcceptedEvent(MessageEvent):
    """The agent has confirmed a message."""

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
    """The queued messages of a task were reordered."""

    kind = "message.reordered"
    sources = (Source.ACTOR,)

    ids: Annotated[Sequence[Id], "Ids of all queued messages, the next one first."]


#: The event of a message that has come to a state.
REACHED: Mapping[MessageState, type[MessageEvent]] = {
    MessageState.QUEUED: MessageQueuedEvent,
    MessageState.DELIVERED: MessageDeliveredEvent,
    MessageState.ACCEPTED: MessageAcceptedEvent,
    MessageState.FAILED: MessageFailedEvent,
}
