"""Which files are documents: include and exclude patterns, git's ignore rules, and names that never are.

`include` patterns are paths from the project's folder (`*.md` is only at the top, `docs/**/*.md` at any
depth under `docs`); a pattern that names a folder takes all in it. `exclude` patterns work as lines of a
`.gitignore` at the top. Only folders that can hold an included file are entered, so a large tree beside them
costs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from pathspec import GitIgnoreSpec

from chorus.errors import BadInput, ChorusError
from chorus_documents import files
from chorus_documents.options import Options

#: Never documents, whatever the configuration says: git's own files, environments, keys and credentials.
DENIED = (
    ".git",
    ".env*",
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
    *(".netrc", ".npmrc", ".pypirc", ".git-credentials", ".ssh", ".gnupg", ".aws"),
)
#: Folders in folders that are entered.
DEPTH = 40
_IGNORE_FILE = 1024 * 1024  # bytes of a .gitignore that are read


class Patterns:
    """What the configuration wants, by path alone."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]) -> None:
        self._globs = [_segments(pattern) for pattern in include]
        self._include = _configured(["/" + "/".join(glob) for glob in self._globs], "include")
        self._exclude = _configured(exclude, "exclude")
        self._denied = GitIgnoreSpec.from_lines(DENIED)

    def denies(self, path: str) -> bool:
        """Whether no configuration can make this a document; letter case does not matter."""
        return self._denied.match_file(path.lower())

    def wants(self, path: str) -> bool:
        return self._include.match_file(path) and not self._exclude.match_file(path) and not self.denies(path)

    def enters(self, folder: str) -> bool:
        """Whether anything in this folder, or below it, can be wanted."""
        parts = folder.split("/")
        return (
            any(_leads_to(glob, parts) for glob in self._globs)
            and not self._exclude.match_file(f"{folder}/")
            and not self.denies(folder)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """git's ignore rules as they apply in one folder: the deepest file that says something decides.

    Only what lies in the project counts: `.gitignore` at every level and `.git/info/exclude`.
    """

    layers: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def ignores(self, path: str, *, folder: bool = False) -> bool:
        for base, spec in reversed(self.layers):
            relative = path[len(base) :] + ("/" if folder else "")
            verdict = spec.check_file(relative).include
            if verdict is not None:
                return verdict
        return False

    def within(self, root_fd: int, folder: str) -> Rules:
        """The rules with those of the folder's own file added; `""` is the project's folder."""
        base = f"{folder}/" if folder else ""
        sources = [f"{base}.gitignore"] if folder else [".git/info/exclude", ".gitignore"]
        return Rules(self.layers + tuple((base, spec) for spec in _ignore_files(root_fd, sources)))


@dataclass(slots=True)
class Found:
    """The documents of a project by path, with what the file system says of each; and the folders."""

    files: dict[str, os.stat_result] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)


class Finder:
    """Walks a project for its documents."""

    def __init__(self, options: Options) -> None:
        self.patterns = Patterns(options.include, options.exclude)
        self._gitignore = options.gitignore
        self._most = options.max_documents

    def walk(self, root_fd: int) -> Found:
        """All documents, shallow folders first. BadInput when there are more than are allowed."""
        found = Found()
        pending = [("", Rules())]
        while pending:
            deeper: list[tuple[str, Rules]] = []
            for folder, rules in pending:
                deeper += self._folder(root_fd, folder, rules, found)
            pending = deeper
        return found

    def ignored(self, root_fd: int, path: str) -> bool:
        """Whether git's rules leave this file out, by itself or by a folder it is in."""
        if not self._gitignore:
            return False
        parts = path.split("/")
        rules = Rules().within(root_fd, "")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if rules.ignores(folder, folder=True):
                return True
            rules = rules.within(root_fd, folder)
        return rules.ignores(path)

    def _folder(self, root_fd: int, folder: str, rules: Rules, found: Found) -> list[tuple[str, Rules]]:
        """Take the documents of one folder; the folders below it that are worth entering are returned."""
        rules = rules.within(root_fd, folder) if self._gitignore else rules
        base = f"{folder}/" if folder else ""
        deeper: list[tuple[str, Rules]] = []
        try:
            with files.opened_folder(root_fd, folder) as fd, os.scandir(fd) as entries:
                for entry in entries:
                    path = base + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if self.patterns.enters(path) and not rules.ignores(path, folder=True):
                            deeper.append((path, rules))
                    elif self._is_document(entry, path, rules):
                        self._take(entry, path, found)
        except OSError:
            return []  # gone, or not ours to look into
        found.folders.append(folder)
        return deeper if folder.count("/") < DEPTH else []

    def _is_document(self, entry: os.DirEntry[str], path: str, rules: Rules) -> bool:
        return (
            entry.is_file(follow_symlinks=False)
            and self.patterns.wants(path)
            and not rules.ignores(path)
            and _is_text(path)
        )

    def _take(self, entry: os.DirEntry[str], path: str, found: Found) -> None:
        if len(found.files) >= self._most:
            raise BadInput(
                f"More than {self._most:,} files match the patterns in [documents] include. Narrow them, "
                "add to exclude, or raise [plugins.documents] max_documents."
            )
        with suppress(FileNotFoundError):
            found.files[path] = entry.stat(follow_symlinks=False)


def _leads_to(glob: Sequence[str], folder: Sequence[str]) -> bool:
    """Whether a path that matches `glob` can lie in `folder`; rather yes than no."""
    for wanted, part in zip(glob, folder, strict=False):
        if wanted == "**":
            return True
        if "[" not in wanted and "\\" not in wanted and not fnmatchcase(part, wanted):
            return False
    return True


def _segments(pattern: str) -> tuple[str, ...]:
    parts = tuple(part for part in pattern.strip().split("/") if part not in ("", "."))
    if not parts or ".." in parts or pattern.startswith("!"):
        raise BadInput(
            f"[documents] include: {pattern!r} is no pattern of paths inside the project. "
            'Write for example "docs/**/*.md"; what is not wanted belongs in exclude.',
            setting="documents.include",
        )
    return parts


def _ignore_files(root_fd: int, paths: Iterable[str]) -> list[GitIgnoreSpec]:
    specs: list[GitIgnoreSpec] = []
    for path in paths:
        try:
            data = files.read(root_fd, path, _IGNORE_FILE).data
        except ChorusError:
            continue  # absent, or something git would not read either
        specs.append(_spec(data.decode("utf-8-sig", "replace")))
    return specs


def _configured(patterns: Sequence[str], key: str) -> GitIgnoreSpec:
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error) as error:
            raise BadInput(
                f"[documents] {key}: {pattern!r} is no pattern: {error}", setting=f"documents.{key}"
            ) from error
    return GitIgnoreSpec.from_lines([_within(pattern) for pattern in patterns])


@lru_cache(maxsize=256)
def _spec(text: str) -> GitIgnoreSpec:
    """The rules of an ignore file; like git, lines that are no pattern are passed over."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error):
            continue
        lines.append(_within(line))
    return GitIgnoreSpec.from_lines(lines)


def _within(pattern: str) -> str:
    """`a/**` means what is in `a`, not `a` itself; for pathspec that has to be said like this."""
    bare = pattern.rstrip()
    return f"{bare}/*" if bare.endswith("/**") else pattern


def _is_text(name: str) -> bool:
    """Names that are not Unicode cannot be said in JSON, so nothing could refer to them."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
