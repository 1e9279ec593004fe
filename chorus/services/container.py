"""All services of a server, made once and handed to whoever serves people."""

from __future__ import annotations

from dataclasses import dataclass

from chorus.bus.memory import MemoryBus
from chorus.db.database import Database
from chorus.db.event_log import EventLog
from chorus.host.port import HostPort
from chorus.plugins import Plugins
from chorus.services.documents.service import DocumentService
from chorus.services.ingest.agent_reports import ReportService
from chorus.services.ingest.control_plane import Control
from chorus.services.ingest.signals import Signals
from chorus.services.messages import MessageService
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.policy_cache import PolicyCache
from chorus.services.permissions.profiles import Profiles
from chorus.services.permissions.rules import RuleService
from chorus.services.projects import ProjectService
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Queue
from chorus.services.runs.launcher import Launcher
from chorus.services.runs.restart_policy import Restarts
from chorus.services.runs.scheduler import Parking
from chorus.services.runs.usage_limits import UsageLimits
from chorus.services.system import SystemService
from chorus.services.tasks.activities import ActivityReader
from chorus.services.tasks.closing import ClosingService
from chorus.services.tasks.reader import TaskReader
from chorus.services.tasks.run_mode import TakeOverService
from chorus.services.tasks.service import TaskService
from chorus.services.tasks.start_queue import StartQueue
from chorus.services.terminals import TerminalService
from chorus.settings import Settings


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


def build(settings: Settings, plugins: Plugins, database: Database, host: HostPort, host_id: str) -> Services:
    """Make all services of a server that works on this database and, at once, with this host."""
    profiles = Profiles(settings.profiles)
    permissions = PermissionService(database, PolicyCache(profiles, plugins))
    launcher = Launcher(profiles)
    admission = Admission(plugins, launcher, profiles, settings.limits)
    queue = Queue(plugins, admission)
    parking = Parking(database, plugins, queue, admission, settings.limits.continue_prompt)
    limits = UsageLimits(parking, settings.limits.usage_retry_minutes)
    signals = Signals(plugins, permissions, queue, parking, limits)
    restarts = Restarts(parking, plugins, settings.limits.restarts)
    reports = ReportService(database, plugins, permissions, signals, host)
    projects = ProjectService(database, host, host_id)
    browse = TaskReader(database, host, plugins, projects)
    tasks = TaskService(
        database,
        host,
        plugins,
        projects,
        browse,
        profiles,
        launcher,
        admission,
        parking,
        queue,
        permissions,
        settings.defaults,
    )
    return Services(
        activities=ActivityReader(EventLog(database)),
        messages=MessageService(database),
        start_queue=StartQueue(database),
        parking=parking,
        projects=projects,
        tasks=tasks,
        closing=ClosingService(database, permissions),
        take_over=TakeOverService(database, plugins, tasks),
        browse=browse,
        permissions=permissions,
        rules=RuleService(database, permissions, projects),
        documents=DocumentService(database, host, projects),
        terminals=TerminalService(database, host),
        reports=reports,
        events=EventLog(database),
        profiles=profiles,
        control=Control(database, permissions, queue, admission, restarts, reports),
        system=SystemService(settings, host, projects),
        plugins=plugins,
        bus=database.bus,
    )
