"""A real headless Claude Code, talked to in lines of JSON without a relay between."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chorus_hooks import ClaudeStream

from chorus.backends import PermissionProfile
from chorus.model import RunMode, Signal
from tests.support.claude_terminal import Claude
from tests.support.live import PATIENCE

Line = Mapping[str, Any]

#: Bytes of a line: the first one lists all that the CLI can do.
LONGEST = 10_000_000


class Lines:
    """One process with the command line that Chorus gives it; `said` holds what it said, line by line."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.source = ClaudeStream()
        self.said: list[Line] = []
        self._memory: dict[str, Any] = {}
        self._prompts = 0

    @classmethod
    async def start(cls, claude: Claude, profile: PermissionProfile | None = None) -> Lines:
        request = claude.request(None, mode=RunMode.HEADLESS, profile=profile or PermissionProfile("default"))
        launch, env = claude.prepare(request)
        command = launch.argv[launch.argv.index("--") + 1 :]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env={**claude.path, **env}, cwd=claude.repo, limit=LONGEST
        )
        lines = cls(process)
        lines.tell(lines.source.opening("opening"))
        await lines.until("control_response")
        return lines

    def tell(self, line: Line) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")

    def say(self, prompt: str) -> None:
        """Begin a turn; `said` then holds what is said in it."""
        self._prompts += 1
        self.said.clear()
        self.tell(self.source.prompt(prompt, f"prompt-{self._prompts}"))

    async def until(self, kind: str) -> Line:
        """The next line of this type; what comes before it is in `said`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while True:
                line = json.loads(await self.process.stdout.readline() or b'{"type": "end"}')
                assert line["type"] != "end", self.said[-3:]
                self.said.append(self.source.complete(line, self._memory))
                if line["type"] == kind:
                    return self.said[-1]

    async def once(self, kind: str) -> Line:
        """The first line of this type in this turn, which may have been said already."""
        said = self.of(kind)
        return said[0] if said else await self.until(kind)

    def of(self, kind: str) -> list[Line]:
        return [line for line in self.said if line["type"] == kind]

    def means(self) -> Sequence[Signal]:
        """What Chorus understands of all that was said in this turn."""
        return [signal for line in self.said for signal in self.source.interpret(line)]

    async def end(self) -> int:
        """Close its input, as after the last prompt, and read the rest; the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await self.process.communicate()
            return await self.process.wait()

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.end()
