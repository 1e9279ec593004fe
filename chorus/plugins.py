"""Loading plugins and finding backends by name.

Every entry point of the group `chorus` is loaded and asked alone, in a thread with a time limit, so
that one that raises, hangs, is mistyped or cannot be imported is switched off with its reason and
harms nobody else. All of a plugin is collected before any of it is added: half a plugin never stays.
Options that do not fit what a plugin declares switch it off too; a name that no plugin has is an error.
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
from chorus.settings import PluginOptions, Settings

log = logging.getLogger(__name__)

#: Seconds a plugin may take to import and to hand over its objects.
LOAD_SECONDS = 10.0

#: The plugin of the core: the agents of `[agents.NAME]` and the demo.
BUILT_IN = "command"

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
    #: The class of the options of each plugin that declares one.
    models: dict[str, type] = field(default_factory=dict)
    #: The options of each plugin that is on, and where those that are not the default come from.
    options: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

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

    def switched_off(self) -> list[str]:
        """Return a sentence for each plugin that is off although nobody wanted that."""
        return [
            f"The plugin {info.name} is switched off: {info.error}"
            for info in self.infos
            if not info.enabled and info.error != SWITCHED_OFF
        ]

    def shares_tree(self, backend: str) -> bool:
        """Return whether tasks of this VCS backend work in one folder. False for an unknown backend."""
        return backend in self.vcs and _shares_tree(type(self.vcs[backend]))

    def configured(self, settings: Settings) -> Settings:
        """Return the settings with the options of all plugins that are on."""
        origins = {**settings.origins, **self.origins}
        return replace(settings, options=self.options, origins=origins)

    @property
    def registries(self) -> tuple[Registry[Any], ...]:
        return (self.sessions, self.vcs, self.sources, self.documents, self.agents)


def load(settings: Settings, found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load the built-in agents, then every entry point of the group `chorus`.

    They come in the order of their names. Raise BadInput if the configuration names a plugin that is
    not installed.
    """
    plugins = Plugins()
    points = sorted(entry_points(group="chorus") if found is None else found, key=lambda point: point.name)
    options = PluginOptions(settings, [BUILT_IN, *(point.name for point in points)])
    options.check_names()
    manager = pluggy.PluginManager("chorus")
    manager.add_hookspecs(hookspecs)
    loader = _Loader(plugins, manager, settings, options)
    loader.add(BUILT_IN, _version(None), lambda: agents)
    for point in points:
        loader.add(point.name, _version(point), point.load)
    return plugins


def _version(point: EntryPoint | None) -> str:
    if point is not None and point.dist is not None:
        return point.dist.version
    from chorus import __version__

    return __version__


@dataclass(frozen=True, slots=True)
class _Offer:
    """All that one plugin hands over."""

    backends: list[tuple[Registry[Any], Any]]
    model: type | None
    options: Any
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Loader:
    """Asks one plugin after the other."""

    plugins: Plugins
    manager: pluggy.PluginManager
    settings: Settings
    options: PluginOptions

    def add(self, name: str, version: str, find: Callable[[], Any]) -> None:
        """Add what a plugin offers, or why it is switched off."""
        if name in self.settings.plugins.disabled:
            self.plugins.infos.append(PluginInfo(name, version, (), False, SWITCHED_OFF))
            return
        try:
            offer = _in_time(lambda: self._collect(name, find))
        except Exception as error:
            self._refuse(name, version, error)
            return
        self._keep(name, offer)
        provides = tuple(f"{registry.kind} {item.name}" for registry, item in offer.backends)
        self.plugins.infos.append(PluginInfo(name, version, provides, True, _unavailable(offer.backends)))

    def _refuse(self, name: str, version: str, error: Exception) -> None:
        reason, cause = _reason(error), error.__cause__
        if isinstance(cause, ChorusError):  # a person's mistake, which a traceback does not explain
            place = self.options.place(str(cause.details.get("setting")))
            reason = f"{place}: {reason}" if place else reason
            log.warning("plugin %s is switched off: %s", name, reason)
        else:
            log.warning("plugin %s is switched off", name, exc_info=error)
        _forget(self.manager, name)
        self.plugins.infos.append(PluginInfo(name, version, (), False, reason))

    def _keep(self, name: str, offer: _Offer) -> None:
        for registry, item in offer.backends:
            registry.add(item.name, item)
        if offer.model is not None:
            self.plugins.models[name] = offer.model
        self.plugins.options[name] = offer.options
        self.plugins.origins.update(offer.origins)

    def _collect(self, name: str, find: Callable[[], Any]) -> _Offer:
        """Ask for the class of the options first, then for all the rest."""
        plugin: ModuleType | object = find()
        self.manager.register(plugin, name)
        self.manager.check_pending()
        others = [other for other in self.manager.get_plugins() if other is not plugin]
        declare = self.manager.subset_hook_caller("chorus_settings", others)
        models = declare(config=self._config(self.options.plain(name)))
        model = models[0] if models else None
        options, origins = self.options.read(name, model)
        backends: list[tuple[Registry[Any], Any]] = []
        for registry in self.plugins.registries:
            caller = self.manager.subset_hook_caller(registry.hook, others)
            for items in caller(config=self._config(options)):
                backends += [(registry, _checked(registry, item, backends)) for item in items]
        return _Offer(backends, model, options, origins)

    def _config(self, options: Any) -> PluginConfig[Any]:
        return PluginConfig(
            options=options,
            state_dir=self.settings.state_dir,
            runtime_dir=self.settings.runtime_dir,
            settings=self.settings.plain(),
        )


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
        return error.message.replace("\n", "; ")
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
