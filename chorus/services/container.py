"""All services of a server, made once and handed to whoever serves people."""

from __future__ import annotations

from dataclasses import dataclass

from chorus.bus.memory import MemoryBus
from chorus.db.event_log import EventLog
from chorus.plugins import Plugins
from chorus.services.activities import ActivityReader
from chorus.services.browsing import TaskReader
from chorus.services.closing import ClosingService
from chorus.services.control import Control
from chorus.services.documents import DocumentService
from chorus.services.messages import MessageService
from chorus.services.parking import Parking
from chorus.services.permissions import PermissionService
from chorus.services.profiles import Profiles
from chorus.services.projects import ProjectService
from chorus.services.reports import ReportService
from chorus.services.rules import RuleService
from chorus.services.start_queue import StartQueue
from chorus.services.system import SystemService
from chorus.services.take_over import TakeOverService
from chorus.services.tasks import TaskService
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
