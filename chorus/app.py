"""Wiring: what a server is made of, in the order in which it must come up and go down."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection

from chorus import plugins as loading
from chorus.bus.memory import MemoryBus
from chorus.db import migrate
from chorus.db.database import Database
from chorus.db.engine import create_engine, file_of
from chorus.errors import Conflict
from chorus.graphql import schema
from chorus.graphql.context import Context
from chorus.graphql.transport.http import GraphQLTransport
from chorus.host.agent import HostAgent
from chorus.host.backends.circuit_breaker import CircuitBreaker, use_breaker
from chorus.host.queries import HostQueries
from chorus.host.runs.hook_address import HookAddress, ReportListeners
from chorus.paths import web_client as built_client
from chorus.plugins import Plugins
from chorus.server import redact
from chorus.server.access.gate import HOOK
from chorus.server.access.principal import PRINCIPAL
from chorus.server.connections import listen
from chorus.server.connections.addresses import bracketed
from chorus.server.connections.previous_addresses import PreviousAddresses
from chorus.server.hooks import HookAnswer
from chorus.server.metrics import Metrics
from chorus.server.site import Parts, Site
from chorus.server.state.lock import hold_database, hold_state_dir
from chorus.server.state.private_files import make_private_dir
from chorus.services import container
from chorus.services.container import Services
from chorus.services.event_log import EventLog
from chorus.services.ingest.agent_reports import AgentReports
from chorus.services.ingest.control_plane import register
from chorus.services.ingest.status_check import StatusCheck
from chorus.services.permissions.deadlines import PermissionDeadlines
from chorus.services.plugin_health import PluginHealth
from chorus.services.status.stall_detector import StallDetector
from chorus.services.terminals import TerminalService
from chorus.settings import Settings

log = logging.getLogger(__name__)

#: The host of a server that runs everything in one process.
LOCAL_HOST = "local"

#: Seconds between prunings of the event log.
PRUNE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class ReportHandler:
    """Implements `chorus.server.hooks.HookHandler`: what agents report goes to the services."""

    reports: AgentReports

    async def receive(self, token: str, body: Mapping[str, Any], gone: asyncio.Event) -> HookAnswer:
        return HookAnswer(200, await self.reports.receive(token, body, gone))


@dataclass(frozen=True, slots=True)
class TerminalHandler:
    """Implements `chorus.server.terminal.socket.TerminalPort` with the terminal service."""

    terminals: TerminalService

    def follow(self, task_id: str, after: int) -> Any:
        return self.terminals.follow(task_id, after)

    async def input(self, task_id: str, data: bytes, actor: str) -> None:
        await self.terminals.input(task_id, data)

    async def resize(self, task_id: str, cols: int, rows: int) -> None:
        await self.terminals.resize(task_id, cols, rows)


@asynccontextmanager
async def open_services(
    settings: Settings, plugins: Plugins, url: str, addresses: ReportListeners
) -> AsyncIterator[Services]:
    """Open the database and start everything that works on it; leave in the opposite order."""
    async with AsyncExitStack() as stack:
        # The schema first: nothing may read or write a database of another version.
        database = await stack.enter_async_context(_open_database(settings))
        # Plugins are called from here on, and one that breaks is put on record.
        troubles = PluginHealth(database, plugins)
        stack.enter_context(use_breaker(CircuitBreaker(troubles.tell, settings.limits.plugin_seconds)))
        host_id = await database.write(register, LOCAL_HOST)
        queries = HostQueries(plugins, settings.state_dir)
        services = container.build(settings, plugins, database, queries, host_id)
        address = HookAddress(settings.state_dir, lambda: url + HOOK, addresses)
        host = _host_agent(settings, services, host_id, address)
        # Reports next: agents that are alive talk at once. The host after that: it adopts those agents,
        # and what it finds must be able to be written. What watches both comes last.
        _run(stack, "plugins", troubles.run())
        _run(stack, "reports", services.reports.run())
        _run(stack, "host", host.run())
        for name, work in _watches(settings, database, services).items():
            _run(stack, name, work)
        yield services


@asynccontextmanager
async def _open_database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(create_engine(settings.database_url), MemoryBus())
    try:
        await asyncio.to_thread(migrate.prepare, database.engine)
        yield database
    finally:
        await database.close()


def _host_agent(settings: Settings, services: Services, host_id: str, hook_address: HookAddress) -> HostAgent:
    return HostAgent(
        services.control,
        services.plugins,
        host_id,
        hook_address,
        settings.state_dir,
        services.bus.work,
        tell_changes=settings.documents.changes,
    )


def _watches(
    settings: Settings, database: Database, services: Services
) -> Mapping[str, Coroutine[Any, Any, None]]:
    """Return what looks at the record from time to time and does what is due."""
    return {
        "stalls": StallDetector(database, settings.status.silent_seconds).run(),
        "deadlines": PermissionDeadlines(database, services.permissions).run(),
        "status check": StatusCheck(database, services.host_reports).run(),
        "scheduler": services.scheduler.run(),
        "pruning": _prune(services.events, settings),
    }


def _run(stack: AsyncExitStack, name: str, work: Coroutine[Any, Any, None]) -> None:
    """Run this in the background until the stack is left."""
    task = asyncio.create_task(work, name=name)

    async def cancel() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(cancel)


async def _prune(events: EventLog, settings: Settings) -> None:
    while True:
        await events.prune(keep=settings.events.keep, keep_days=settings.events.keep_days)
        await asyncio.sleep(PRUNE_SECONDS)


# --- the application --------------------------------------------------------------------------------


def create_app(settings: Settings, services: Services, host: str, port: int) -> Site:
    """Make everything that is served at this address, behind its gate."""

    def context(connection: HTTPConnection) -> Context:
        return Context(services, connection.scope["state"][PRINCIPAL].name)

    metrics = Metrics()
    metrics.gauge("chorus_plugins", "Plugins that are switched on", lambda: _enabled(services.plugins))
    metrics.gauge("chorus_followers", "Subscribers of events", lambda: len(services.bus))
    parts = Parts(
        graphql=GraphQLTransport(schema.build(), context),
        hooks=ReportHandler(services.reports),
        terminals=TerminalHandler(services.terminals),
        metrics=metrics,
        web=built_client(),
    )
    return Site(parts, settings.state_dir, host, port)


def _enabled(plugins: Plugins) -> float:
    return float(sum(info.enabled for info in plugins.infos))


# --- the process ------------------------------------------------------------------------------------


def serve(
    settings: Settings,
    *,
    project: Path | None = None,
    announce: Callable[[str], None] | None = None,
    ready: Callable[[], None] | None = None,
) -> None:
    """Serve until told to stop. The lock and the port come before anything is read or migrated."""
    os.umask(0o077)  # everything that is written here is for this user alone
    _set_up_logging()
    with (
        hold_state_dir(settings.state_dir),
        hold_database(file_of(settings.database_url), settings.state_dir),
        closing(listen.bind(settings.server.host, settings.server.port)) as listener,
    ):
        make_private_dir(settings.runtime_dir)
        asyncio.run(_serve(settings, listener, project, announce, ready))


def _set_up_logging() -> None:
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(format=form, level=logging.INFO, force=True)
    for chatty in ("alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    redact.install()


async def _serve(
    settings: Settings,
    listener: socket.socket,
    project: Path | None,
    announce: Callable[[str], None] | None,
    ready: Callable[[], None] | None,
) -> None:
    port = int(listener.getsockname()[1])
    url = f"http://{bracketed(settings.server.host)}:{port}"
    plugins = loading.load(settings)
    settings = plugins.configured(settings)
    addresses = PreviousAddresses(listener)
    async with AsyncExitStack() as stack:
        stack.callback(addresses.close_all)
        services = await stack.enter_async_context(open_services(settings, plugins, url, addresses))
        site = create_app(settings, services, settings.server.host, port)
        gc.freeze()  # what is there by now stays as long as the process: it need not be looked through again
        if project is not None:
            await services.projects.add(str(project))
        loop = asyncio.get_running_loop()

        def up() -> None:
            addresses.serve(server, site.gate)
            listen.announce(settings.state_dir, url)
            if announce is not None:
                for trouble in plugins.switched_off():
                    announce(trouble)
                announce(f"Chorus serves {url}")
                announce(f"Open {site.login.link()}")
            if ready is not None:
                loop.run_in_executor(None, ready)

        def stopping() -> None:
            services.reports.stopping = True
            site.stop()

        server = listen.make_server(site.app, up, stopping)
        try:
            await server.serve(sockets=[listener])
        finally:
            listen.withdraw(settings.state_dir)
        if not server.started:
            raise Conflict("The server could not be started; the log says why.")
