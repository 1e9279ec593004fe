"""Permission profiles: how much an agent may do unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chorus.backends import PermissionProfile
from chorus.errors import BadInput
from chorus.model.patterns import Pattern
from chorus.model.policy import Permissions
from chorus.settings import BUILT_IN_PROFILES, ProfileSettings


class TimeoutPolicy(StrEnum):
    """The fate of a request that nobody answers in time."""

    WAIT = "WAIT"
    DENY = "DENY"
    ALLOW = "ALLOW"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as people see it. `timeout` is None when requests wait for ever."""

    permissions: PermissionProfile
    built_in: bool
    timeout: timedelta | None
    on_timeout: TimeoutPolicy

    @property
    def name(self) -> str:
        return self.permissions.name

    @property
    def decides_in_time(self) -> bool:
        """Whether a request that nobody answers is decided after the time-out."""
        return self.timeout is not None and self.on_timeout is not TimeoutPolicy.WAIT


class Profiles:
    """Built-in profiles, and those of `[permissions.profiles.NAME]`, which win."""

    def __init__(self, configured: Mapping[str, ProfileSettings]) -> None:
        whole = {**BUILT_IN_PROFILES, **configured}
        self._profiles = {name: _profile(name, one, name not in configured) for name, one in whole.items()}

    def __getitem__(self, name: str) -> PermissionProfile:
        return self.get(name).permissions

    def get(self, name: str) -> Profile:
        """Return the profile of this name. Raises BadInput listing those there are."""
        try:
            return self._profiles[name]
        except KeyError:
            known = ", ".join(self.names())
            raise BadInput(
                f"There is no permission profile {name!r} (available: {known}).", field="permissionProfile"
            ) from None

    def find(self, name: str) -> Profile | None:
        """Return the profile of this name; None for one that is no longer configured."""
        return self._profiles.get(name)

    def names(self) -> list[str]:
        return sorted(self._profiles)

    def all(self) -> list[Profile]:
        return [self._profiles[name] for name in self.names()]


def _profile(name: str, settings: ProfileSettings, built_in: bool) -> Profile:
    for text in (*settings.allow, *settings.deny):
        try:
            Pattern.parse(text)
        except ValueError as error:
            raise BadInput(f"[permissions.profiles.{name}]: {error}") from None
    seconds = settings.timeout_seconds
    return Profile(
        PermissionProfile(name, settings.mode, settings.allow, settings.deny),
        built_in,
        timedelta(seconds=seconds) if seconds else None,
        TimeoutPolicy(settings.on_timeout.upper()),
    )


def permissions(profile: PermissionProfile, allowed_tools: Iterable[str] = ()) -> Permissions:
    """Return a profile with the tools a task allows besides; what is no pattern counts for nothing."""
    allow, deny = _patterns((*profile.allow, *allowed_tools)), _patterns(profile.deny)
    return Permissions(profile.name, profile.mode, allow, deny)


def _patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    found = []
    for text in texts:
        try:
            found.append(Pattern.parse(text))
        except ValueError:
            continue
    return tuple(found)
