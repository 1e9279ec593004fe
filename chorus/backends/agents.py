"""Agents, and where their status comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from chorus.backends.channels import Channel
from chorus.model import (
    AfterPlan,
    AgentStatus,
    PermissionDecision,
    PermissionScope,
    Ruling,
    RunMode,
    Signal,
    ToolKind,
)


@dataclass(frozen=True, slots=True)
class PermissionProfile:
    """What an agent may do unasked. `mode` is in the agent's own words.

    Patterns name a kind of tools (`run(git status:*)`, see `chorus.model.patterns`) or a tool as the agent
    calls it. An agent that keeps to its profile by itself translates those of kinds.
    """

    name: str
    mode: str = "default"
    allow: Sequence[str] = ()
    deny: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Injection:
    """What a status source adds to a launch: files for the run's folder, arguments and environment."""

    files: Mapping[str, str] = field(default_factory=dict)
    argv: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """A run to start. `run_dir` is private to the run and outside the repository; the prompt may be None.

    `agent_session_id` is the conversation: to continue when `resume`, to begin otherwise. `hook_url_file`
    always holds what `hook_url` is now: a server that starts again may have another address.
    """

    task_id: str
    run_id: str
    title: str
    cwd: str
    run_dir: Path
    hook_url: str
    prompt: str | None
    agent_session_id: str
    resume: bool
    mode: RunMode
    profile: PermissionProfile
    allowed_tools: Sequence[str] = ()
    hook_url_file: Path | None = None
    injection: Injection = field(default_factory=Injection)


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start the agent. `env` is added to the allow-listed environment.

    `prompt_given` says that the prompt is in `argv` or `stdin`; otherwise it is typed when the agent is
    ready, or written to its `channel` when it has one. `stdin` names the one of `files` that the agent reads
    as its standard input instead of the terminal.
    """

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    prompt_given: bool = True
    channel: Channel | None = None
    stdin: str | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Bytes to give to the terminal, then a pause in seconds before the next ones."""

    data: bytes
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Dialog:
    """A question on the agent's screen that only a person should answer, and what to do about it.

    `blocking` dialogs (trust, login) keep the agent from starting at all.
    """

    kind: str
    advice: str


@runtime_checkable
class Agent(Protocol):
    """Knows how to start, continue and talk to one kind of coding agent."""

    name: str
    #: The status source that understands its reports.
    status_source: str
    #: Whether it can continue a conversation after its process ended.
    resumes: bool
    #: Whether prompts can be typed into its terminal while it runs.
    accepts_input: bool
    #: Whether it can run without a terminal (run mode HEADLESS); its launch then has a channel.
    headless: bool = False
    #: Whether it reports each prompt it takes, so that one that got stuck in its input box is noticed.
    confirms_prompts: bool = False
    #: Whether it keeps by itself to the profile it was started with; Chorus then adds what changed since.
    applies_profiles: bool = False
    #: Names of variables it may inherit from the server's environment, as shell patterns (ANTHROPIC_*).
    inherits: Sequence[str] = ()

    def check(self) -> str | None:
        """Why this agent cannot be started here; None when it can."""
        return None

    def launch(self, request: LaunchRequest) -> Launch: ...

    def typing(self, text: str) -> Sequence[Keys]:
        """The keys that submit `text` as one prompt, exactly as it is."""
        ...

    def interrupting(self) -> Sequence[Keys]:
        """The keys that end the agent's turn and keep it running; empty: send it SIGINT."""
        return ()

    def dialog(self, screen: str) -> Dialog | None:
        """The dialog that is visible on this screen, if it is one the agent cannot report itself."""
        return None

    def notice(self, screen: str) -> str | None:
        """What this screen of a busy agent says, in a line, if the agent cannot report it: it tries again."""
        return None


@runtime_checkable
class SupportsTitle(Protocol):
    """An agent that shows in the title of its terminal whether it works. It is asked where nothing the agent
    leaves on disk tells (`SupportsObserve`).
    """

    def titled(self, title: str, screen: str) -> AgentStatus | None:
        """What this title says of the agent; None when nothing, as for one that it did not set. Pure.

        A title rarely tells an agent that rests from one that asks, so the screen of the same moment is
        given too. IDLE for one that rests, THINKING for one in the middle of a turn, and neither unless it
        surely asks nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a permission request. `after_plan` is how an agent goes on whose plan is approved; None:
    as it would by itself.
    """

    decision: PermissionDecision
    scope: PermissionScope = PermissionScope.ONCE
    message: str | None = None
    interrupt: bool = False
    updated_input: Mapping[str, Any] | None = None
    after_plan: AfterPlan | None = None


@dataclass(frozen=True, slots=True)
class StateFileReading:
    """What the agent's own files say about it: a cross-check, never the only source.

    `at` is when the agent wrote it, in seconds since the epoch; `conversation` is the id of the one it is in.
    """

    status: AgentStatus | None
    activity: str | None = None
    at: float | None = None
    conversation: str | None = None


@runtime_checkable
class StatusSource(Protocol):
    """Makes an agent report what it does, and understands the reports."""

    name: str

    def inject(self, request: LaunchRequest) -> Injection:
        """What a launch needs so that the agent reports to `request.hook_url`; no effects."""
        ...

    def interpret(self, report: Mapping[str, Any]) -> Sequence[Signal]:
        """The facts in one raw report; pure. A report it does not know becomes `Unknown`; BadInput if it is
        malformed. Tools are described by a `ToolUse`: Chorus knows no agent's names for them.
        """
        ...

    def answer(self, report: Mapping[str, Any], verdict: Verdict) -> Mapping[str, Any]:
        """The body that tells the agent how its permission request was decided; pure."""
        ...

    def source_id(self, report: Mapping[str, Any]) -> str | None:
        """A name that the same report always has and no other has, when the agent gives one."""
        return None


@runtime_checkable
class NamesTools(Protocol):
    """A status source that knows its agent's tools: what patterns that name them are about.

    Of each kind the name comes first by which patterns cover all tools of that kind.
    """

    tool_kinds: Mapping[str, ToolKind]


@runtime_checkable
class SupportsGuard(Protocol):
    """A status source whose agent waits, before it uses a tool, for what the answer to its report says."""

    def guard(self, report: Mapping[str, Any], ruling: Ruling) -> Mapping[str, Any]:
        """The body that has the agent use the tool, leave it, or ask a person first; pure."""
        ...


@runtime_checkable
class SupportsObserve(Protocol):
    """A status source that can also look at what the agent leaves on disk. Called in a thread; must not
    block long.
    """

    def observe(self, pid: int, env: Mapping[str, str]) -> StateFileReading | None: ...
