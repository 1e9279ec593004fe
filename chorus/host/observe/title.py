"""Status by the title of an agent's terminal, once that has lasted long enough."""

from __future__ import annotations

from chorus.backends import Agent, SupportsTitle
from chorus.host.backends.calls import ask
from chorus.model import AgentStatus, StatusReading
from chorus.model.status import FILE_SETTLES

#: A title does not say at what an agent works, or why it does not.
_TEXTS = {AgentStatus.IDLE: "Rests, by the title of its terminal"}
_BUSY_TEXT = "Works, by the title of its terminal"


class TitleTracker:
    """Follows the title of one agent's terminal from look to look. A title has no time of its own, so the
    first look that finds it is taken for when it began.
    """

    def __init__(self, agent: Agent, source: str) -> None:
        """`source` is the name of the agent's status source."""
        self._agent = agent
        self._source = f"{source} title"
        self._status: AgentStatus | None = None
        self._since = 0.0
        self._settled: StatusReading | None = None

    @property
    def supported(self) -> bool:
        """Whether this agent's titles say anything."""
        return isinstance(self._agent, SupportsTitle)

    def update(self, title: str, screen: str, at: float) -> StatusReading | None:
        """What it says at this moment; before that has settled, what it said last."""
        status = self._read(title, screen)
        if status is None:
            self.reset()
        elif status is not self._status:
            self._status, self._since = status, at
        elif at - self._since >= FILE_SETTLES:
            self._settled = StatusReading(status, _TEXTS.get(status, _BUSY_TEXT), self._source, self._since)
        return self._settled

    def reset(self) -> None:
        """Nothing is known of it from here on."""
        self._status = self._settled = None

    def _read(self, title: str, screen: str) -> AgentStatus | None:
        if not title or not isinstance(self._agent, SupportsTitle):
            return None
        return ask(f"agent {self._agent.name}", self._agent.titled, title, screen)
