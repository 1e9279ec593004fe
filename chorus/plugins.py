"""Loading plugins and finding backends by name.

Every entry point of the group `chorus` is loaded and asked alone, in a thread with a time limit, so
that one that raises, hangs, is mistyped or cannot be imported is switched off with its reason and
harms nobody else. All of a plugin is collected before any of it is added: half a plugin never stays.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, Generic, TypeVar, overload

import pluggy

from chorus import agents, hookspecs
from chorus.backends import (
    Agent,
    DocumentProvider,
    PluginConfig,
    SessionBackend,
    SharesTree,
    StatusSource,
    VcsBackend,
)
from chorus.errors import ChorusError, UnknownBackend
from chorus.settings import Settings

log = logging.getLogger(__name__)

#: Seconds a plugin may take to import and to hand over its objects.
LOAD_SECONDS = 10.0

#: The reason of a plugin that a person does not want.
SWITCHED_OFF = "switched off in the configuration"

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin as people see it: what it offers, or why it is switched off."""

    name: str
    version: str
    provides: tuple[str, ...]
    enabled: bool
    error: str | None


class Registry(Mapping[str, T], Generic[T]):
    """The backends of one kind, by name."""

    def __init__(self, kind: str, hook: str, protocol: type) -> None:
        self.kind = kind
        self.hook = hook
        self.protocol = protocol
        self._items: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except KeyError:
            known = ", ".join(sorted(self._items)) or "none"
            raise UnknownBackend(f"No {self.kind} is called {name!r} (available: {known}).") from None

    @overload
    def get(self, name: str, /) -> T | None: ...
    @overload
    def get(self, name: str, /, default: D) -> T | D: ...
    def get(self, name: str, /, default: object = None) -> object:
        """As in every mapping: the one of `Mapping` expects a KeyError, which is no error of ours."""
        return self._items.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def add(self, name: str, item: T) -> None:
        self._items[name] = item


@dataclass
class Plugins:
    """What all plugins together offer."""

    sessions: Registry[SessionBackend] = field(
        default_factory=lambda: Registry("session backend", "chorus_session_backends", SessionBackend)
    )
    vcs: Registry[VcsBackend] = field(
        default_factory=lambda: Registry("VCS backend", "chorus_vcs_backends", VcsBackend)
    )
    sources: Registry[StatusSource] = field(
        default_factory=lambda: Registry("status source", "chorus_status_sources", StatusSource)
    )
    documents: Registry[DocumentProvider] = field(
        default_factory=lambda: Registry("document provider", "chorus_document_providers", DocumentProvider)
    )
    agents: Registry[Agent] = field(default_factory=lambda: Registry("agent", "chorus_agents", Agent))
    infos: list[PluginInfo] = field(default_factory=list)

    #: Plugins in trouble as they were when all was well.
    _well: dict[str, PluginInfo] = field(default_factory=dict)

    def owner(self, what: str) -> str | None:
        """The plugin that offers a backend; `what` is its kind and name, such as "VCS git"."""
        kind, _, name = what.rpartition(" ")
        kind = kind.removesuffix("s")  # documents: of a document provider
        for info in self.infos:
            if any(one.startswith(kind) and one.endswith(f" {name}") for one in info.provides):
                return info.name
        return None

    def note(self, what: str, reason: str | None, *, off: bool = False) -> None:
        """Say of the plugin that offers a backend what is wrong with it; None: it works again."""
        owner = self.owner(what)
        for index, info in enumerate(self.infos):
            if info.name == owner:
                well = self._well.setdefault(info.name, info)
                self.infos[index] = well if reason is None else replace(well, enabled=not off, error=reason)

    def shares_tree(self, backend: str) -> bool:
        """Return whether tasks of this VCS backend work in one folder. False for an unknown backend."""
        return backend in self.vcs and _shares_tree(type(self.vcs[backend]))

    @property
    def registries(self) -> tuple[Registry[Any], ...]:
        return (self.sessions, self.vcs, self.sources, self.documents, self.agents)


