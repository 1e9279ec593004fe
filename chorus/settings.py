"""The configuration: one frozen value, read once.

Sources, later ones win: `~/.config/chorus/config.toml`, `chorus.toml` in the project, `CHORUS_*`
variables (`CHORUS_SERVER_PORT`, `CHORUS_DATABASE_URL`, `CHORUS_DEFAULTS_AGENT`, `CHORUS_STATE_DIR` …),
options of the command line. A key nobody knows is an error, not a silent typo.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from chorus.errors import BadInput

T = TypeVar("T")

#: What may happen to a request that nobody answers, and the longest time to wait for an answer (30 days).
ON_TIMEOUT = ("wait", "deny", "allow")
LONGEST_TIMEOUT = 30 * 86_400


@dataclass(frozen=True, slots=True)
class ServerSettings:
    host: str = "127.0.0.1"
    port: int = 8420  #: 0 lets the system pick one


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    url: str = ""  #: empty: SQLite in the state directory


@dataclass(frozen=True, slots=True)
class BusSettings:
    url: str = "memory:"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a task gets when it does not say. An empty `vcs` picks what suits the repository."""

    agent: str = "claude"
    vcs: str = ""
    session: str = "tmux"
    permission_profile: str = "default"


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """`[agents.NAME]`: any program in a terminal. `{prompt}` stands for the prompt; with `stdin` the program
    reads it there.
    """

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    resume: tuple[str, ...] = ()
    stdin: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """`changes`: whether agents are told, with the next message, what changed in what they were given."""

    include: tuple[str, ...] = ("*.md", "docs/**/*.md", ".claude/**/*.md")
    exclude: tuple[str, ...] = ()
    changes: bool = True


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """`[permissions.profiles.NAME]`: how much an agent may do unasked.

    A request that nobody has answered after `timeout_seconds` (0: never) is decided by `on_timeout`: wait,
    deny or allow.
    """

    mode: str = "default"
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    timeout_seconds: int = 0
    on_timeout: str = "wait"


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
class EventSettings:
    """How much of the event log is kept: older events go first."""

    keep: int = 1_000_000
    keep_days: int = 30


@dataclass(frozen=True, slots=True)
class StatusSettings:
    """`silent_seconds`: after so long without a report a busy agent is said to be silent."""

    silent_seconds: int = 600


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How many agents may run at the same time, on the whole and in one project; 0 is no limit.

    A start also waits while less than `min_free_memory_mb` of memory are free and another agent runs. After
    a usage limit whose end the agent did not tell, it is tried again in `usage_retry_minutes` (0: never by
    itself), and goes on with what is queued or else with `continue_prompt`. So does an agent that has crashed
    and can continue its conversation, at most `restarts` times in ten minutes (0: a person starts it again).
    A plugin has `plugin_seconds` to answer.
    """

    agents: int = 32
    per_project: int = 0
    min_free_memory_mb: int = 512
    usage_retry_minutes: int = 15
    continue_prompt: str = "continue"
    restarts: int = 0
    plugin_seconds: int = 60

    def __post_init__(self) -> None:
        for name in ("agents", "per_project", "min_free_memory_mb", "usage_retry_minutes", "restarts"):
            if getattr(self, name) < 0:
                raise BadInput(f"[limits] {name} must be 0 (no limit) or more")
        if self.plugin_seconds < 1:
            raise BadInput("[limits] plugin_seconds must be 1 or more")
        if not self.continue_prompt.strip():
            raise BadInput("[limits] continue_prompt must say something")


@dataclass(frozen=True, slots=True)
class Settings:
    state_dir: Path
    runtime_dir: Path
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    defaults: Defaults = field(default_factory=Defaults)
    documents: DocumentSettings = field(default_factory=DocumentSettings)
    events: EventSettings = field(default_factory=EventSettings)
    status: StatusSettings = field(default_factory=StatusSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    agents: Mapping[str, AgentSettings] = field(default_factory=dict)
    profiles: Mapping[str, ProfileSettings] = field(default_factory=dict)
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    disabled_plugins: tuple[str, ...] = ()
    #: Where a value that is not the default was set last: `server.port` -> a file or "the environment".
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.state_dir / 'chorus.db'}"

    def plain(self) -> dict[str, Any]:
        """The tables that plugins may read, as plain data."""
        return {
            "documents": {"include": self.documents.include, "exclude": self.documents.exclude},
            "agents": dict(self.agents),
        }


_SECTIONS: dict[str, type] = {
    "server": ServerSettings,
    "database": DatabaseSettings,
    "bus": BusSettings,
    "defaults": Defaults,
    "documents": DocumentSettings,
    "events": EventSettings,
    "status": StatusSettings,
    "limits": LimitSettings,
}


def load_settings(
    project: Path | None = None,
    *,
    state_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the configuration files and variables. Raises BadInput naming the file and the key."""
    env = os.environ if environ is None else environ
    state = state_dir or _state_dir(env)
    settings = Settings(state_dir=state.absolute(), runtime_dir=_runtime_dir(env, state.absolute()))
    for path in _files(env, project):
        settings = _merge(settings, _read(path), str(path))
    return _merge(settings, _variables(env), "the environment")


