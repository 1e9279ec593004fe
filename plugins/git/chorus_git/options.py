"""The plugin's own table of the configuration, `[plugins.git]`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from chorus.settings import InvalidKey, Meta, Program

Seconds = Annotated[float, Meta(gt=0, le=86_400)]


@dataclass(frozen=True, slots=True)
class Options:
    """`[plugins.git]`: how git is used.

    Large files are left out because hosting services refuse them (GitHub at 100 MiB), and a history that has
    one never gets rid of it.
    """

    command: Annotated[Program, Meta(description="The git program, by name or path.")] = "git"
    timeout: Annotated[Seconds, Meta(description="Seconds that one call of git may take.")] = 30.0
    checkout_timeout: Annotated[
        Seconds, Meta(description="Seconds for a call that writes or reads many files.")
    ] = 300.0
    lock_timeout: Annotated[
        Seconds, Meta(description="Seconds to wait for a lock that somebody else holds.")
    ] = 10.0
    worktrees: Annotated[
        str, Meta(description="The folder of all worktrees; empty: in the state directory.")
    ] = ""
    base: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00]*$",
            description="The branch where tasks begin, where there is one; empty: the default branch.",
        ),
    ] = ""
    max_file_mib: Annotated[
        float,
        Meta(gt=0, le=1_000_000, description="Larger files (MiB) are not committed, but those of Git LFS."),
    ] = 100.0

    def __post_init__(self) -> None:
        """Raise InvalidKey if the folder of worktrees is not an absolute path."""
        if self.worktrees and ("\0" in self.worktrees or not Path(self.worktrees).expanduser().is_absolute()):
            raise InvalidKey("worktrees", 'must be an absolute path such as "~/worktrees"')

    def folder(self, state_dir: Path) -> Path:
        """Return the folder of all worktrees."""
        return Path(self.worktrees).expanduser() if self.worktrees else state_dir / "worktrees"
