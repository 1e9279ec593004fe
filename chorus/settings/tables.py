"""The tables of the configuration: every key with its type, bounds, default and meaning.

This is the one declaration of a key. Its check, the text of its error, its variable, its place in the
JSON schema and its line in `docs/configuration.md` come from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from chorus.model.patterns import Pattern
from chorus.settings.types import Command, InvalidKey, Variables

#: The longest time to wait for an answer to a permission request: 30 days.
LONGEST_TIMEOUT = 30 * 86_400

Name = Annotated[str, Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`[server]`: where the server listens."""

    host: Annotated[Name, Meta(description="The loopback address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="The port to listen on; 0 picks a free one.")] = (
        8420
    )


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """`[database]`: where the record is kept."""

    url: Annotated[
        str,
        Meta(description="The address of the database; empty: SQLite in the state directory."),
    ] = ""


@dataclass(frozen=True, slots=True)
class Defaults:
    """`[defaults]`: what a task gets when it does not say."""

    agent: Annotated[Name, Meta(description="The agent of a task that names none.")] = "claude"
    vcs: Annotated[str, Meta(description="Its VCS backend; empty: what suits the repository.")] = ""
    session: Annotated[Name, Meta(description="Its session backend.")] = "tmux"
    permission_profile: Annotated[Name, Meta(description="Its permission profile.")] = "default"


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """`[agents.NAME]`: any program in a terminal.

    `{prompt}` in a command stands for the prompt; with `stdin` the program reads it there.
    """

    command: Annotated[
        Command,
        Meta(
            description="The program and its arguments; `{prompt}` stands for the prompt.",
            examples=[["aider", "--message={prompt}"]],
        ),
    ]
    env: Annotated[Variables, Meta(description="Variables added to the environment of the program.")] = field(
        default_factory=dict
    )
    resume: Annotated[
        tuple[str, ...],
        Meta(description="The command that continues a conversation; empty: it cannot continue one."),
    ] = ()
    stdin: Annotated[
        bool, Meta(description="Whether the program reads the prompt from its standard input.")
    ] = False


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """`[documents]`: which files of a project are documents, and who hears of their changes."""

    include: Annotated[
        tuple[str, ...],
        Meta(description="Patterns of the files that are documents.", examples=[["docs/**/*.md"]]),
    ] = ("*.md", "docs/**/*.md", ".claude/**/*.md")
    exclude: Annotated[
        tuple[str, ...],
        Meta(
            description="Patterns of files that are no documents, as in a `.gitignore`.",
            examples=[["drafts/"]],
        ),
    ] = ()
    changes: Annotated[
        bool, Meta(description="Whether agents are told what changed in the documents they were given.")
    ] = True


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """`[permissions.profiles.NAME]`: how much an agent may do unasked."""

    mode: Annotated[Name, Meta(description="The permission mode in which the agent starts.")] = "default"
    allow: Annotated[
        tuple[str, ...],
        Meta(description="Patterns of tool uses that need no answer.", examples=[["run(git status:*)"]]),
    ] = ()
    deny: Annotated[
        tuple[str, ...],
        Meta(description="Patterns of tool uses that are refused.", examples=[["fetch"]]),
    ] = ()
    timeout_seconds: Annotated[
        int,
        Meta(ge=0, le=LONGEST_TIMEOUT, description="How long a request waits for an answer; 0: for ever."),
    ] = 0
    on_timeout: Annotated[
        Literal["wait", "deny", "allow"],
        Meta(description="What happens to a request that nobody has answered by then."),
    ] = "wait"

    def __post_init__(self) -> None:
        """Raise InvalidKey for what is no pattern, or a decision without a time."""
        for key, patterns in (("allow", self.allow), ("deny", self.deny)):
            for text in patterns:
                try:
                    Pattern.parse(text)
                except ValueError as error:
                    raise InvalidKey(key, f"must be a list of tool patterns: {error}") from None
        if self.on_timeout != "wait" and not self.timeout_seconds:
            raise InvalidKey("on_timeout", f'= "{self.on_timeout}" needs timeout_seconds of 1 or more')


#: The profiles everybody has; a table of the same name changes what it says and keeps the rest. They name
#: kinds of tools, so that they mean the same for every agent.
BUILT_IN_PROFILES: Mapping[str, ProfileSettings] = {
    "default": ProfileSettings(),
    "read_only": ProfileSettings(allow=("read", "search"), deny=("edit", "run")),
    "safe_edit": ProfileSettings(mode="acceptEdits"),
    "full_dev": ProfileSettings(mode="acceptEdits", allow=("run", "edit")),
    "git_only": ProfileSettings(allow=("read", "search", "run(git:*)"), deny=("edit",)),
}


@dataclass(frozen=True, slots=True)
class PermissionSettings:
    """`[permissions]`: the named sets of permissions."""

    profiles: Mapping[str, ProfileSettings] = field(
        default_factory=dict, metadata={"base": BUILT_IN_PROFILES}
    )


@dataclass(frozen=True, slots=True)
class EventSettings:
    """`[events]`: how much of the event log is kept."""

    keep: Annotated[int, Meta(ge=1, description="How many events are kept; older ones go first.")] = 1_000_000
    keep_days: Annotated[int, Meta(ge=1, le=36_500, description="How many days an event is kept.")] = 30


@dataclass(frozen=True, slots=True)
class StatusSettings:
    """`[status]`: how an agent's status is told."""

    silent_seconds: Annotated[
        int,
        Meta(ge=1, description="After how long without a report a busy agent is said to be silent."),
    ] = 600


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """`[limits]`: how many agents may run at the same time, and what is done by itself."""

    agents: Annotated[int, Meta(ge=0, description="How many agents may run at once; 0: no limit.")] = 32
    per_project: Annotated[
        int, Meta(ge=0, description="How many of them may be in one project; 0: no limit.")
    ] = 0
    min_free_memory_mb: Annotated[
        int,
        Meta(ge=0, description="A start waits while less memory (MB) is free and another agent runs."),
    ] = 512
    usage_retry_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=60 * 24 * 365,
            description="How long to wait after a usage limit whose end was not told; 0: for a person.",
        ),
    ] = 15
    continue_prompt: Annotated[
        str,
        Meta(
            pattern=r"\S",
            description="What an agent is told to go on when nothing else is queued.",
            examples=["continue"],
        ),
    ] = "continue"
    restarts: Annotated[
        int,
        Meta(ge=0, description="Restarts of a crashed agent within ten minutes; 0: a person does it."),
    ] = 0
    plugin_seconds: Annotated[
        int, Meta(ge=1, description="A plugin that has not answered a call by then has failed.")
    ] = 60


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """`[plugins]`: which plugins are on. The options of one are in `[plugins.NAME]`, as it declares them."""

    has_other_tables: ClassVar[bool] = True

    disabled: Annotated[
        tuple[str, ...],
        Meta(description="The plugins that are switched off, by name.", examples=[["gitbutler"]]),
    ] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """All tables of a configuration file but those of plugins."""

    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    defaults: Defaults = field(default_factory=Defaults)
    documents: DocumentSettings = field(default_factory=DocumentSettings)
    events: EventSettings = field(default_factory=EventSettings)
    status: StatusSettings = field(default_factory=StatusSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    agents: Mapping[str, AgentSettings] = field(default_factory=dict)
    permissions: PermissionSettings = field(default_factory=PermissionSettings)
    plugins: PluginSettings = field(default_factory=PluginSettings)
