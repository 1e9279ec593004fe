"""Catalogue of events: one class for each kind, from which all descriptions of events come."""

from __future__ import annotations

from collections.abc import Mapping

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

_MODULES = (tasks, messages, runs, agents, permissions, documents, vcs, hosts)

#: Every kind of event by its name, in the order of the documentation.
CATALOGUE: Mapping[str, type[EventKind]] = {
    member.kind: member
    for module in _MODULES
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, EventKind) and "kind" in vars(member)
}

__all__ = [
    "CATALOGUE",
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
