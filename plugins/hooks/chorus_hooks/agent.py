"""The agent `claude`: how Claude Code is started, continued and talked to."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from chorus.backends import Agent, Channel, Dialog, Keys, Launch, LaunchRequest
from chorus.model import AgentStatus, RunMode
from chorus_hooks import dialogs, keys, terminal_title
from chorus_hooks.command_line import PROMPT_BYTES, command_line
from chorus_hooks.conversation import folder
from chorus_hooks.environment import exempt_from_proxies, inherited
from chorus_hooks.options import Options

#: The program between a headless run and its files.
RELAY = "relay.py"

MB = 1024 * 1024


class ClaudeAgent(Agent):
    """Claude Code, interactive in its terminal or headless (`-p` with lines of JSON in and out)."""

    name = "claude"
    status_source = "claude-hooks"
    resumes = True
    accepts_input = True
    headless = True
    confirms_prompts = True
    applies_profiles = True

    def __init__(self, options: Options) -> None:
        self._options = options
        self.inherits = inherited(os.environ)

    def check(self) -> str | None:
        program = self._options.command[0]
        if shutil.which(program, path=self._options.env.get("PATH")) is None:
            return (
                f"{program!r} is not on PATH: install Claude Code "
                "(npm install -g @anthropic-ai/claude-code), or say where it is with `command` in "
                "[plugins.hooks]"
            )
        return None

    def launch(self, request: LaunchRequest) -> Launch:
        if request.mode is RunMode.HEADLESS:
            return self._headless(request)
        prompt = keys.clean(request.prompt) if request.prompt else None
        fits = prompt is None or len(prompt.encode()) <= PROMPT_BYTES
        return Launch(
            argv=command_line(self._options, request, prompt if fits else None, self._config_dir()),
            env=self._env(request),
            files=request.injection.files,
            prompt_given=fits,
        )

    def _headless(self, request: LaunchRequest) -> Launch:
        """Between files of the run's folder, by a program of ours that outlives the server."""
        once = self._options.headless == "atomic"
        run_dir = request.run_dir.absolute()
        keep = ["--keep", str(self._options.headless_keep_mb * MB)]
        relay = [sys.executable, "-I", "-S", str(run_dir / RELAY), str(run_dir), *keep]
        command = command_line(self._options, request, None, self._config_dir())
        return Launch(
            argv=[*relay, *(["--once"] if once else []), "--", *command],
            env=self._env(request),
            files={**request.injection.files, RELAY: Path(__file__).with_name(RELAY).read_text("utf-8")},
            prompt_given=False,
            channel=Channel("claude-stream", once=once),
        )

    def typing(self, text: str) -> Sequence[Keys]:
        return keys.typing(keys.clean(text))

    def interrupting(self) -> Sequence[Keys]:
        return (keys.ESCAPE,)

    def dialog(self, screen: str) -> Dialog | None:
        return dialogs.find(screen)

    def notice(self, screen: str) -> str | None:
        return dialogs.retrying(screen)

    def titled(self, title: str, screen: str) -> AgentStatus | None:
        return terminal_title.status(title, screen)

    def _config_dir(self) -> Path:
        return folder({**os.environ, **self._options.env})

    def _env(self, request: LaunchRequest) -> Mapping[str, str]:
        env = {**request.injection.env, **self._options.env}
        host = urlsplit(request.hook_url).hostname or ""
        return {**env, **exempt_from_proxies({**os.environ, **env}, host)}
