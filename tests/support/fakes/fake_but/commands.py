"""What the commands do; how they are spelt is in `main`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from .errors import Failed, bad_input
from .git import Git
from .hunks import Changed, Hunk, letters, tree_with, uncommitted
from .workspace import WORKSPACE, Workspace, new_change_id

_HOOK = """#!/bin/sh
# GITBUTLER_MANAGED_HOOK_V1
echo 'GITBUTLER_ERROR: Cannot commit directly to gitbutler/workspace branch.' >&2
exit 1
"""


def setup(git: Git) -> dict[str, Any]:
    if git.ok("symbolic-ref", "-q", "HEAD") is None:
        raise Failed("Error: Failed to get HEAD reference name")
    if not git.dir.is_dir():
        raise Failed("Error: This is a non-main worktree. GitButler requires the main worktree.")
    branch = git("symbolic-ref", "--short", "HEAD")
    if not Workspace.exists(git):
        _first_setup(git, branch)
    workspace = Workspace.load(git)
    git("symbolic-ref", "HEAD", f"refs/heads/{WORKSPACE}")
    workspace.update_head()
    _install_hook(git)
    remote, name = workspace.target.removeprefix("refs/remotes/").split("/", 1)
    target = {"branchName": f"{remote}/{name}", "remoteName": remote, "newlySet": True}
    return {"repositoryPath": str(git.top), "projectStatus": "alreadyexists", "target": target}


def _first_setup(git: Git, branch: str) -> None:
    remotes = git("remote").split()
    if not remotes:
        git("remote", "add", "gb-local", str(git.top))
        git("update-ref", f"refs/remotes/gb-local/{branch}", "HEAD")
        git("symbolic-ref", "refs/remotes/gb-local/HEAD", f"refs/remotes/gb-local/{branch}")
        remotes = ["gb-local"]
    remote = remotes[0]
    target = git.ok("symbolic-ref", f"refs/remotes/{remote}/HEAD")
    for name in ("main", "master"):
        if target is None and git.ok("rev-parse", "--verify", f"refs/remotes/{remote}/{name}"):
            target = f"refs/remotes/{remote}/{name}"
    if target is None:
        raise Failed(f"Error: No HEAD reference found for remote {remote}")
    git("config", "gitbutler.project.targetRef", target)
    Workspace(git, target, []).save()


def _install_hook(git: Git) -> None:
    hook = git.dir / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    if hook.exists() and "GITBUTLER_MANAGED" not in hook.read_text():
        hook.rename(hook.with_name("pre-commit-user"))
    hook.write_text(_HOOK)
    hook.chmod(0o755)


def teardown(workspace: Workspace, checkout: str | None) -> dict[str, Any]:
    git = workspace.git
    branch = checkout or (workspace.stacks[0][-1] if workspace.stacks else None)
    if branch is None:
        raise Failed("Failed to determine checkout target branch. Specify one with --checkout-to")
    (git.dir / "hooks" / "pre-commit").unlink(missing_ok=True)
    if git.ok("checkout", "-q", branch) is None:  # as GitButler does: HEAD moves, the files stay
        git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return {"snapshotId": "0" * 40, "checkedOutBranch": branch}


def status(workspace: Workspace, uncommitted_key: str) -> dict[str, Any]:
    git = workspace.git
    changes = [
        {"cliId": each.id, "filePath": each.path, "changeType": each.kind}
        for each in uncommitted(git, hunks=False)
    ]
    stacks = [
        {
            "cliId": letters(stack[0], 2),
            "assignedChanges": [],
            "branches": [_branch(workspace, name) for name in reversed(stack)],
        }
        for stack in workspace.stacks
    ]
    base = workspace.goal
    return {
        uncommitted_key: changes,
        "stacks": stacks,
        "mergeBase": {"cliId": "", "commitId": base, "message": git.message(base), "conflicted": None},
        "upstreamState": {"behind": 0, "lastFetched": None},
    }


def _branch(workspace: Workspace, name: str) -> dict[str, Any]:
    commits = [_commit(workspace.git, each) for each in reversed(workspace.commits(name))]
    state = "integrated" if workspace.merged_upstream(name) else "completelyUnpushed"
    return {
        "cliId": letters(name, 2),
        "name": name,
        "commits": commits,
        "upstreamCommits": [],
        "branchStatus": state,
        "reviewId": None,
        "ci": None,
    }


def _commit(git: Git, commit: str) -> dict[str, Any]:
    name, _, rest = git.header(commit, "author").partition(" <")
    email, _, when = rest.partition("> ")
    at = datetime.fromtimestamp(int(when.split()[0]), UTC)
    return {
        "cliId": commit[:3],
        "changeId": git.header(commit, "change-id"),
        "commitId": commit,
        "createdAt": at.isoformat(),
        "message": git.message(commit),
        "authorName": name,
        "authorEmail": email,
        "conflicted": bool(git.header(commit, "gitbutler-conflicted")),
        "reviewId": None,
        "changes": None,
    }


def diff(workspace: Workspace) -> dict[str, Any]:
    return {"changes": [entry for each in uncommitted(workspace.git) for entry in _entries(each)]}


def _entries(change: Changed) -> list[dict[str, Any]]:
    entry = {"id": change.id, "path": change.path, "status": "modified"}
    if not change.hunks:
        kind = "binary" if change.binary else "patch"
        return [{**entry, "diff": {"type": kind, **({} if change.binary else {"hunks": []})}}]
    return [
        {**entry, "id": hunk.id, "diff": {"type": "patch", "hunks": [_hunk(hunk)]}} for hunk in change.hunks
    ]


def _hunk(hunk: Hunk) -> dict[str, Any]:
    return {
        "oldStart": hunk.old_start,
        "oldLines": hunk.old_lines,
        "newStart": hunk.new_start,
        "newLines": hunk.new_lines,
        "diff": hunk.diff,
    }


def select(git: Git, names: Sequence[str]) -> list[Changed]:
    """The changes with these ids or paths; no names mean everything, of everybody."""
    found = uncommitted(git)
    if not names:
        for change in found:
            change.selected = list(change.hunks)
        return found
    chosen: dict[str, Changed] = {}
    for name in names:
        change, hunks = _resolve(found, name)
        chosen[change.path] = change
        change.selected += [hunk for hunk in hunks if hunk not in change.selected]
    return list(chosen.values())


def _resolve(found: list[Changed], name: str) -> tuple[Changed, list[Hunk]]:
    for change in found:
        if name in (change.path, change.id):
            return change, list(change.hunks)
        for hunk in change.hunks:
            if hunk.id == name:
                return change, [hunk]
    raise bad_input(
        f"Could not find uncommitted change: '{name}'", "Run `but status` for applicable targets."
    )


def commit(
    workspace: Workspace, branch: str, message: str, changes: Sequence[Changed], *, allow_merged: bool
) -> str:
    """Commit the selected changes, all or nothing: the new commit's id. Raises what `but` says otherwise."""
    if workspace.merged_upstream(branch) and not allow_merged:
        raise bad_input(f"Branch '{branch}' is merged upstream", "Use --allow-merged to commit anyway.")
    tree, refused = _place(workspace, branch, changes)
    if refused:
        raise Failed(_rejection(workspace, branch, refused))
    return _add(workspace, branch, tree, message)