def _state_dir(env: Mapping[str, str]) -> Path:
    if env.get("CHORUS_STATE_DIR"):
        return Path(env["CHORUS_STATE_DIR"])
    home = Path(env.get("HOME") or Path.home())
    return Path(env.get("XDG_STATE_HOME") or home / ".local" / "state") / "chorus"


def _runtime_dir(env: Mapping[str, str], state: Path) -> Path:
    """Where sockets go. One folder per state directory, short enough for a socket path (107 bytes on
    Linux).
    """
    base = Path(env.get("XDG_RUNTIME_DIR") or "")
    if not env.get("XDG_RUNTIME_DIR") or len(str(base)) > 50 or not os.access(base, os.W_OK):
        base = Path("/tmp") / f"chorus-{os.getuid()}"
    return base / "chorus" / hashlib.sha256(str(state).encode()).hexdigest()[:8]


def _files(env: Mapping[str, str], project: Path | None) -> list[Path]:
    home = Path(env.get("HOME") or Path.home())
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "chorus" / "config.toml"
    found = [config, *([project / "chorus.toml"] if project else [])]
    return [path for path in found if path.is_file()]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def _variables(env: Mapping[str, str]) -> dict[str, Any]:
    """`CHORUS_<SECTION>_<KEY>` for the sections with fixed keys; other CHORUS_ variables belong to others."""
    tree: dict[str, Any] = {}
    for section, kind in _SECTIONS.items():
        for item in fields(kind):
            value = env.get(f"CHORUS_{section}_{item.name}".upper())
            if value is not None:
                tree.setdefault(section, {})[item.name] = _typed(value, item.default)
    if env.get("CHORUS_PLUGINS_DISABLED"):
        tree["plugins"] = {"disabled": env["CHORUS_PLUGINS_DISABLED"].split(",")}
    return tree


def _typed(value: str, default: object) -> object:
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(default, int):
        return int(value) if value.lstrip("-").isdigit() else value
    return tuple(value.split(",")) if isinstance(default, tuple) else value


def _merge(settings: Settings, tree: Mapping[str, Any], where: str) -> Settings:
    changes: dict[str, Any] = {}
    for key, value in tree.items():
        if not isinstance(value, Mapping):
            raise BadInput(f"{where}: [{key}] must be a table")
        if key in _SECTIONS:
            changes[key] = _fill(getattr(settings, key), value, f"{where}: [{key}]")
        elif key == "agents":
            changes[key] = {**settings.agents, **_tables(AgentSettings, value, f"{where}: [agents]")}
        elif key == "permissions":
            changes["profiles"] = {**settings.profiles, **_profiles(settings, value, where)}
        elif key == "plugins":
            changes.update(_plugins(settings, value, where))
        else:
            raise BadInput(f"{where}: unknown table [{key}] (known: {', '.join(_known())})")
    origins = {**settings.origins, **{name: where for name in _names(tree)}}
    return replace(settings, **changes, origins=origins)


