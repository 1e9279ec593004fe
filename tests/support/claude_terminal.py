"""A real Claude Code in a real terminal, started the way Chorus starts it."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chorus_hooks import ClaudeAgent, ClaudeHooks, Options

from chorus.backends import Dialog, Keys, Launch, LaunchRequest, PermissionProfile, StateFileReading, Verdict
from chorus.model import AgentStatus, PermissionDecision, RunMode
from tests.support.claude import Surroundings, find_claude
from tests.support.endpoint import Endpoint
from tests.support.hook_server import HookServer, Report
from tests.support.terminal import Terminal, becomes

TOKEN = "token-of-this-run"


class Claude:
    """One CLI with hook server, endpoint, repository and terminal; `start` may be called again to resume."""

    def __init__(
        self,
        version: str,
        base: Path,
        endpoint: Endpoint,
        hook_server: HookServer,
        surroundings: Surroundings,
    ) -> None:
        program = find_claude(version)
        self.version = version
        self.base = base
        self.repo = base / "repo"
        self.endpoint = endpoint
        self.hook_server = hook_server
        self.surroundings = surroundings
        self.terminal = Terminal(base / "tmux")
        self.session_id = str(uuid.uuid4())
        self.source = ClaudeHooks()
        self.options = Options(
            command=(str(program),), env={**surroundings.env, "CLAUDE_CODE_MAX_RETRIES": "1"}
        )
        self.agent = ClaudeAgent(self.options)
        self._runs = 0

    def with_env(self, **changes: str | None) -> None:
        """Change the environment of the next start; None takes a variable away."""
        env = {name: value for name, value in {**self.options.env, **changes}.items() if value is not None}
        self.options = Options(command=self.options.command, env=env)
        self.agent = ClaudeAgent(self.options)

    def request(self, prompt: str | None, **changes: Any) -> LaunchRequest:
        self._runs += 1
        values: dict[str, Any] = {
            "task_id": "task-1",
            "run_id": f"run-{self._runs}",
            "title": "A title",
            "cwd": str(self.repo),
            "run_dir": self.base / f"run-{self._runs}",
            "hook_url": self.hook_server.url,
            "prompt": prompt,
            "agent_session_id": self.session_id,
            "resume": False,
            "mode": RunMode.INTERACTIVE,
            "profile": PermissionProfile("default"),
        }
        plain = LaunchRequest(**{**values, **changes})
        return LaunchRequest(**{**values, **changes, "injection": self.source.inject(plain)})

    def prepare(self, request: LaunchRequest) -> tuple[Launch, dict[str, str]]:
        """Write the run's files, as the host agent does; the launch and its whole environment."""
        launch = self.agent.launch(request)
        request.run_dir.mkdir(mode=0o700)
        for name, text in {**request.injection.files, **launch.files}.items():
            (request.run_dir / name).write_text(text)
        return launch, {**launch.env, "CHORUS_HOOK_URL": request.hook_url, "CHORUS_HOOK_TOKEN": TOKEN}

    def allowed(self, report: Report) -> Mapping[str, Any]:
        return self.source.answer(report.payload, Verdict(PermissionDecision.ALLOW))

    @property
    def path(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    async def start(self, prompt: str | None = None, **changes: Any) -> Launch:
        launch, env = self.prepare(self.request(prompt, **changes))
        await self.terminal.start(launch.argv, self.repo, env)
        return launch

    async def ready(self, number: int = 1) -> None:
        """Past SessionStart, and with an input box to type into that is read."""
        await self.hook_server.reported("SessionStart", number=number)
        await self.rests()

    async def say(self, text: str) -> str:
        """Type a prompt as the host agent does; what the agent took."""
        number = len(self.hook_server.all("UserPromptSubmit")) + 1
        await self.press(*self.agent.typing(text))
        try:
            report = await self.hook_server.reported("UserPromptSubmit", number=number, within=4)
        except AssertionError:  # right after its start it may take the text and lose the Enter
            await self.press(Keys(b"\r"))
            report = await self.hook_server.reported("UserPromptSubmit", number=number)
        return str(report.payload["prompt"])

    async def kill(self) -> None:
        """End the process as a crash would, and its terminal."""
        os.kill(await self.terminal.pid(), signal.SIGKILL)
        await self.terminal.ended()
        await self.terminal.close()

    async def press(self, *keys: Keys) -> None:
        await self.terminal.press(keys)

    async def observe(self) -> StateFileReading | None:
        return self.source.observe(await self.terminal.pid(), self.options.env)

    async def is_(self, wanted: AgentStatus) -> None:
        """Wait until its own state file says so."""
        await becomes(self._status, lambda status: status == wanted)

    async def rests(self) -> None:
        await self.is_(AgentStatus.IDLE)

    async def written_down(self) -> None:
        """Wait until its transcript holds an answer: it writes some moments after a turn."""
        transcript = Path(self.hook_server.reports[0].payload["transcript_path"])

        async def look() -> str:
            return transcript.read_text() if transcript.exists() else ""

        await becomes(look, lambda text: '"type":"assistant"' in text)

    async def asks(self) -> Dialog:
        """The question on its screen, when there is one."""
        screen = await self.terminal.shows(lambda screen: self.agent.dialog(screen) is not None)
        dialog = self.agent.dialog(screen)
        assert dialog is not None
        return dialog

    async def _status(self) -> str:
        seen = await self.observe()
        return str(seen.status if seen else None)