def commit_what_fits(
    workspace: Workspace, branch: str, message: str, changes: Sequence[Changed]
) -> tuple[str | None, list[str]]:
    """As before 0.22: hunks that depend on another branch are left out, and the commit may be empty."""
    fitting: list[Changed] = []
    left_out: list[str] = []
    for change in changes:
        kept = Changed(change.id, change.path, change.kind, change.binary, change.hunks)
        for hunk in change.selected:
            trial = Changed(
                change.id, change.path, change.kind, change.binary, change.hunks, [*kept.selected, hunk]
            )
            _, refused = _place(workspace, branch, [*fitting, trial])
            if refused:
                left_out.append(change.path)
            else:
                kept.selected.append(hunk)
        if kept.selected or not change.hunks:
            fitting.append(kept)
    tree, _ = _place(workspace, branch, fitting)
    return _add(workspace, branch, tree, message), left_out


def _add(workspace: Workspace, branch: str, tree: str, message: str) -> str:
    tip = workspace.tip(branch)
    new = workspace.git.commit(tree, [tip], message.rstrip("\n") + "\n", new_change_id())
    workspace.move_to(branch, new)
    workspace.update_head()
    return new


def _place(workspace: Workspace, branch: str, changes: Sequence[Changed]) -> tuple[str, list[Changed]]:
    """The branch's tree with the changes, and the changes that do not fit on it."""
    git = workspace.git
    head, tip = git.tree("HEAD"), git.tree(workspace.tip(branch))
    tree = git.merge(head, tip, tree_with(git, changes))
    if tree is not None:
        return tree, []
    alone = [each for each in changes if git.merge(head, tip, tree_with(git, [each])) is None]
    return tip, alone or list(changes)


