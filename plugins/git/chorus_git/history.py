"""Reading and writing commits.

A commit's key (see `CommitRequest`) is kept as a digest in the message of the branch's reflog, which git
writes together with the branch and nobody sees in the history. It goes when the branch is deleted, and git
expires it after 90 days; a repeated request comes within minutes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from chorus.model import Commit
from chorus_git.branches import Branch
from chorus_git.names import digest, printable
from chorus_git.program import Git, Place

#: Names of Chorus and of agents that have no address. The top-level domain can never exist (RFC 2606).
NOBODY = "noreply@chorus.invalid"

_FORMAT = "--format=%H%x00%an%x00%cI%x00%B"
_ADDRESS = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>\s]+@[^<>\s]+)>\s*")
_NOT_IN_NAME = re.compile(r"[\x00-\x1f\x7f<>]+")


def note(key: str) -> str:
    """What the reflog says about a commit that was made for `key`."""
    return f"chorus: commit {digest(key)}"


async def committed(git: Git, place: Place, branch: Branch, key: str) -> str | None:
    """The commit that was made on the branch for this key."""
    output = await git.run(
        place, "log", "--walk-reflogs", "--no-patch", "-z", "--no-show-signature", "--format=%H %gs",
        branch.reference, "--", ok=(0, 128),
    )  # fmt: skip
    wanted = note(key)
    for number, entry in enumerate(output.fields):
        commit, _, message = os.fsdecode(entry).partition(" ")
        # The newest entry is written before the branch moves: it counts only if the branch did move.
        if message == wanted and (number or commit == branch.tip):
            return commit
    return None


async def read_commits(git: Git, place: Place, revision: str, *limit: str) -> list[Commit]:
    """Commits with the files they change, oldest first; merges as what they brought to the branch."""
    output = await git.run(
        place, "log", "--first-parent", "--diff-merges=first-parent", "--reverse", "--topo-order", "-z",
        "--raw", "--no-renames", "--no-abbrev", "--root", "--no-ext-diff", "--no-textconv",
        "--no-show-signature", "--ignore-submodules=none", _FORMAT, *limit,
        "--end-of-options", revision, "--",
    )  # fmt: skip
    return list(_parse(iter(output.fields)))


def _parse(fields: Iterator[bytes]) -> Iterator[Commit]:
    """With -z: four fields per commit, then for each file a field that begins with a colon, and the path."""
    head: list[bytes] = []
    files: list[str] = []
    for part in fields:
        info = part.lstrip(b"\n")
        if len(head) == 4 and info.startswith(b":"):
            files.append(printable(next(fields)))
        elif len(head) == 4 and not info:
            continue
        elif len(head) == 4:
            yield _commit(head, files)
            head, files = [part], []
        elif head or info:
            head.append(part)
    if len(head) == 4:
        yield _commit(head, files)


def _commit(head: list[bytes], files: list[str]) -> Commit:
    identity, author, at, message = (part.decode(errors="replace") for part in head)
    when = datetime.fromisoformat(at).astimezone(UTC)
    return Commit(identity.strip(), message.strip("\n"), author, when, tuple(files))


async def write_commit(
    git: Git, place: Place, tree: str, parent: str, message: str, people: Mapping[str, str]
) -> str:
    """Make a commit object that nothing points at yet."""
    stdin = message.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace")
    where = Place(place.cwd, {**place.env, **people}, place.config)
    output = await git.run(
        where, "commit-tree", "-p", parent, "-F", "-", "--end-of-options", tree, stdin=stdin
    )
    return output.text


def people(author: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Author and committer: the agent wrote it, in the name of the user that git is set up for."""
    match = _ADDRESS.fullmatch(author)
    name, email = (match["name"], match["email"]) if match else (author, NOBODY)
    committer = settings.get("committer.name") or settings.get("user.name", "")
    address = settings.get("committer.email") or settings.get("user.email", "")
    return {
        "GIT_AUTHOR_NAME": _name(name, "Chorus agent"),
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": _name(committer, "Chorus"),
        "GIT_COMMITTER_EMAIL": _name(address, NOBODY),
    }


def _name(text: str, otherwise: str) -> str:
    """A name that git takes: it drops some characters, and refuses a name of which nothing is left."""
    name = " ".join(_NOT_IN_NAME.sub(" ", text).split()).strip(" .,:;\"'\\")
    return name[:200].encode(errors="replace").decode() or otherwise