def _names(tree: Mapping[str, Any]) -> list[str]:
    """`table.key` of everything that is set; for `permissions` the name of each profile."""
    named = {**tree, **{f"permissions.{name}": value for name, value in tree.get("permissions", {}).items()}}
    named.pop("permissions", None)
    return [f"{table}.{key}" for table, keys in named.items() for key in keys]


def _known() -> list[str]:
    return sorted([*_SECTIONS, "agents", "permissions", "plugins"])


def _profiles(settings: Settings, value: Mapping[str, Any], where: str) -> dict[str, ProfileSettings]:
    unknown = set(value) - {"profiles"}
    if unknown:
        raise BadInput(
            f"{where}: [permissions] knows only the table `profiles`, not {', '.join(sorted(unknown))}"
        )
    known = {**BUILT_IN_PROFILES, **settings.profiles}
    place = f"{where}: [permissions.profiles]"
    made = _tables(ProfileSettings, value.get("profiles", {}), place, known)
    for name, profile in made.items():
        _check_timeout(profile, f"{where}: [permissions.profiles.{name}]")
    return made


def _check_timeout(profile: ProfileSettings, where: str) -> None:
    if profile.on_timeout not in ON_TIMEOUT:
        raise BadInput(f"{where} on_timeout must be one of: {', '.join(ON_TIMEOUT)}")
    if not 0 <= profile.timeout_seconds <= LONGEST_TIMEOUT:
        raise BadInput(f"{where} timeout_seconds must be from 0 (never) to {LONGEST_TIMEOUT}")
    if profile.on_timeout != "wait" and not profile.timeout_seconds:
        raise BadInput(f'{where} on_timeout = "{profile.on_timeout}" needs timeout_seconds')


def _plugins(settings: Settings, value: Mapping[str, Any], where: str) -> dict[str, Any]:
    options = {name: table for name, table in value.items() if name != "disabled"}
    for name, table in options.items():
        if not isinstance(table, Mapping):
            raise BadInput(f"{where}: [plugins.{name}] must be a table")
    changes: dict[str, Any] = {"plugins": {**settings.plugins, **options}}
    if "disabled" in value:
        changes["disabled_plugins"] = tuple(value["disabled"])
    return changes


def _tables(kind: type[T], value: Any, where: str, known: Mapping[str, T] | None = None) -> dict[str, T]:
    """A table of tables; one whose name is `known` says only what is to be different."""
    if not isinstance(value, Mapping):
        raise BadInput(f"{where} must be a table of tables")
    before = known or {}
    return {
        name: _make(kind, table, f"{where[:-1]}.{name}]", before.get(name)) for name, table in value.items()
    }


def _make(kind: type[T], table: Any, where: str, before: T | None = None) -> T:
    if not isinstance(table, Mapping):
        raise BadInput(f"{where} must be a table")
    if kind is AgentSettings and "command" not in table:
        raise BadInput(f'{where} needs `command`, for example command = ["aider", "--message", "{{prompt}}"]')
    blank = kind(command=()) if kind is AgentSettings else kind()  # type: ignore[call-arg]
    return _fill(before or blank, table, where)


def _fill(current: T, table: Mapping[str, Any], where: str) -> T:
    known = {item.name: item for item in fields(current)}  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise BadInput(f"{where}: unknown key `{key}` (known: {', '.join(sorted(known))})")
        changes[key] = _checked(value, getattr(current, key), f"{where} {key}")
    return replace(current, **changes)  # type: ignore[type-var]


def _checked(value: Any, example: object, where: str) -> Any:
    if isinstance(example, tuple):
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            raise BadInput(f"{where} must be a list of strings")
        return tuple(value)
    if isinstance(example, Mapping):
        if not isinstance(value, Mapping) or not all(isinstance(part, str) for part in value.values()):
            raise BadInput(f"{where} must be a table of strings")
        return dict(value)
    if type(value) is not type(example):
        kinds = {bool: "true or false", int: "a whole number"}
        raise BadInput(f"{where} must be {kinds.get(type(example), 'a string')}")
    return value