def _rejection(workspace: Workspace, branch: str, refused: Sequence[Changed]) -> str:
    lines = [f"Error: Cannot commit: {len(refused)} change{'s' * (len(refused) > 1)} could not be applied:"]
    others: list[str] = []
    for change in refused:
        lines.append(f"  {change.path}")
        for hunk in change.selected:
            where, owners = _depends(workspace, branch, change.path, hunk)
            others += owners
            for owner in owners:
                lines.append(f"    {where} depends on {owner} ({letters(owner, 2)})")
            if not owners:
                lines.append("    depends on changes in another branch")
    if len(set(others)) == 1:
        hint = f"stack {branch} on top of {others[0]} and try again - commits already on the branch"
        lines += ["", f"Hint: {hint} move with it:", f"  but move {branch} --above {others[0]}"]
    return "\n".join(lines)


def _depends(workspace: Workspace, branch: str, path: str, hunk: Hunk) -> tuple[str, list[str]]:
    """Which other branches the lines around a hunk come from."""
    git = workspace.git
    touched = []
    line = hunk.old_start
    for text in hunk.lines:
        if text.startswith("+"):
            touched += [line - 1, line]
        elif text[:1] in ("-", " "):
            touched += [line - 1, line, line + 1] if text.startswith("-") else []
            line += 1
    last = hunk.old_start + hunk.old_lines - 1
    inside = sorted({min(max(each, hunk.old_start), last) for each in touched})
    owners: list[str] = []
    for number in inside if hunk.old_lines else []:
        found = git("blame", "--porcelain", f"-L{number},{number}", "HEAD", "--", path).split()[0]
        for stack in workspace.stacks:
            for name in stack:
                if name != branch and name not in owners and found in workspace.commits(name):
                    owners.append(name)
    where = f"line {inside[0]}" if len(inside) < 2 else f"lines {inside[0]}-{inside[-1]}"
    return where, owners


def branch_new(workspace: Workspace, name: str, anchor: str | None) -> dict[str, Any]:
    git = workspace.git
    if git.ok("check-ref-format", "--branch", name) is None:
        hint = re.sub(r"\s+", "-", name)
        raise Failed(f"Error: Bad input '{name}'\n\nInvalid branch name\n\nHint: Try '{hint}' instead")
    if workspace.applied(name):
        raise bad_input(f"A branch named '{name}' is already applied")
    if git.ok("rev-parse", "--verify", "--quiet", f"refs/heads/{name}"):
        raise bad_input(f"A branch named '{name}' exists but is not applied", f"Run `but apply {name}`")
    if anchor is None:
        git.set_ref(f"refs/heads/{name}", workspace.goal)
        workspace.stacks.append([name])
    else:
        stack = workspace.stack(anchor)
        git.set_ref(f"refs/heads/{name}", workspace.tip(anchor))
        stack.insert(stack.index(anchor) + 1, name)
    workspace.update_head()
    return {"branch": name}


def branch_delete(workspace: Workspace, name: str) -> dict[str, Any]:
    git, stack, old = workspace.git, workspace.stack(name), workspace.git.tree("HEAD")
    above = [(each, workspace.commits(each)) for each in stack[stack.index(name) + 1 :]]
    base = workspace.base(name)
    stack.remove(name)
    for each, commits in above:
        base = workspace.replay(commits, base)
        git.set_ref(f"refs/heads/{each}", base)
    workspace.stacks = [each for each in workspace.stacks if each]
    workspace.rewrite(old)
    git("update-ref", "-d", f"refs/heads/{name}")
    return {"type": "branches", "branches": [name]}


