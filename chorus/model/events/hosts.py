"""Kinds of events of hosts and plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from chorus.model.events.base import EventKind, Id, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class HostErrorEvent(EventKind):
    """The host could not carry out a command for a task."""

    kind = "host.error"
    sources = (Source.HOST,)

    message: Annotated[str, "What is wrong and what to do, in words."]
    command: Annotated[str, "Command that has failed (`stop`, `interrupt`, `listen`, …)."]
    code: Annotated[str | None, "Error code."] = None
    reason: Annotated[str | None, "Reason of the error, for programs."] = None
    processes: Annotated[Sequence[str], "Processes that are still running, as id and name."] = ()
    details: Annotated[Mapping[str, Any], "Further facts."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRetryEvent(EventKind):
    """The host cannot carry out a command yet and tries again."""

    kind = "host.retry"
    sources = (Source.HOST,)

    command: Annotated[str, "Command that is delayed (`start`, `deliver`, …)."]
    code: Annotated[str, "Error code."]
    message: Annotated[str, "Why the command is delayed, in words."]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOrphanEvent(EventKind):
    """A terminal session of Chorus belongs to no open task and is left running."""

    kind = "host.orphan"
    sources = (Source.HOST,)

    session: Annotated[Id, "Id of the task that the session was started for."]
    run_id: Annotated[Id | None, "Id of the run that the session was started for."] = None
    backend: Annotated[str, "Name of the session backend."]


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginFailedEvent(EventKind):
    """A backend of a plugin has failed."""

    kind = "plugin.failed"
    sources = (Source.HOST,)

    what: Annotated[str, "Kind and name of the backend."]
    reason: Annotated[str, "What happened, in words."]
    failures: Annotated[int, "Number of failures in a row."]
    off: Annotated[bool, "Whether the backend is switched off for a while."] = False
    plugin: Annotated[str | None, "Name of the plugin."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecoveredEvent(EventKind):
    """A backend of a plugin works again after failures."""

    kind = "plugin.recovered"
    sources = (Source.HOST,)

    what: Annotated[str, "Kind and name of the backend."]
    failures: Annotated[int, "Number of failures before."]
    plugin: Annotated[str | None, "Name of the plugin."] = None
