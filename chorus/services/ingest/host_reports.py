"""What hosts report: each report is applied by the noun that owns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chorus.db.unit import Unit
from chorus.host.reports import (
    CommandDelayed,
    CommandDone,
    CommandFailed,
    Committed,
    ConflictResolved,
    ContextGiven,
    Delivered,
    DocumentsChanged,
    ProbeResult,
    ProcessesLeft,
    ReferencesFollowed,
    Report,
    RunEnded,
    RunStarted,
    SessionOrphaned,
    TranscriptRead,
    Unassigned,
    Unheard,
    VcsTrouble,
    WorkspaceClosed,
    WorkspaceOpened,
)
from chorus.services.documents import references
from chorus.services.ingest import commits, conflicts, prompts, retries, workspaces
from chorus.services.ingest.commands import CommandReports
from chorus.services.ingest.probes import ProbeReports
from chorus.services.ingest.runs import RunReports
from chorus.services.ingest.transcripts import TranscriptReports
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Delivery
from chorus.services.runs.restart_policy import RestartPolicy

#: Applies a report of one type.
Handler = Callable[[Unit, Any], None]


class HostReports:
    """Reports may come twice, after a crash or a lost answer: what they say is on record once."""

    def __init__(
        self,
        permissions: PermissionService,
        delivery: Delivery,
        admission: Admission,
        restarts: RestartPolicy,
    ) -> None:
        runs = RunReports(permissions, delivery, admission, restarts)
        commands = CommandReports(runs, delivery)
        probes = ProbeReports(permissions, delivery)
        self.handlers: Mapping[type[Report], Handler] = {
            CommandDone: commands.done,
            CommandDelayed: retries.delayed,
            CommandFailed: commands.failed,
            WorkspaceOpened: workspaces.opened,
            WorkspaceClosed: workspaces.closed,
            ProcessesLeft: workspaces.processes_left,
            RunStarted: runs.started,
            RunEnded: runs.ended,
            Unheard: runs.unheard,
            SessionOrphaned: runs.session_orphaned,
            ProbeResult: probes.record,
            TranscriptRead: TranscriptReports(permissions).read,
            Committed: commits.record,
            VcsTrouble: conflicts.trouble,
            ConflictResolved: conflicts.resolved,
            Unassigned: conflicts.unassigned,
            Delivered: prompts.delivered,
            ContextGiven: references.context_given,
            ReferencesFollowed: references.references_followed,
            DocumentsChanged: references.documents_changed,
        }

    def apply(self, unit: Unit, report: Report) -> None:
        """Put a report on record with all that follows from it."""
        self.handlers[type(report)](unit, report)
