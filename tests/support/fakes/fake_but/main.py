"""How the fake is spoken to, generation by generation, and how it answers."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from . import commands
from .errors import Failed, bad_input
from .git import Git
from .hunks import Changed
from .workspace import WORKSPACE, Workspace

GENERATION = os.environ.get("FAKE_BUT_GENERATION", "0.22")
MODERN = GENERATION == "0.22"
#: What reaches the work of everybody, or waits for a person: Chorus must not use it.
FORBIDDEN = {"undo", "redo", "oplog", "discard", "resolve", "clean", "absorb", "land", "merge", "pr", "rub"}
#: Variables by which `but` knows that an agent calls it.
AGENT = ("CLAUDECODE", "CLAUDE_CODE", "AI_AGENT", "AGENT", "CODEX_SANDBOX", "GEMINI_CLI")


class Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Failed(f"error: {message}\n\nUsage: {self.prog}\n\nFor more information, try '--help'.", code=2)


def main(argv: Sequence[str]) -> int:
    _log(argv)
    if {"--version", "-V"} & set(argv):
        print(f"but {GENERATION}.0")
        return 0
    try:
        options = _parser().parse_args(argv)
        if options.command in FORBIDDEN:
            raise Failed(f"fake: `but {options.command}` is not for Chorus to use", code=99)
        _misbehave(options.command)
        answer = _answer(options)
    except Failed as failed:
        if failed.out is not None:
            print(json.dumps(failed.out, indent=2))
        if failed.text:
            print(failed.text, file=sys.stderr)
        return failed.code
    if GENERATION == "0.21" and options.command not in ("status", "diff") and any(map(os.environ.get, AGENT)):
        answer = {"result": answer, "status": {}}
    if answer is not None and os.environ.get("BUT_OUTPUT_FORMAT") == "json":
        print(json.dumps(answer, indent=2))
    elif answer is not None:
        print("Text for people: set BUT_OUTPUT_FORMAT=json.")
    return 0


def _log(argv: Sequence[str]) -> None:
    if file := os.environ.get("FAKE_BUT_LOG"):
        with open(file, "a") as log:
            log.write(json.dumps({"argv": list(argv), "env": dict(os.environ)}) + "\n")


def _misbehave(command: str) -> None:
    if os.environ.get("FAKE_BUT_HANG") == command:
        while True:
            signal.pause()
    name, _, text = os.environ.get("FAKE_BUT_FAIL", "").partition(":")
    if name == command:
        raise Failed(text.replace("\\n", "\n"))


def _parser() -> Parser:
    parser = Parser(prog="but", allow_abbrev=False)
    parser.add_argument("-C", dest="directory", default=".")
    if not GENERATION.startswith("0.21"):
        parser.add_argument("--json", action="store_true")
    sub = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name in sorted(FORBIDDEN):
        sub.add_parser(name).add_argument("rest", nargs="*")
    sub.add_parser("setup").add_argument("--init", action="store_true")
    sub.add_parser("teardown").add_argument("-c", "--checkout-to")
    sub.add_parser("status")
    sub.add_parser("diff")
    _commit_parser(sub.add_parser("commit", allow_abbrev=False))
    branch = sub.add_parser("branch").add_subparsers(dest="action", required=True, parser_class=Parser)
    new = branch.add_parser("new")
    new.add_argument("name")
    new.add_argument("-a", "--anchor")
    delete = branch.add_parser("delete")
    delete.add_argument("name")
    if GENERATION == "0.19":
        delete.add_argument("-f", "--force", action="store_true")
    if not MODERN:
        old_move = branch.add_parser("move")
        old_move.add_argument("name")
        old_move.add_argument("below")
    move = sub.add_parser("move")
    move.add_argument("name")
    if MODERN:
        move.add_argument("-A", "--above", dest="below", required=True)
    else:
        move.add_argument("below")
    for name in ("uncommit", "apply", "unapply", "push"):
        sub.add_parser(name).add_argument("name")
    sub.add_parser("pull")
    return parser


def _commit_parser(parser: ArgumentParser) -> None:
    parser.add_argument("-m", "--message", action="append")
    if MODERN:
        parser.add_argument("-b", "--branch")
        parser.add_argument("--allow-merged", action="store_true")
        parser.add_argument("changes", nargs="*")
    else:
        parser.add_argument("-c", "--create", action="store_true")
        parser.add_argument("-p", "--changes")
        parser.add_argument("branch", nargs="?")


def _answer(options: Namespace) -> Any:
    git = _git(options)
    if options.command == "setup":
        with _alone(git):
            return commands.setup(git)
    _ready(git)
    with _alone(git):
        workspace = Workspace.load(git)
        return _dispatch(workspace, options)


def _dispatch(workspace: Workspace, options: Namespace) -> Any:
    match options.command, getattr(options, "action", None):
        case "status", _:
            return commands.status(workspace, "uncommittedChanges" if MODERN else "unassignedChanges")
        case "diff", _:
            return commands.diff(workspace)
        case "commit", _:
            return _commit(workspace, options)
        case "branch", "new":
            return commands.branch_new(workspace, options.name, options.anchor)
        case "branch", "delete":
            return commands.branch_delete(workspace, options.name)
        case ("move", _) | ("branch", "move"):
            return commands.move_above(workspace, options.name, options.below)
        case "teardown", _:
            return commands.teardown(workspace, options.checkout_to)
        case "pull", _:
            return commands.pull(workspace)
        case "uncommit", _:
            return commands.uncommit(workspace, options.name)
        case ("apply" | "unapply" | "push") as name, _:
            return getattr(commands, name)(workspace, options.name)
    raise Failed(f"error: unrecognized subcommand '{options.command}'", code=2)


def _commit(workspace: Workspace, options: Namespace) -> Any:
    message = "\n\n".join(options.message or ()) or _edited()
    git = workspace.git
    names = options.changes if MODERN else [each for each in (options.changes or "").split(",") if each]
    branch = options.branch or (workspace.stacks[0][-1] if len(workspace.stacks) == 1 else None)
    if branch is None:
        raise bad_input("Unclear where to commit. Found more than one stack")
    changes = commands.select(git, names)
    if not MODERN:
        return _old_commit(workspace, branch, message, changes)
    created = not workspace.applied(branch)
    if created:
        commands.branch_new(workspace, branch, None)
    new = commands.commit(workspace, branch, message, changes, allow_merged=options.allow_merged)
    answer = {"commitId": new, "changeId": git.header(new, "change-id")}
    return {**answer, "branch": branch} if created else answer


def _old_commit(
    workspace: Workspace, branch: str, message: str, changes: Sequence[Changed]
) -> dict[str, Any]:
    if not changes:
        raise Failed("Error: No changes to commit.")
    workspace.stack(branch)
    if workspace.merged_upstream(branch):
        raise bad_input(f"Branch '{branch}' is merged upstream")
    new, left_out = commands.commit_what_fits(workspace, branch, message, changes)
    answer: dict[str, Any] = {"commit_id": new, "branch": branch, "branch_tip": new}
    return {**answer, "rejected": left_out} if GENERATION == "0.21" and left_out else answer


def _edited() -> str:
    """Without a message an editor opens, and everybody waits for it."""
    if subprocess.run([os.environ.get("GIT_EDITOR", "cat"), "/dev/null"]).returncode:
        raise bad_input("Editor exited with non-zero status")
    raise bad_input("Aborting due to empty commit message")


def _git(options: Namespace) -> Git:
    directory = Path(options.directory).resolve()
    git = Git(directory)
    top = git.ok("rev-parse", "--show-toplevel")
    if top is None and git.ok("rev-parse", "--is-bare-repository") == "true":
        raise Failed("Error: Bare repositories are not supported.")
    if top is None:
        if options.command == "setup":
            raise Failed(
                "Error: No git repository found - run `but setup --init` to initialize a new repository."
            )
        raise Failed("Error: No git repository found at .\nPlease run 'but setup' to initialize the project.")
    return Git(Path(top))


def _ready(git: Git) -> None:
    """Whether commands may run here; the one error that is JSON too."""
    head = git.ok("symbolic-ref", "--short", "HEAD") or ""
    if Workspace.exists(git) and head == WORKSPACE:
        if not git.message("HEAD").startswith("GitButler Workspace Commit"):
            raise Failed("GitButler mode exit required: please run `but teardown` to preserve your work.")
        return
    what = f"No GitButler project found at {git.top}"
    if Workspace.exists(git):
        what = "Not currently on a gitbutler/* branch."
    out = {"error": "setup_required", "message": what, "hint": "run `but setup` to configure the project"}
    raise Failed(f"Error: Setup required: {what} - run `but setup` to configure the project", out=out)


@contextmanager
def _alone(git: Git) -> Iterator[None]:
    """The lock, which waits without limit; 0.19 has none, and two at once are told on."""
    folder = git.dir / "gitbutler"
    folder.mkdir(exist_ok=True)
    if GENERATION == "0.19":
        mark = folder / "fake-running"
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            (folder / "fake-overlap").touch()
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)
        return
    with open(folder / "gitbutler.write-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