def load(settings: Settings, found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load the built-in agents and every entry point of the group `chorus`, in the order of their names."""
    plugins = Plugins()
    manager = pluggy.PluginManager("chorus")
    manager.add_hookspecs(hookspecs)
    _add(plugins, manager, settings, "command", _version(None), lambda: agents)
    points = entry_points(group="chorus") if found is None else found
    for point in sorted(points, key=lambda point: point.name):
        _add(plugins, manager, settings, point.name, _version(point), point.load)
    return plugins


def _version(point: EntryPoint | None) -> str:
    if point is not None and point.dist is not None:
        return point.dist.version
    from chorus import __version__

    return __version__


def _add(
    plugins: Plugins,
    manager: pluggy.PluginManager,
    settings: Settings,
    name: str,
    version: str,
    find: Callable[[], Any],
) -> None:
    if name in settings.disabled_plugins:
        plugins.infos.append(PluginInfo(name, version, (), False, SWITCHED_OFF))
        return
    try:
        offers = _in_time(lambda: _collect(plugins, manager, settings, name, find))
    except Exception as error:
        log.warning("plugin %s is switched off", name, exc_info=error)
        _forget(manager, name)
        plugins.infos.append(PluginInfo(name, version, (), False, _reason(error)))
        return
    for registry, item in offers:
        registry.add(item.name, item)
    provides = tuple(f"{registry.kind} {item.name}" for registry, item in offers)
    plugins.infos.append(PluginInfo(name, version, provides, True, _unavailable(offers)))


def _collect(
    plugins: Plugins,
    manager: pluggy.PluginManager,
    settings: Settings,
    name: str,
    find: Callable[[], Any],
) -> list[tuple[Registry[Any], Any]]:
    plugin: ModuleType | object = find()
    manager.register(plugin, name)
    manager.check_pending()
    others = [other for other in manager.get_plugins() if other is not plugin]
    config = PluginConfig(
        options=settings.plugins.get(name, {}),
        state_dir=settings.state_dir,
        runtime_dir=settings.runtime_dir,
        settings=settings.plain(),
    )
    offers: list[tuple[Registry[Any], Any]] = []
    for registry in plugins.registries:
        caller = manager.subset_hook_caller(registry.hook, others)
        for items in caller(config=config):
            offers += [(registry, _checked(registry, item, offers)) for item in items]
    return offers


def _checked(registry: Registry[Any], item: Any, offers: list[tuple[Registry[Any], Any]]) -> Any:
    protocol: Any = registry.protocol
    if not isinstance(item, protocol):
        raise TypeError(f"{registry.hook} returned {type(item).__name__}, not a {protocol.__name__}")
    name = getattr(item, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"{registry.hook} returned a {registry.kind} without a name")
    if name in registry or any(other is registry and one.name == name for other, one in offers):
        raise ValueError(f"the {registry.kind} name {name!r} is taken by another plugin")
    return item


def _in_time(work: Callable[[], T]) -> T:
    """Run in a daemon thread: a plugin that hangs, or even calls sys.exit, must not keep Chorus from
    starting.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="chorus-plugin", daemon=True)
    thread.start()
    thread.join(LOAD_SECONDS)
    if failure:
        raise RuntimeError(_reason(failure[0])) from failure[0]
    if not result:
        raise TimeoutError(f"did not answer within {LOAD_SECONDS:.0f} s")
    return result[0]


def _reason(error: BaseException) -> str:
    if isinstance(error, ChorusError | RuntimeError) and error.__cause__ is not None:
        return str(error)
    if isinstance(error, ChorusError):
        return error.message
    return f"{type(error).__name__}: {error}"


def _forget(manager: pluggy.PluginManager, name: str) -> None:
    if manager.has_plugin(name):
        manager.unregister(name=name)


@cache  # isinstance looks at every method of a Protocol each time
def _shares_tree(kind: type) -> bool:
    return issubclass(kind, SharesTree)


def _unavailable(offers: Iterable[tuple[Registry[Any], Any]]) -> str | None:
    """Why backends of a loaded plugin cannot work here; the plugin stays enabled, its other backends too."""
    reasons = []
    for _, item in offers:
        check = getattr(item, "check", None)
        reason = check() if check else None
        if reason and reason not in reasons:
            reasons.append(reason)
    return "; ".join(reasons) or None
