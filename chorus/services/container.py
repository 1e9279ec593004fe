"""All services of a server, made once and handed to whoever serves people."""

from __future__ import annotations

from dataclasses import dataclass

from chorus.bus.memory import MemoryBus
from chorus.db.event_log import EventLog
from chorus.plugins import Plugins
from chorus.services.documents.service import DocumentService
from chorus.services.ingest.agent_reports import ReportService
from chorus.services.ingest.control_plane import Control
from chorus.services.messages import MessageService
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.profiles import Profiles
from chorus.services.permissions.rules import RuleService
from chorus.services.projects import ProjectService
from chorus.services.runs.scheduler import Parking
from chorus.services.system import SystemService
from chorus.services.tasks.activities import ActivityReader
from chorus.services.tasks.closing import ClosingService
from chorus.services.tasks.reader import TaskReader
from chorus.services.tasks.run_mode import TakeOverService
from chorus.services.tasks.service import TaskService
from chorus.services.tasks.start_queue import StartQueue
from chorus.services.terminals import TerminalService


@dataclass(frozen=True, slots=True)
class Services:
    activities: ActivityReader
    messages: MessageService
    start_queue: StartQueue
    parking: Parking
    projects: ProjectService
    tasks: TaskService
    closing: ClosingService
    take_over: TakeOverService
    browse: TaskReader
    permissions: PermissionService
    rules: RuleService
    documents: DocumentService
    terminals: TerminalService
    reports: ReportService
    events: EventLog
    profiles: Profiles
    control: Control
    system: SystemService
    plugins: Plugins
    bus: MemoryBus
