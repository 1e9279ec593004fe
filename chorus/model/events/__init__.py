"""Catalogue of events: one class for each kind, from which all descriptions of events come."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from chorus.model.events import agents, documents, hosts, messages, permissions, runs, tasks, vcs
from chorus.model.events.agents import (
    AgentErrorEvent,
    AgentLeftEvent,
    AgentLinesLostEvent,
    AgentPromptEvent,
    AgentReportEvent,
    AgentSilentEvent,
    AgentStatusEvent,
    AgentTextEvent,
    AgentToolEvent,
    AgentTurnEvent,
)
from chorus.model.events.base import EventKind, FailureFields, Source, failure_fields
from chorus.model.events.documents import (
    DocumentChangedEvent,
    DocumentGivenEvent,
    DocumentReferenceEvent,
    GivenPart,
)
from chorus.model.events.hosts import (
    HostErrorEvent,
    HostOrphanEvent,
    HostRetryEvent,
    PluginFailedEvent,
    PluginRecoveredEvent,
)
from chorus.model.events.messages import (
    REACHED,
    MessageAcceptedEvent,
    MessageDelayedEvent,
    MessageDeliveredEvent,
    MessageEvent,
    MessageFailedEvent,
    MessageQueuedEvent,
    MessageRemovedEvent,
    MessageReorderedEvent,
    MessageUpdatedEvent,
)
from chorus.model.events.permissions import (
    FormerRule,
    PermissionEnforcedEvent,
    PermissionRequestedEvent,
    PermissionRequestEvent,
    PermissionResolvedEvent,
    PermissionRuleAddedEvent,
    PermissionRuleChangedEvent,
    PermissionRuleEvent,
    PermissionRuleRemovedEvent,
)
from chorus.model.events.runs import (
    RunEndedEvent,
    RunStartedEvent,
    RunUsageEvent,
    UsageSums,
)
from chorus.model.events.tasks import (
    ProjectAddedEvent,
    TaskCreatedEvent,
    TaskDeletedEvent,
    TaskStatusEvent,
    TaskUpdatedEvent,
)
from chorus.model.events.vcs import (
    VcsBranchEvent,
    VcsClosedEvent,
    VcsCommitEvent,
    VcsConflictEvent,
    VcsErrorEvent,
    VcsResolvedEvent,
    VcsUnassignedEvent,
)

_MODULES: Mapping[str, ModuleType] = {
    "Projects and tasks": tasks,
    "Messages": messages,
    "Runs": runs,
    "Agents": agents,
    "Permissions": permissions,
    "Documents": documents,
    "Version control": vcs,
    "Hosts and plugins": hosts,
}


def _kinds(module: ModuleType) -> tuple[type[EventKind], ...]:
    """Return the kinds of events of a module; bases that several of them share have no name."""
    members = [member for member in vars(module).values() if isinstance(member, type)]
    return tuple(member for member in members if issubclass(member, EventKind) and "kind" in vars(member))


#: The kinds of events by what they are about, in the order of the documentation.
GROUPS: Mapping[str, tuple[type[EventKind], ...]] = {
    title: _kinds(module) for title, module in _MODULES.items()
}

#: Every kind of event by its name.
CATALOGUE: Mapping[str, type[EventKind]] = {
    event.kind: event for events in GROUPS.values() for event in events
}

__all__ = [
    "CATALOGUE",
    "GROUPS",
    "EventKind",
    "FailureFields",
    "Source",
    "failure_fields",
    "ProjectAddedEvent",
    "TaskCreatedEvent",
    "TaskUpdatedEvent",
    "TaskStatusEvent",
    "TaskDeletedEvent",
    "REACHED",
    "MessageEvent",
    "MessageQueuedEvent",
    "MessageDelayedEvent",
    "MessageDeliveredEvent",
    "MessageAcceptedEvent",
    "MessageFailedEvent",
    "MessageUpdatedEvent",
    "MessageRemovedEvent",
    "MessageReorderedEvent",
    "RunStartedEvent",
    "RunEndedEvent",
    "UsageSums",
    "RunUsageEvent",
    "AgentStatusEvent",
    "AgentPromptEvent",
    "AgentTextEvent",
    "AgentToolEvent",
    "AgentTurnEvent",
    "AgentErrorEvent",
    "AgentSilentEvent",
    "AgentLeftEvent",
    "AgentLinesLostEvent",
    "AgentReportEvent",
    "PermissionRequestEvent",
    "PermissionRequestedEvent",
    "PermissionResolvedEvent",
    "PermissionEnforcedEvent",
    "PermissionRuleEvent",
    "PermissionRuleAddedEvent",
    "FormerRule",
    "PermissionRuleChangedEvent",
    "PermissionRuleRemovedEvent",
    "DocumentChangedEvent",
    "DocumentReferenceEvent",
    "GivenPart",
    "DocumentGivenEvent",
    "VcsBranchEvent",
    "VcsCommitEvent",
    "VcsConflictEvent",
    "VcsResolvedEvent",
    "VcsUnassignedEvent",
    "VcsClosedEvent",
    "VcsErrorEvent",
    "HostErrorEvent",
    "HostRetryEvent",
    "HostOrphanEvent",
    "PluginFailedEvent",
    "PluginRecoveredEvent",
]
