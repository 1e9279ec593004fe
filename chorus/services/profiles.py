"""Permission profiles: how much an agent may do unasked."""

from __future__ import annotations

from collections.abc import Mapping

from chorus.backends import PermissionProfile
from chorus.errors import BadInput
from chorus.settings import ProfileSettings

_EDITS = ("Edit", "Write", "NotebookEdit")

BUILT_IN = {
    profile.name: profile
    for profile in (
        PermissionProfile("default"),
        PermissionProfile("read_only", allow=("Read", "Grep", "Glob"), deny=(*_EDITS, "Bash")),
        PermissionProfile("safe_edit", mode="acceptEdits"),
        PermissionProfile("full_dev", mode="acceptEdits", allow=("Bash", *_EDITS)),
        PermissionProfile("git_only", allow=("Read", "Grep", "Glob", "Bash(git:*)"), deny=_EDITS),
    )
}


class Profiles:
    """The built-in profiles and those of `[permissions.profiles.NAME]`, which win."""

    def __init__(self, configured: Mapping[str, ProfileSettings]) -> None:
        own = {
            name: PermissionProfile(name, one.mode, one.allow, one.deny) for name, one in configured.items()
        }
        self._profiles = {**BUILT_IN, **own}

    def __getitem__(self, name: str) -> PermissionProfile:
        try:
            return self._profiles[name]
        except KeyError:
            known = ", ".join(sorted(self._profiles))
            raise BadInput(
                f"There is no permission profile {name!r} (available: {known}).", field="permissionProfile"
            ) from None

    def names(self) -> list[str]:
        return sorted(self._profiles)
