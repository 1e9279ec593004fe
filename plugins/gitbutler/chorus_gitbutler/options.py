"""The plugin's own table, `[plugins.gitbutler]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from chorus.backends import ConflictPolicy
from chorus.errors import BadInput


@dataclass(frozen=True, slots=True)
class Options:
    """All times in seconds.

    `timeout` bounds every call of `but` and git and every wait for the repository's lock. `edit_wait` is how
    long an edit waits for a file that another task edits, `edit_lease` how long such an edit holds the file
    when its end is never reported, `tool_lease` the same for a shell command (Claude Code ends one after ten
    minutes).
    """

    command: str = "but"
    env: Mapping[str, str] = field(default_factory=dict)
    on_conflict: ConflictPolicy = ConflictPolicy.ASK
    timeout: float = 30
    edit_wait: float = 10
    edit_lease: float = 60
    tool_lease: float = 900


def read_options(table: Mapping[str, Any]) -> Options:
    """The options in a table of the configuration; BadInput names the key that is wrong."""
    known = {each.name for each in fields(Options)}
    if unknown := sorted(set(table) - known):
        raise BadInput(f"[plugins.gitbutler] has no {unknown[0]!r}: it has {', '.join(sorted(known))}.")
    values = dict(table)
    for name in ("timeout", "edit_wait", "edit_lease", "tool_lease"):
        value = values.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise BadInput(f"[plugins.gitbutler] {name} must be a number of seconds above 0.")
    if not isinstance(values.get("command", ""), str):
        raise BadInput("[plugins.gitbutler] command must be the name or path of the `but` program.")
    if not isinstance(values.get("env", {}), Mapping):
        raise BadInput("[plugins.gitbutler] env must be a table of variables.")
    try:
        policy = ConflictPolicy(values.pop("on_conflict", ConflictPolicy.ASK))
    except ValueError as error:
        raise BadInput(
            f"[plugins.gitbutler] on_conflict must be one of {', '.join(ConflictPolicy)}."
        ) from error
    return Options(on_conflict=policy, **values)
