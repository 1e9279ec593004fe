"""The shape of the code: who may import whom, and what belongs to everybody."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus import hookspecs
from tests.support.paths import ROOT

#: From the top down; a module imports only its own layer and those below.
LAYERS = (
    ("cli", "__main__"),
    ("app",),
    ("server",),
    ("graphql",),
    ("services",),
    ("host",),
    ("bus", "db", "plugins"),
    ("agents",),
    ("hookspecs",),
    ("backends",),
    ("model", "errors", "settings", "paths", "platform", "strict_json", "crash", "demo"),
)

#: Beside the layers: shipped for the tests of plugins, which may use all that plugins may.
OUTSIDE = ("testing",)

#: What plugins may import of Chorus.
PUBLIC = {"chorus", "backends", "errors", "hookspecs", "model", "platform", "settings", "testing"}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module name that is imported anywhere in a file, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(name: str) -> int | None:
    """The layer of a name like chorus.db.unit; None for the package itself."""
    part = (name.split(".") + [""])[1]
    return next((at for at, names in enumerate(LAYERS) if part in names), None)


def core() -> list[Path]:
    return [path for path in modules(ROOT / "chorus") if path.parts[len(ROOT.parts) + 1] not in OUTSIDE]


@pytest.mark.parametrize("path", core(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    own = layer(name)
    if own is None:
        assert path.name == "__init__.py", f"{name} belongs to no layer"
        return
    for imported in imports(path):
        theirs = layer(imported) if imported.startswith("chorus.") else None
        if theirs is not None:
            assert theirs >= own, f"{name} imports {imported}, which lies above it"


@pytest.mark.parametrize("path", core(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_knows_no_plugin(path: Path) -> None:
    assert not [name for name in imports(path) if name.startswith("chorus_")]


@pytest.mark.parametrize("path", modules(ROOT / "plugins"), ids=lambda path: str(path.relative_to(ROOT)))
def test_plugins_import_only_public_names(path: Path) -> None:
    own = path.parts[len(ROOT.parts) + 2]
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "chorus":
            part = rest.split(".")[0]
            assert part in PUBLIC or part in ("PluginConfig", "hookimpl", "ChorusError", "__version__"), name
        assert not top.startswith("chorus_") or top == own, f"{path} imports another plugin: {name}"


def test_what_tests_share_is_in_support() -> None:
    """Importing a module of tests would run its marks and fixtures in another place."""
    for path in [*modules(ROOT / "tests"), *modules(ROOT / "bench")]:
        if "fakes" in path.parts:  # programs of their own, with imports of their own
            continue
        for name in imports(path):
            assert not name.startswith("tests.") or name.startswith("tests.support."), (
                f"{path} imports {name}"
            )


def test_no_module_has_grown_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*modules(ROOT / "chorus"), *modules(ROOT / "plugins")]
        if (lines := len(path.read_text().splitlines())) > 450
    }
    assert not long


def hooks() -> list[str]:
    return [name for name in vars(hookspecs) if name.startswith("chorus_")]


@pytest.mark.parametrize("hook", hooks())
def test_each_hook_is_documented_with_its_signature(hook: str) -> None:
    signature = inspect.signature(getattr(hookspecs, hook))
    line = f"{hook}({', '.join(signature.parameters)})"
    assert line in (ROOT / "docs" / "plugins.md").read_text()
    assert getattr(hookspecs, hook).__doc__


def test_alembic_is_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
