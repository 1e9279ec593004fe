"""All services of a server, made once and handed to whoever serves people."""

from __future__ import annotations

from dataclasses import dataclass

from chorus.bus.memory import MemoryBus
from chorus.db.database import Database
from chorus.host.port import HostPort
from chorus.plugins import Plugins
from chorus.services.documents.service import DocumentService
from chorus.services.event_log import EventLog
from chorus.services.ingest.agent_reports import AgentReports
from chorus.services.ingest.control_plane import ControlPlane
from chorus.services.ingest.host_reports import HostReports
from chorus.services.ingest.signals import Signals
from chorus.services.messages import MessageService
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.policy_cache import PolicyCache
from chorus.services.permissions.profiles import Profiles
from chorus.services.permissions.rules import RuleService
from chorus.services.projects import ProjectService
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Delivery
from chorus.services.runs.launcher import Launcher
from chorus.services.runs.restart import Restarter
from chorus.services.runs.restart_policy import RestartPolicy
from chorus.services.runs.scheduler import Scheduler
from chorus.services.runs.usage_limits import UsageLimits
from chorus.services.system import SystemService
from chorus.services.tasks.activities import ActivityReader
from chorus.services.tasks.agent_control import AgentControl
from chorus.services.tasks.branches import BranchService
from chorus.services.tasks.closing import ClosingService
from chorus.services.tasks.drafts import Drafts
from chorus.services.tasks.reader import TaskReader
from chorus.services.tasks.run_mode import RunModeService
from chorus.services.tasks.service import TaskService
from chorus.services.tasks.start import TaskStarter
from chorus.services.tasks.start_queue import StartQueue
from chorus.services.terminals import TerminalService
from chorus.settings import Defaults, Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What a server offers, by noun."""

    activities: ActivityReader
    agents: AgentControl
    branches: BranchService
    browse: TaskReader
    bus: MemoryBus
    closing: ClosingService
    control: ControlPlane
    defaults: Defaults
    documents: DocumentService
    events: EventLog
    host_reports: HostReports
    messages: MessageService
    permissions: PermissionService
    plugins: Plugins
    profiles: Profiles
    projects: ProjectService
    reports: AgentReports
    rules: RuleService
    run_modes: RunModeService
    scheduler: Scheduler
    start_queue: StartQueue
    starter: TaskStarter
    system: SystemService
    tasks: TaskService
    terminals: TerminalService


@dataclass(frozen=True, slots=True)
class _Runs:
    """What starts runs, delivers messages to them and starts them again."""

    admission: Admission
    delivery: Delivery
    scheduler: Scheduler
    restarter: Restarter


def build(settings: Settings, plugins: Plugins, database: Database, host: HostPort, host_id: str) -> Services:
    """Make all services of a server that works on this database and, at once, with this host."""
    profiles = Profiles(settings.profiles)
    permissions = PermissionService(database, PolicyCache(profiles, plugins))
    projects = ProjectService(database, host, host_id)
    runs = _runs(settings, plugins, database, profiles, permissions)
    limits = UsageLimits(runs.scheduler, settings.limits.usage_retry_minutes)
    signals = Signals(plugins, permissions, runs.delivery, runs.scheduler, limits)
    reports = AgentReports(database, plugins, permissions, signals, host)
    restarts = RestartPolicy(runs.scheduler, plugins, settings.limits.restarts)
    host_reports = HostReports(permissions, runs.delivery, runs.admission, restarts)
    return Services(
        activities=ActivityReader(EventLog(database)),
        agents=AgentControl(
            database=database,
            host=host,
            delivery=runs.delivery,
            permissions=permissions,
            restarter=runs.restarter,
        ),
        branches=BranchService(database=database, host=host, projects=projects),
        browse=TaskReader(database, host, plugins, projects),
        bus=database.bus,
        closing=ClosingService(database, permissions),
        control=ControlPlane(database, host_reports, reports, runs.admission),
        defaults=settings.defaults,
        documents=DocumentService(database, host, projects),
        events=EventLog(database),
        host_reports=host_reports,
        messages=MessageService(database),
        permissions=permissions,
        plugins=plugins,
        profiles=profiles,
        projects=projects,
        reports=reports,
        rules=RuleService(database, permissions, projects),
        run_modes=RunModeService(database=database, host=host, plugins=plugins, restarter=runs.restarter),
        scheduler=runs.scheduler,
        start_queue=StartQueue(database),
        starter=TaskStarter(database=database, host=host, admission=runs.admission, scheduler=runs.scheduler),
        system=SystemService(settings, host, projects),
        tasks=TaskService(
            database=database,
            host=host,
            projects=projects,
            drafts=Drafts(plugins=plugins, profiles=profiles, defaults=settings.defaults),
            delivery=runs.delivery,
            permissions=permissions,
        ),
        terminals=TerminalService(database, host),
    )


def _runs(
    settings: Settings,
    plugins: Plugins,
    database: Database,
    profiles: Profiles,
    permissions: PermissionService,
) -> _Runs:
    launcher = Launcher(profiles)
    admission = Admission(plugins, launcher, profiles, settings.limits)
    delivery = Delivery(plugins, admission)
    scheduler = Scheduler(database, plugins, delivery, admission, settings.limits.continue_prompt)
    restarter = Restarter(
        plugins=plugins,
        permissions=permissions,
        launcher=launcher,
        admission=admission,
        scheduler=scheduler,
    )
    return _Runs(admission, delivery, scheduler, restarter)
