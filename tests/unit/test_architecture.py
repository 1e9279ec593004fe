"""The shape of the code: who may import whom, and what belongs to everybody."""

from __future__ import annotations

import ast
import inspect
import json
import posixpath
import re
from collections import Counter
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

#: Programs that run without our packages and therefore ask the system themselves.
PROGRAMS = ("chorus/host/runs/wrapper.py",)

WEB = ROOT / "web" / "src"

#: The rooms of the web client, from the bottom up. Each other folder is a feature; "" has the entry points.
ROOMS = ("api", "ui", "state", "features", "app", "")

#: A string that names a module of ours is an import, whatever it stands in: import, export, import(), CSS.
OWN_MODULE = re.compile(r"""["'`(]((?:@|\.{1,2}|/src)/[^"'`)\s]*)""")


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


def transactions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file that belongs to a transaction: it is given a unit or a connection."""
    tree = ast.parse(path.read_text())
    if not {"sqlalchemy.Connection", "chorus.db.unit.Unit"} & set(imports(path)) and path.name != "unit.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            annotations = {ast.unparse(one.annotation) for one in given if one.annotation}
            if annotations & {"Unit", "Unit | None", "Connection", "Connection | None"}:
                yield node


@pytest.mark.parametrize("path", core(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_awaited_in_a_transaction(path: Path) -> None:
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncWith, ast.AsyncFor)
    for function in transactions(path):
        found = [node.lineno for node in ast.walk(function) if isinstance(node, waits)]
        assert not found, f"a function of a transaction awaits in line {found[0]}"


def test_the_transactions_of_services_are_found() -> None:
    found = sum(1 for path in modules(ROOT / "chorus") for _ in transactions(path))
    assert found > 200, "the test above would show nothing"


#: How agents call their tools, and fields of the input of these.
TOOL_WORDS = re.compile(
    r"\b(Bash|BashOutput|KillShell|MultiEdit|NotebookEdit|NotebookRead|WebFetch|WebSearch|TodoWrite|AskUserQuestion"
    r"|EnterPlanMode|ExitPlanMode|SlashCommand|apply_patch|str_replace_editor|update_plan"
    r"|file_path|notebook_path|old_string|new_string|subagent_type|multiSelect)\b"
    r"|\b(Read|Edit|Write|Grep|Glob|LS|Skill|Task|Agent)\("  # a pattern
    r"|^(Read|Edit|Write|Grep|Glob|LS|Skill)$"
)


@pytest.mark.parametrize("path", modules(ROOT / "chorus"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_knows_no_tool_of_any_agent(path: Path) -> None:
    """A status source says what a tool does: see `chorus.model.tools`."""
    strings = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    assert not [text for text in strings if isinstance(text, str) and TOOL_WORDS.search(text)]


def system_files(path: Path) -> list[str]:
    """Return the names below /proc in a module's code; what its docstrings say does not count."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    return [node.value for node in strings if isinstance(node.value, str) and "/proc" in node.value]


