"""The built-in agents: any program in a terminal, from `[agents.NAME]`, and the demo.

They come through the same hook as everybody's. A `command` agent gets its prompt where `{prompt}`
stands in its command, on its standard input with `stdin = true`, or typed into its terminal. It may
report its status and ask for permission at the hook endpoint (`CHORUS_HOOK_URL`, `CHORUS_HOOK_TOKEN`) in
the form of Claude Code's hooks.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from chorus.backends import Agent, Keys, Launch, LaunchRequest, PluginConfig
from chorus.hookspecs import hookimpl
from chorus.settings import AgentSettings, NoOptions

#: Typed text is given in pieces: line editors drop input that comes faster than they read.
PIECE_BYTES = 512

#: The file of the run that is the standard input of an agent that reads its prompt there.
STDIN = "stdin"


class CommandAgent(Agent):
    """A program and its arguments; placeholders: {prompt} {task_id} {run_id} {session_id} {title}."""

    status_source = "claude-hooks"

    def __init__(self, name: str, settings: AgentSettings) -> None:
        self.name = name
        self._settings = settings
        self.resumes = bool(settings.resume)
        self.accepts_input = not settings.stdin and not self._takes_prompt(settings.command)

    @staticmethod
    def _takes_prompt(argv: Sequence[str]) -> bool:
        return any("{prompt}" in part for part in argv)

    def check(self) -> str | None:
        program = self._settings.command[0]
        if shutil.which(program) is None:
            return f"{program!r} of [agents.{self.name}] is not on PATH: install it or correct the command"
        return None

    def launch(self, request: LaunchRequest) -> Launch:
        template = self._settings.command
        if request.resume and self._settings.resume:
            template = self._settings.resume
        read = STDIN if self._settings.stdin and request.prompt is not None else None
        return Launch(
            argv=[_fill(part, request) for part in template],
            env=dict(self._settings.env),
            files={read: request.prompt or ""} if read else {},
            prompt_given=read is not None or request.prompt is None or self._takes_prompt(template),
            stdin=read,
        )

    def typing(self, text: str) -> Sequence[Keys]:
        data = text.encode()
        pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
        return [*(Keys(piece, pause=0.02) for piece in pieces), Keys(b"\r")]


def _fill(part: str, request: LaunchRequest) -> str:
    values = {
        "{prompt}": request.prompt or "",
        "{task_id}": request.task_id,
        "{run_id}": request.run_id,
        "{session_id}": request.agent_session_id,
        "{title}": request.title,
    }
    # One pass over the template only: a prompt that contains "{title}" stays as it is.
    for name, value in values.items():
        if name in part:
            before, _, after = part.partition(name)
            return before + value + _fill(after, request)
    return part


def demo_command() -> tuple[str, ...]:
    """The bundled demo agent: a scripted program that edits, asks and finishes. Nothing in it thinks."""
    script = Path(__file__).parent / "demo" / "agent.py"
    return (sys.executable, str(script), "{prompt}")


@hookimpl
def chorus_settings(config: PluginConfig) -> type:
    return NoOptions  # agents have a table of their own each


@hookimpl
def chorus_agents(config: PluginConfig[NoOptions]) -> Iterable[Agent]:
    tables = {"demo": AgentSettings(command=demo_command()), **config.settings["agents"]}
    return [CommandAgent(name, settings) for name, settings in tables.items()]
