"""Conversation with a headless agent: prompts and interruptions are lines in its channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chorus.backends import SpeaksLines
from chorus.errors import BackendError
from chorus.host.headless.channel_files import ChannelFiles
from chorus.host.headless.reader import ChannelReader
from chorus.host.port import ControlPlane
from chorus.host.run_dir import RunDir
from chorus.model import Run
from chorus.plugins import Plugins

#: The file that says which prompt was the run's first.
FIRST_PROMPT_FILE = "first.json"


class HeadlessConversation:
    """The agent of one run. What is said with a mark is said once, however often it is asked for."""

    def __init__(self, run: Run, run_dir: RunDir, files: ChannelFiles, source: SpeaksLines) -> None:
        self._run = run
        self._run_dir = run_dir
        self._files = files
        self._source = source

    @classmethod
    def of(cls, run: Run, run_dir: RunDir, plugins: Plugins) -> HeadlessConversation | None:
        """None when the agent has a terminal for itself."""
        files = ChannelFiles.of(run_dir)
        if files is None:
            return None
        source = plugins.sources[files.channel.source]
        if not isinstance(source, SpeaksLines):
            raise BackendError(f"The status source {source.name} does not understand lines of a channel.")
        return cls(run, run_dir, files, source)

    def open(self, prompt: str | None) -> None:
        """The first lines: what opens the conversation, and the prompt the run was started with."""
        mark = f"open-{self._run.id}"
        line = self._source.opening(mark)
        if line is not None:
            self._files.send(mark, line)
        if prompt is not None:
            self.prompt(prompt, f"prompt-{self._run.id}")

    def takes(self, mark: str) -> bool:
        """Whether the agent still takes this prompt: one with a process for each takes only the first."""
        first = self._run_dir.load(FIRST_PROMPT_FILE)
        return not self._files.channel.once or first is None or first["mark"] == mark

    def prompt(self, text: str, mark: str) -> None:
        if self._run_dir.load(FIRST_PROMPT_FILE) is None:
            self._run_dir.save(FIRST_PROMPT_FILE, {"mark": mark})
        self._files.send(mark, self._source.prompt(text, mark))

    def interrupt(self, mark: str) -> None:
        self._files.send(mark, self._source.interruption(mark))

    def reader(self, control: ControlPlane, on_conversation: Callable[[str], None]) -> ChannelReader:
        return ChannelReader(control, self._run, self._run_dir, self._files, self._source, on_conversation)


async def read_remaining(reader: ChannelReader) -> None:
    """Take all that an agent that has ended had said."""
    ended = asyncio.Event()
    ended.set()
    await reader.read(ended)
