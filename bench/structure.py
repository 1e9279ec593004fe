"""How the code is built: sizes of modules and functions, levels of imports, arrows between folders.

    python bench/structure.py [--base 5ac5814]

With a base the figures of both revisions stand side by side. Levels: the longest chain of imports between
modules of one folder; arrows: pairs of folders of which one imports the other.
"""

from __future__ import annotations

import argparse
import ast
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = "{:<42} {:>14} {:>14}"
PACKAGE = "chorus"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--base")
    base = arguments.parse_args().base
    revisions = {name: Structure(_sources(name)) for name in ([base] if base else [])}
    revisions["now"] = Structure(_sources(None))
    found = {name: structure.figures() for name, structure in revisions.items()}
    print(ROWS.format("", *(["", *found])[-2:]))
    for figure in dict.fromkeys(name for figures in found.values() for name in figures):
        print(ROWS.format(figure, *(["", *(figures.get(figure, "-") for figures in found.values())])[-2:]))


def _sources(revision: str | None) -> dict[str, str]:
    """Return the modules of the package by their path, of a revision or as they are now."""
    if revision is None:
        return {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / PACKAGE).rglob("*.py")}
    listed = _git("ls-tree", "-r", "--name-only", revision, PACKAGE).split()
    return {path: _git("show", f"{revision}:{path}") for path in listed if path.endswith(".py")}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


class Structure:
    """The modules of the package and who imports whom."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._lines = {path: len(text.splitlines()) for path, text in sources.items()}
        self._trees = {path: ast.parse(text) for path, text in sources.items()}
        self._names = {_name(path): path for path in sources}
        self._imports = {path: self._imported(tree) - {path} for path, tree in self._trees.items()}

    def figures(self) -> dict[str, str]:
        """Return what is printed, by name."""
        folders: dict[str, list[str]] = defaultdict(list)
        for path in self._trees:
            if not path.endswith("__init__.py"):
                folders[_folder(path)].append(path)
        sizes = [self._lines[path] for paths in folders.values() for path in paths]
        functions = [length for tree in self._trees.values() for length in _functions(tree)]
        figures = {
            "modules: number, median, longest": f"{len(sizes)} {statistics.median(sizes):.0f} {max(sizes)}",
            "functions: number, median, longest": _summary(functions),
            "arrows between folders": str(len(self._arrows())),
        }
        for folder, paths in sorted(folders.items()):
            figures[f"{folder}: modules, levels"] = f"{len(paths)} {self._levels(paths)}"
        return figures

    def _imported(self, tree: ast.Module) -> set[str]:
        return {self._names[name] for name in _imported_names(tree) if name in self._names}

    def _arrows(self) -> set[tuple[str, str]]:
        pairs = {(_folder(one), _folder(two)) for one, found in self._imports.items() for two in found}
        return {(one, two) for one, two in pairs if one != two}

    def _levels(self, paths: list[str]) -> int:
        inside = set(paths)

        @cache
        def depth(path: str) -> int:
            return 1 + max((depth(other) for other in self._imports[path] & inside), default=0)

        return max(depth(path) for path in paths)


def _summary(lengths: list[int]) -> str:
    return f"{len(lengths)} {statistics.median(lengths):.0f} {max(lengths)}"


def _name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _functions(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


if __name__ == "__main__":
    main()