def move_above(workspace: Workspace, name: str, below: str) -> dict[str, Any]:
    old = workspace.git.tree("HEAD")
    source = workspace.stack(name)
    if source[-1] != name:
        raise bad_input(f"Cannot move '{name}': other branches are stacked on it")
    workspace.stack(below)
    commits = workspace.commits(name)
    source.remove(name)
    target = workspace.stack(below)
    target.insert(target.index(below) + 1, name)
    above = [(each, workspace.commits(each)) for each in target[target.index(name) + 1 :]]
    workspace.git.set_ref(f"refs/heads/{name}", workspace.replay(commits, workspace.tip(below)))
    for each, own in above:
        workspace.git.set_ref(f"refs/heads/{each}", workspace.replay(own, workspace.tip(name)))
    workspace.stacks = [each for each in workspace.stacks if each]
    workspace.rewrite(old)
    return {"type": "stackBranch", "sourceBranch": name, "targetBranch": below}


def uncommit(workspace: Workspace, commit: str) -> None:
    """Take a commit at the tip of its branch back; its changes are uncommitted again."""
    for stack in workspace.stacks:
        for name in stack:
            if workspace.tip(name) == commit:
                workspace.move_to(name, workspace.git("rev-parse", f"{commit}^"))
                workspace.update_head()
                return
    raise bad_input(f"Could not find source: '{commit}'")


def apply(workspace: Workspace, name: str) -> dict[str, Any]:
    git = workspace.git
    answer = {"status": "applied", "workspaceChanged": True, "appliedBranches": [f"refs/heads/{name}"]}
    answer |= {"workspaceRefCreated": False, "conflictingStacks": []}
    if workspace.applied(name):
        return {**answer, "status": "alreadyApplied", "workspaceChanged": False}
    if git.ok("rev-parse", "--verify", "--quiet", f"refs/heads/{name}") is None:
        raise Failed(f"Error: Failed to apply branch\n\nCaused by:\n    The reference '{name}' did not exist")
    old = git.tree("HEAD")
    workspace.stacks.append([name])
    if workspace.merged_tree() is None:
        workspace.stacks.pop()
        others = [f"refs/heads/{stack[-1]}" for stack in workspace.stacks]
        out = {**answer, "status": "conflictAborted", "workspaceChanged": False, "conflictingStacks": others}
        raise Failed("", out=out)
    workspace.rewrite(old)
    return answer


def unapply(workspace: Workspace, name: str) -> dict[str, Any]:
    if not workspace.applied(name):
        raise Failed(f"Error: Could not find source: '{name}'")
    old, stack = workspace.git.tree("HEAD"), workspace.stack(name)
    workspace.stacks.remove(stack)
    workspace.rewrite(old)
    return {"branches": list(reversed(stack))}


def push(workspace: Workspace, name: str) -> dict[str, Any]:
    git = workspace.git
    remote = workspace.target.removeprefix("refs/remotes/").split("/")[0]
    workspace.stack(name)
    before = git.ok("rev-parse", f"refs/remotes/{remote}/{name}") or "0" * 40
    git("push", "-q", "--force-with-lease", remote, f"refs/heads/{name}:refs/heads/{name}")
    return {
        "remote": remote,
        "branchToRemote": [[name, f"refs/remotes/{remote}/{name}", name]],
        "branchShaUpdates": [[name, before, workspace.tip(name)]],
        "reviewSync": {"status": "notNeeded"},
    }


def pull(workspace: Workspace) -> dict[str, Any]:
    """Fetch, and rebase everything that is applied."""
    git, old = workspace.git, workspace.git.tree("HEAD")
    plan = [[(name, workspace.commits(name)) for name in stack] for stack in workspace.stacks]
    remote = workspace.target.removeprefix("refs/remotes/").split("/")[0]
    git("fetch", "-q", remote)
    git.forget_refs()
    for stack in plan:
        onto = workspace.goal
        for name, commits in stack:
            onto = workspace.replay(commits, onto)
            git.set_ref(f"refs/heads/{name}", onto)
    workspace.rewrite(old)
    return {"status": "updated"}
