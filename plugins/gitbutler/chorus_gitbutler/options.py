"""The plugin's own table, `[plugins.gitbutler]`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from chorus.backends import ConflictPolicy
from chorus.settings import Meta, Program, Variables

Seconds = Annotated[float, Meta(gt=0, le=86_400)]


@dataclass(frozen=True, slots=True)
class Options:
    """`[plugins.gitbutler]`: how GitButler is used. Claude Code ends a shell command after ten minutes."""

    command: Annotated[Program, Meta(description="The `but` program, by name or path.", examples=["but"])] = (
        "but"
    )
    env: Annotated[Variables, Meta(description="Variables added to the environment of `but`.")] = field(
        default_factory=dict
    )
    on_conflict: Annotated[
        ConflictPolicy, Meta(description="What is done with changes that depend on another task's branch.")
    ] = ConflictPolicy.ASK
    timeout: Annotated[
        Seconds, Meta(description="Seconds for a call of `but` or git, or a wait for the repository's lock.")
    ] = 30.0
    edit_wait: Annotated[
        Seconds, Meta(description="Seconds that an edit waits for a file that another task edits.")
    ] = 10.0
    edit_lease: Annotated[
        Seconds, Meta(description="Seconds that an edit holds a file when its end is never reported.")
    ] = 60.0
    tool_lease: Annotated[
        Seconds, Meta(description="Seconds that a shell command holds one when its end is never reported.")
    ] = 900.0
