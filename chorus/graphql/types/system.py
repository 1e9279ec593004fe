"""API types of plugins, backends, settings and doctor's checks."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from chorus import model
from chorus.backends import Pushes
from chorus.graphql.types.convert import convert
from chorus.plugins import PluginInfo
from chorus.services import configuration
from chorus.services.container import Services


@strawberry.type
class Plugin:
    name: str
    version: str
    provides: list[str]
    enabled: bool
    error: str | None

    @classmethod
    def of(cls, info: PluginInfo) -> Plugin:
        return convert(cls, info)


@strawberry.type(description="What can be chosen for a task, by name.")
class Options:
    agents: list[str]
    session_backends: list[str]
    vcs_backends: list[str]
    pushing_vcs_backends: list[str] = strawberry.field(description="Those that can push a task's branch.")
    permission_profiles: list[str]
    default_agent: str
    default_session_backend: str
    default_permission_profile: str

    @classmethod
    def of(cls, services: Services) -> Options:
        plugins, defaults = services.plugins, services.defaults
        return cls(
            agents=list(plugins.agents),
            session_backends=list(plugins.sessions),
            vcs_backends=list(plugins.vcs),
            pushing_vcs_backends=[name for name, vcs in plugins.vcs.items() if isinstance(vcs, Pushes)],
            permission_profiles=services.profiles.names(),
            default_agent=defaults.agent,
            default_session_backend=defaults.session,
            default_permission_profile=defaults.permission_profile,
        )


@strawberry.type(description="One key of the configuration, with where it was set.")
class Setting:
    name: str
    value: JSON
    source: str = strawberry.field(description='A file, "the environment", or "default".')

    @classmethod
    def of(cls, setting: configuration.Setting) -> Setting:
        return convert(cls, setting)


@strawberry.type(description="One line of a check-up, with what to do about it.")
class Check:
    name: str
    state: model.CheckState
    detail: str
    advice: str | None

    @classmethod
    def of(cls, check: model.Check) -> Check:
        return convert(cls, check)
