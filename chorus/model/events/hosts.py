"""Kinds of events of hosts and plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from chorus.model.events.base import EventKind, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class HostErrorEvent(EventKind):
    """The host could not do for a task what it was to do."""

    kind = "host.error"
    sources = (Source.HOST,)

    message: Annotated[str, "What is wrong and what to do, for a person."]
    command: Annotated[str, "What it was to do (`stop`, `interrupt`, `listen`, …)."]
    code: Annotated[str | None, "Error code."] = None
    reason: Annotated[str | None, "Why, as a word."] = None
    processes: Annotated[Sequence[str], "Processes that are left, by id and name."] = ()
    details: Annotated[Mapping[str, Any], "What else is known."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRetryEvent(EventKind):
    """The host cannot do just now what it is to do, and tries again."""

    kind = "host.retry"
    sources = (Source.HOST,)

    command: Annotated[str, "What it is to do (`start`, `deliver`, …)."]
    code: Annotated[str, "Error code."]
    message: Annotated[str, "Why it has to wait, for a person."]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOrphanEvent(EventKind):
    """A terminal session of Chorus belongs to no open task; it is left alone."""

    kind = "host.orphan"
    sources = (Source.HOST,)

    session: Annotated[str, "Id of the task that its mark names."]
    run_id: Annotated[str | None, "Id of the run that its mark names."] = None
    backend: Annotated[str, "The session backend that knows it."]


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginFailedEvent(EventKind):
    """A plugin has failed in a way it should not."""

    kind = "plugin.failed"
    sources = (Source.HOST,)

    what: Annotated[str, "The backend that failed: its kind and name."]
    reason: Annotated[str, "What happened, for a person."]
    failures: Annotated[int, "How often it has failed in a row."]
    off: Annotated[bool, "Whether it is left alone for a while."] = False
    plugin: Annotated[str | None, "Name of the plugin."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecoveredEvent(EventKind):
    """A plugin that had failed works again."""

    kind = "plugin.recovered"
    sources = (Source.HOST,)

    what: Annotated[str, "The backend that works: its kind and name."]
    failures: Annotated[int, "How often it had failed in a row."]
    plugin: Annotated[str | None, "Name of the plugin."] = None
