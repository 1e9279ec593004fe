"""Start of an agent: its working folder, its configuration, its session and its first prompt."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from chorus.backends import LaunchRequest, PermissionProfile, SessionSpec, Workspace, WorkspaceSpec
from chorus.crash import point
from chorus.errors import Unavailable
from chorus.host.backends.calls import ask, call
from chorus.host.headless.channel_files import ChannelFiles
from chorus.host.headless.conversation import HeadlessConversation
from chorus.host.host_context import HostContext
from chorus.host.port import Command, run_of
from chorus.host.reports import Report, WorkspaceOpened
from chorus.host.run_dir import PROMPT, RunDir
from chorus.host.runs import environment, wrapper
from chorus.host.runs.hook_address import HookAddress
from chorus.host.runs.prompts import Prompt, PromptWriter
from chorus.host.runs.registry import RunRegistry
from chorus.host.runs.watcher import started_report
from chorus.host.terminal import log_writer
from chorus.host.terminal.typing_once import type_once
from chorus.host.vcs.naming import branch_name
from chorus.model import Project, Run, Task
from chorus.platform.processes import Process

#: Seconds for making a task's working folder: a large repository takes minutes to check out.
OPEN_SECONDS = 300.0

#: Seconds an agent process may take to exist after its session was ordered.
START_SECONDS = 15.0


class StartHandler:
    def __init__(
        self,
        context: HostContext,
        prompts: PromptWriter,
        address: HookAddress,
        registry: RunRegistry,
    ) -> None:
        self._context = context
        self._prompts = prompts
        self._address = address
        self._registry = registry

    async def start(self, command: Command) -> list[Report]:
        """Make the task's working folder, start the run's agent in it and give it what it is to do."""
        run, task = run_of(command), command.task
        if run.ended_at is not None:
            return []
        workspace = await self._open_workspace(task, command.project)
        run_dir = RunDir(self._context.state_dir, run.id)
        if run_dir.agent() is None:
            await self._launch(command, run, workspace, run_dir)
        process = await self._wait_for_process(run_dir)
        point("start.born")
        await self._send_first_prompt(run, task, run_dir)
        await self._registry.watch(run, task, process)
        prompt = await self._first_prompt(command, run, run_dir)
        return [started_report(run, process), *(prompt.given if prompt else ())]

    async def _open_workspace(self, task: Task, project: Project) -> Workspace:
        vcs = self._context.plugins.vcs[task.vcs_backend]
        name = task.branch or branch_name(task.title, task.id)
        spec = WorkspaceSpec(project.path, task.id, name)
        workspace = await call(f"VCS {vcs.name}", vcs.open(spec), OPEN_SECONDS, expect=Workspace)
        point("start.opened")
        await self._context.control.report(self._context.host_id, [WorkspaceOpened(task.id, workspace)])
        point("start.recorded")
        return workspace

    async def _send_first_prompt(self, run: Run, task: Task, run_dir: RunDir) -> None:
        """What its command line could not tell it: through its channel, or typed."""
        typed, headless = run_dir.prompt(), HeadlessConversation.of(run, run_dir, self._context.plugins)
        if headless is not None:
            headless.open(typed)
        elif typed is not None:
            agent = self._context.plugins.agents[task.agent]
            session = self._context.plugins.sessions[task.session_backend]
            await type_once(session, task, run_dir, "prompt", agent, typed)

    async def _launch(self, command: Command, run: Run, workspace: Workspace, run_dir: RunDir) -> None:
        """Write what the run needs and have the session start it; the launcher starts an agent only once."""
        task = command.task
        agent = self._context.plugins.agents[task.agent]
        source = self._context.plugins.sources[agent.status_source]
        session = self._context.plugins.sessions[task.session_backend]
        written = await self._first_prompt(command, run, run_dir)
        prompt = written.text if written else None
        request = self._request(command, run, workspace, run_dir, prompt)
        injection = ask(f"status source {source.name}", source.inject, request)
        request = replace(request, injection=injection)
        launch = ask(f"agent {agent.name}", agent.launch, request)
        env = (
            environment.inherited(self._context.environ, agent.inherits)
            | dict(injection.env)
            | dict(launch.env)
        )
        env |= {
            "CHORUS_TASK_ID": task.id,
            "CHORUS_RUN_ID": run.id,
            "CHORUS_HOOK_URL": request.hook_url,
            "CHORUS_HOOK_URL_FILE": str(self._address.file),
            "CHORUS_HOOK_TOKEN": command.payload["token"],
        }
        typed = {PROMPT: prompt} if prompt is not None and not launch.prompt_given else {}
        if launch.channel is not None:
            ChannelFiles.prepare(run_dir, launch.channel)
        run_dir.prepare(launch, {**injection.files, **launch.files, **typed}, workspace.path, env)
        point("start.prepared")
        await call(f"session {session.name}", session.start(self._spec(task, run, run_dir)))
        point("start.launched")

    async def _first_prompt(self, command: Command, run: Run, run_dir: RunDir) -> Prompt | None:
        """The first prompt with what the agent has to know of the task's documents."""
        if run.prompt is None:
            return None
        return await self._prompts.write(command, run, run_dir, run.prompt)

    def _request(
        self, command: Command, run: Run, workspace: Workspace, run_dir: RunDir, prompt: str | None
    ) -> LaunchRequest:
        task = command.task
        return LaunchRequest(
            task_id=task.id,
            run_id=run.id,
            title=task.title,
            cwd=workspace.path,
            run_dir=run_dir.path,
            hook_url=self._address.current(),
            hook_url_file=self._address.file,
            prompt=prompt,
            agent_session_id=run.agent_session_id or "",
            resume=bool(command.payload["resume"]),
            mode=run.mode,
            profile=PermissionProfile(**command.payload["profile"]),
            allowed_tools=task.allowed_tools,
        )

    def _spec(self, task: Task, run: Run, run_dir: RunDir) -> SessionSpec:
        return SessionSpec(
            task_id=task.id,
            run_id=run.id,
            argv=wrapper.argv(run_dir.path),
            log_argv=log_writer.argv(run_dir.log),
            environment=environment.terminal(self._context.environ),
        )

    async def _wait_for_process(self, run_dir: RunDir) -> Process:
        """The agent's process, as soon as its launcher has recorded it."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await run_dir.wait_for("agent.json", "exit.json")
        except TimeoutError:
            raise Unavailable(f"The agent's process did not appear within {START_SECONDS:.0f} s.") from None
        process = run_dir.agent()
        if process is None:
            ended = run_dir.exit()
            raise Unavailable((ended.error if ended else None) or "The agent could not be executed.")
        return process
