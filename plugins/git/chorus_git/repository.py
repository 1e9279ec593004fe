"""Finding a repository, its default branch and the commit that a base names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from chorus.errors import BadInput, Unavailable
from chorus_git.failures import readable
from chorus_git.names import is_object_id, is_path, is_reference, shown
from chorus_git.program import Git, Place

#: Names that default branches have, when nothing in the repository says which it is.
USUAL = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository: the folder people know it by, and the git folder that all its worktrees share."""

    top: str
    common: Path
    object_format: str

    @property
    def place(self) -> Place:
        """For calls about references and worktrees: the repository's configuration is read (and hardened)."""
        return Place(self.top, {"GIT_DIR": str(self.common)})


async def find(git: Git, path: str) -> Checkout:
    """The repository that `path` is in; a path in one of its worktrees leads to the main checkout.

    Raises BadInput that says what to do when there is none that Chorus can work in.
    """
    folder = _folder(path)
    output = await git.run(Place(folder), "rev-parse", *_QUESTIONS, ok=(0, 128))
    if "dubious ownership" in output.stderr:
        raise BadInput(
            f"{shown(folder)} belongs to another user, and git does not trust it. If you do:"
            f" git config --global --add safe.directory {folder}"
        )
    answers = output.text.split("\n")
    if len(answers) < 5 and "not a git repository" not in output.stderr:
        raise BadInput(f"git cannot use {shown(folder)}: {readable(output.stderr)}")
    if len(answers) < 5:
        raise BadInput(
            f"{shown(folder)} is not in a git repository. Run `git init` there and make a first commit,"
            " or give the folder of a repository."
        )
    return _checkout(folder, answers)


_QUESTIONS = (
    "--path-format=absolute",
    "--is-bare-repository",
    "--is-inside-git-dir",
    "--git-dir",
    "--git-common-dir",
    "--show-object-format",
    "--show-toplevel",  # last: it fails where there is no working tree, after the others are answered
)


def _folder(path: str) -> str:
    """The real path of the folder, looked at before any program is started in it."""
    try:
        folder = os.path.realpath(os.path.expanduser(path), strict=True) if is_path(path) else ""
        if not folder or "\n" in folder:
            raise BadInput(f"{shown(path)} is not a path: give the folder of a git repository.")
        os.scandir(folder).close()
    except OSError as error:
        raise BadInput(_why_not(path, error)) from error
    return folder


def _why_not(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is nothing at {shown(path)}: give the folder of a git repository."
    if isinstance(error, NotADirectoryError):
        return f"{shown(path)} is not a folder: give the folder of a git repository."
    if isinstance(error, PermissionError):
        return (
            f"No permission to read {shown(path)}: run Chorus as a user who may, or change its permissions."
        )
    return f"{shown(path)} cannot be read: {error.strerror}."


def _checkout(folder: str, answers: list[str]) -> Checkout:
    bare, inside_git, _, common, object_format, *top = answers
    if bare == "true":
        raise BadInput(
            f"{shown(folder)} is a bare repository, which has no files to work on. Clone it and give that."
        )
    if inside_git == "true" or not top:
        raise BadInput(f"{shown(folder)} is inside git's own folder: give the folder of the checkout.")
    if os.path.basename(common) == ".git":  # also from a linked worktree, and whatever core.worktree says
        return Checkout(os.path.dirname(common), Path(common), object_format)
    if folder != top[0] and not folder.startswith(top[0].rstrip("/") + "/"):
        raise BadInput(
            f"{shown(folder)} says that its files are in {shown(top[0])}: correct its core.worktree."
        )
    return Checkout(top[0], Path(common), object_format)  # a submodule, or a worktree of a bare repository


def still_there(checkout: Checkout) -> None:
    """Raises Unavailable when the repository was moved or deleted since it was found."""
    if not (checkout.common / "HEAD").exists() or not os.path.isdir(checkout.top):
        raise Unavailable(f"The repository {checkout.top} is not there: it was moved or deleted.")


async def default_branch(git: Git, checkout: Checkout, preferred: str = "") -> str:
    """The branch that new work begins at; `HEAD` when there are only commits without a branch.

    In this order: what the configuration of the plugin says, the remote's default branch,
    `init.defaultBranch`, the branch that is checked out, the usual names. Raises BadInput when there is
    no commit at all.
    """
    candidates = [
        preferred,
        await _remote_default(git, checkout),
        (await _ask(git, checkout, "config", "--get", "init.defaultBranch")),
        (await _ask(git, checkout, "symbolic-ref", "--quiet", "--short", "HEAD")),
        *USUAL,
    ]
    for name in candidates:
        if name and is_reference(name) and await _tip(git, checkout, name):
            return name
    if await _commit(git, checkout, "HEAD"):
        return "HEAD"
    raise BadInput(
        f"The repository {checkout.top} has no commit yet, so there is nothing to begin a branch at."
        ' Make a first one there: git commit --allow-empty -m "Start"'
    )


async def resolve(git: Git, checkout: Checkout, base: str) -> str:
    """The id of the commit that `base` names: a branch, a tag or a commit id. Raises BadInput.

    Nothing else of git's language of revisions is understood, so no text can be taken for an option.
    """
    commit = None
    if base == "HEAD":
        commit = await _commit(git, checkout, "HEAD")
    elif is_reference(base):
        commit = await _tip(git, checkout, base)
    if commit is None and is_object_id(base):
        commit = await _commit(git, checkout, base)
    if commit is None:
        raise BadInput(
            f"{shown(base)} is no branch, tag or commit of {checkout.top}: `git branch --all` lists branches."
        )
    return commit


async def _remote_default(git: Git, checkout: Checkout) -> str:
    target = await _ask(git, checkout, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    return target.removeprefix("refs/remotes/origin/")


async def _tip(git: Git, checkout: Checkout, name: str) -> str | None:
    for prefix in ("refs/heads/", "refs/remotes/origin/", "refs/remotes/", "refs/tags/"):
        if commit := await _commit(git, checkout, prefix + name):
            return commit
    return None


async def _commit(git: Git, checkout: Checkout, name: str) -> str | None:
    revision = name + "^{commit}"
    answer = await _ask(git, checkout, "rev-parse", "--quiet", "--verify", "--end-of-options", revision)
    return answer or None


async def _ask(git: Git, checkout: Checkout, *args: str) -> str:
    """The answer, or nothing when git says that there is none."""
    output = await git.run(checkout.place, *args, ok=(0, 1, 128))
    return output.text if output.code == 0 else ""
