"""Stacks of branches, and the commit that merges them: what GitButler keeps checked out."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from .errors import Failed, bad_input
from .git import Git

WORKSPACE = "gitbutler/workspace"
_LETTERS = str.maketrans("0123456789abcdef", "klmnopqrstuvwxyz")


@dataclass
class Workspace:
    """`stacks` are lists of branch names, the bottom one first; `target` is the reference they build on."""

    git: Git
    target: str
    stacks: list[list[str]]

    # --- kept between calls ---

    @classmethod
    def load(cls, git: Git) -> Workspace:
        plain = json.loads(cls._file(git).read_text())
        return cls(git, plain["target"], plain["stacks"])

    @staticmethod
    def exists(git: Git) -> bool:
        return Workspace._file(git).is_file()

    def save(self) -> None:
        file = self._file(self.git)
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"target": self.target, "stacks": self.stacks}))

    @staticmethod
    def _file(git: Git) -> Path:
        return git.dir / "gitbutler" / "fake.json"

    # --- looking ---

    def stack(self, branch: str) -> list[str]:
        for stack in self.stacks:
            if branch in stack:
                return stack
        raise Failed(
            f"Error: Could not find branch: '{branch}'\n\nHint: Run `but status` for applicable targets."
        )

    def applied(self, branch: str) -> bool:
        return any(branch in stack for stack in self.stacks)

    def tip(self, branch: str) -> str:
        return self.git.ref(f"refs/heads/{branch}") or self.git("rev-parse", f"refs/heads/{branch}")

    @property
    def goal(self) -> str:
        """The commit all stacks build on."""
        return self.git.ref(self.target) or self.git("rev-parse", self.target)

    def base(self, branch: str) -> str:
        """The commit the branch's own commits begin at."""
        commits = self.commits(branch)
        return self.git.header(commits[0], "parent") if commits else self.tip(branch)

    def commits(self, branch: str) -> list[str]:
        """The branch's own commits, oldest first."""
        stack = self.stack(branch)
        below = [f"^{self.tip(name)}" for name in stack[: stack.index(branch)][-1:]]
        if self.tip(branch) in (self.goal, *(each[1:] for each in below)):
            return []
        return self.git("rev-list", "--reverse", self.tip(branch), f"^{self.goal}", *below).split()

    def merged_upstream(self, branch: str) -> bool:
        return (
            self.tip(branch) != self.goal
            and self.git.ok("merge-base", "--is-ancestor", self.tip(branch), self.goal) is not None
        )

    # --- changing ---

    def move_to(self, branch: str, commit: str) -> None:
        """Point the branch at a commit of its own, and rebase what is stacked on it."""
        stack = self.stack(branch)
        above = [(name, self.commits(name)) for name in stack[stack.index(branch) + 1 :]]
        self.git.set_ref(f"refs/heads/{branch}", commit)
        for name, commits in above:
            commit = self.replay(commits, commit)
            self.git.set_ref(f"refs/heads/{name}", commit)

    def replay(self, commits: list[str], onto: str) -> str:
        """Cherry-pick; a commit that conflicts keeps what it is put on, and is marked."""
        for commit in commits:
            tree = self.git.merge(self.git.tree(f"{commit}^"), self.git.tree(onto), self.git.tree(commit))
            change = self.git.header(commit, "change-id")
            mark = "" if tree else "\ngitbutler-conflicted 1"
            author = self.git.header(commit, "author")
            onto = self.git.commit(
                tree or self.git.tree(onto), [onto], self.git.message(commit), change + mark, author
            )
        return onto

    def merged_tree(self) -> str | None:
        """The tree of all applied branches together; None when they conflict."""
        tree = self.git.tree(self.goal)
        for stack in self.stacks:
            tip = self.tip(stack[-1])
            start = self.git.tree(self.base(stack[0]))
            merged = self.git.merge(start, tree, self.git.tree(tip))
            if merged is None:
                return None
            tree = merged
        return tree

    def update_head(self) -> None:
        """Make the workspace commit anew; the working tree is left alone, the index follows."""
        tree = self.merged_tree()
        if tree is None:
            raise Failed("Error: the applied branches conflict")
        parents = [self.tip(stack[-1]) for stack in self.stacks] or [self.goal]
        head = self.git.commit(tree, list(dict.fromkeys(parents)), "GitButler Workspace Commit\n", "")
        self.git.set_ref(f"refs/heads/{WORKSPACE}", head)
        self.git("read-tree", tree)
        self.save()

    def rewrite(self, old: str) -> None:
        """After a change of what is applied: bring the working tree along, uncommitted changes included.

        `old` is the tree of the workspace before.
        """
        files = self.git.worktree_tree()
        new = self.merged_tree()
        if new is None:
            raise Failed("Error: the applied branches conflict")
        merged = self.git.merge(old, new, files)
        if merged is None:
            raise bad_input("Uncommitted changes conflict with this operation")
        self.git.checkout_tree(files, merged)
        self.update_head()


def new_change_id() -> str:
    return secrets.token_hex(16).translate(_LETTERS)