@pytest.mark.parametrize("path", core(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_platform_package_asks_the_system(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if not name.startswith("chorus/platform/"):
        assert name in PROGRAMS or not system_files(path), "/proc is read in chorus.platform"
        assert not [each for each in imports(path) if each.startswith("asyncinotify")]


@pytest.mark.parametrize("room", ["services", "host"])
def test_no_folder_has_grown_too_large(room: str) -> None:
    """Exclude a room in which nobody finds anything: a noun with more modules than this is several."""
    sizes = Counter(str(path.parent.relative_to(ROOT)) for path in modules(ROOT / "chorus" / room))
    assert not [folder for folder, size in sizes.items() if size > 20]


def test_only_the_database_package_speaks_sql() -> None:
    outside = [path for path in core() if path.relative_to(ROOT).parts[1] != "db"]
    assert not [str(path) for path in outside if any(name.startswith("sqlalchemy") for name in imports(path))]


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


def writers_of_status() -> Iterator[str]:
    """Every file that writes a `status`, as often as it does: in a statement, by a function, as a column."""
    for path in [*modules(ROOT / "chorus" / "db"), *modules(ROOT / "chorus" / "services")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if writes_status(node) or (path.parent.name == "db" and names_status(node)):
                yield str(path.relative_to(ROOT))


def writes_status(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    given = any(keyword.arg == "status" for keyword in node.keywords)
    return called == "set_status" or (called in ("values", "update") and given)


def names_status(node: ast.AST) -> bool:
    keys = node.keys if isinstance(node, ast.Dict) else []
    return any(isinstance(key, ast.Constant) and key.value == "status" for key in keys)


def test_only_transitions_write_the_status_of_a_task() -> None:
    assert list(writers_of_status()) == ["chorus/db/tasks.py", "chorus/services/tasks/transitions.py"]


def test_alembic_is_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def web_modules() -> dict[str, str]:
    """Return the source of each module below web/src by its path."""
    suffixes = (".css", ".js", ".jsx", ".ts", ".tsx")
    paths = sorted(path for path in WEB.rglob("*") if path.suffix in suffixes)
    return {path.relative_to(WEB).as_posix(): path.read_text() for path in paths}


def web_path(name: str, folder: str) -> str:
    """Return the path below web/src of a module that a folder's module names."""
    absolute = name.startswith(("@/", "/src/"))
    return posixpath.normpath(re.sub("^(@|/src)/", "", name) if absolute else posixpath.join(folder, name))


def web_imports(source: str, folder: str) -> list[str]:
    return [web_path(name, folder) for name in OWN_MODULE.findall(source)]


def room(path: str) -> str:
    """Return the folder of web/src that has a module; none for the entry points."""
    return path.split("/")[0] if "/" in path else ""


def may_import(own: str, other: str) -> bool:
    """Return whether a room comes after another; a feature imports no other one."""
    first, second = (ROOMS.index(each if each in ROOMS else "features") for each in (own, other))
    return own == other or (second < first and other != "..")


@pytest.mark.parametrize(
    "source",
    [
        'import { taskStore } from "@/state/taskStore"',
        "import {\n  taskStore,\n  type TaskList,\n} from '../state/taskStore'",
        'import type { TaskList } from "@/state/taskStore"',
        'import "@/state/taskStore"',
        'export { taskStore } from "@/state/taskStore"',
        'export * from "../state/taskStore"',
        'const store = lazy(() => import("../state/taskStore"))',
        "type List = import(`../tasks/../state/taskStore`).TaskList",
        'import "/src/state/taskStore"',
        '@import "../state/taskStore";',
        "@import url(../state/taskStore);",
    ],
)
def test_each_way_to_import_a_web_module_is_seen(source: str) -> None:
    assert web_imports(source, "tasks") == ["state/taskStore"]


def test_web_imports_point_one_way() -> None:
    sources = web_modules()
    assert {room(name) for name in sources} > {"api", "ui", "state", "app", ""}
    assert not [
        f"{name} imports {imported}"
        for name, source in sources.items()
        for imported in web_imports(source, posixpath.dirname(name))
        if not may_import(room(name), room(imported))
    ]


def test_web_modules_have_no_other_names() -> None:
    """Exclude what the test above cannot see: another alias, a folder as a module, a computed name."""
    compiler = json.loads((ROOT / "web" / "tsconfig.json").read_text())["compilerOptions"]
    assert compiler["paths"] == {"@/*": ["./src/*"]}
    assert "imports" not in json.loads((ROOT / "web" / "package.json").read_text())
    assert not list(WEB.rglob("index.*"))
    assert not [
        name for name, source in web_modules().items() if re.search(r"\bimport\s*\((?!\s*[\"'`])", source)
    ]


@pytest.mark.parametrize(
    ("own", "other", "allowed"),
    [
        ("tasks", "tasks", True),
        ("tasks", "state", True),
        ("tasks", "documents", False),
        ("state", "tasks", False),
        ("ui", "state", False),
        ("ui", "api", True),
        ("app", "tasks", True),
        ("tasks", "app", False),
        ("app", "", False),
        ("", "app", True),
        ("app", "..", False),
    ],
)
def test_a_room_imports_those_before_it(own: str, other: str, allowed: bool) -> None:
    assert may_import(own, other) is allowed
