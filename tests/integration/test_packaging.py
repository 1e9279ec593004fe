"""The wheel holds all that Chorus needs, and the packaging hook builds the client when it is due."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from configparser import ConfigParser
from pathlib import Path

import pytest

from chorus import paths
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PLUGINS = PROJECT["entry-points"]["chorus"]
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), str(ROOT / ".tools/bin")])

pytestmark = [
    pytest.mark.timeout(300),  # a wheel is built and installed, the client perhaps too
    pytest.mark.skipif(
        shutil.which("uv", path=PATH) is None, reason="uv is not on PATH; `make test` brings it"
    ),
]


def run(*argv: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": PATH, **env}
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def build_wheel(project: Path, out: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Build from what uv has in its cache: the environment was made with the same build requirements."""
    return run("uv", "build", "--wheel", "--offline", "--out-dir", out, project, cwd=project, **env)


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    built = build_wheel(ROOT, out)
    assert built.returncode == 0, built.stderr
    return next(out.glob("chorus-*.whl"))


@pytest.fixture(scope="module")
def contents(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def sources(folder: Path) -> Iterable[str]:
    """The files of a package as the wheel names them, build leftovers excepted."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return (file.relative_to(folder.parent).as_posix() for file in files)


def test_holds_the_core_and_every_default_plugin(contents: frozenset[str]) -> None:
    packages = [ROOT / "chorus", *(ROOT / "plugins" / name / package for name, package in PLUGINS.items())]
    missing = {file for package in packages for file in sources(package)} - contents
    assert not missing
    assert {f"{package}/__init__.py" for package in PLUGINS.values()} <= contents


def test_holds_the_migrations(contents: frozenset[str]) -> None:
    there = {name.removeprefix("chorus/_") for name in contents if name.startswith("chorus/_alembic/")}
    assert there == set(sources(ROOT / "alembic"))
    assert "alembic/env.py" in there


def test_holds_the_built_client(contents: frozenset[str]) -> None:
    if os.environ.get("CHORUS_WEB") == "skip" and not (ROOT / "web/dist/index.html").exists():
        pytest.skip("CHORUS_WEB=skip, and the client was not built before")
    assert {"chorus/_web/index.html", "chorus/_web/graphiql.html"} <= contents
    assert any(name.startswith("chorus/_web/assets/") and name.endswith(".js") for name in contents)


def test_holds_nothing_else(contents: frozenset[str]) -> None:
    assert {name.split("/")[0] for name in contents} == {
        "chorus",
        *PLUGINS.values(),
        f"chorus-{PROJECT['version']}.dist-info",
    }


def test_names_the_command_and_the_plugins(wheel: Path) -> None:
    declared = ConfigParser()
    with zipfile.ZipFile(wheel) as archive:
        declared.read_string(archive.read(f"chorus-{PROJECT['version']}.dist-info/entry_points.txt").decode())
    assert dict(declared["chorus"]) == PLUGINS
    assert dict(declared["console_scripts"]) == PROJECT["scripts"]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel and the locked packages; returns its folder of programs."""
    home = tmp_path_factory.mktemp("installed") / "env"
    locked = ("--frozen", "--no-dev", "--no-install-project", "--offline", "--python", sys.executable)
    dependencies = run("uv", "sync", *locked, cwd=ROOT, UV_PROJECT_ENVIRONMENT=str(home))
    assert dependencies.returncode == 0, dependencies.stderr
    python = home / "bin/python"
    itself = run("uv", "pip", "install", "--offline", "--no-deps", "--python", python, wheel, cwd=home)
    assert itself.returncode == 0, itself.stderr
    return home / "bin"


def test_runs_where_there_is_no_checkout(installed: Path, tmp_path: Path) -> None:
    answer = run(installed / "chorus", "--version", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert PROJECT["version"] in answer.stdout


def test_finds_its_own_migrations_and_client(installed: Path, tmp_path: Path) -> None:
    code = "from chorus import paths; print(paths.migrations()); print(paths.web_client())"
    migrations, client = run(installed / "python", "-c", code, cwd=tmp_path).stdout.splitlines()
    assert Path(migrations).is_relative_to(installed.parent)
    assert (Path(migrations) / "env.py").exists()
    assert client == str(Path(migrations).parent / "_web") or not (ROOT / "web/dist/index.html").exists()


# What authors of plugins get: types


#: A name of an example in its first line, or what it stands for.
_NAMED = re.compile(r"# (\w+\.py)\n")


def examples() -> dict[str, str]:
    """The examples of the documentation for plugin authors, by file name."""
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/plugins.md").read_text(), re.DOTALL | re.MULTILINE
    )
    whole = (ROOT / "docs/examples/adr_provider.py").read_text()
    found = {"adr_provider.py": whole}
    for number, block in enumerate(blocks):
        if block not in whole:
            named = _NAMED.match(block)
            found[named[1] if named else f"example_{number}.py"] = block
    return found


def typed(installed: Path, folder: Path, sources: Mapping[str, str]) -> list[str]:
    """What a plugin's author is told by `mypy --strict`, with Chorus installed from its wheel."""
    for name, source in sources.items():
        write(folder / name, source)
    check = ("-m", "mypy", "--no-error-summary", "--python-executable", installed / "python")
    write(folder / "mypy.ini", "[mypy]\nstrict = true\n")
    told = run(sys.executable, *check, *sources, cwd=folder)
    assert not told.stderr, told.stderr
    return told.stdout.splitlines()


def test_every_package_is_typed(contents: frozenset[str]) -> None:
    assert {f"{package}/py.typed" for package in ("chorus", *PLUGINS.values())} <= contents


def test_the_examples_of_the_documentation_are_right_by_their_types(installed: Path, tmp_path: Path) -> None:
    sources = examples()
    assert {"chorus_paper.py", "chorus_scribe.py", "adr_provider.py"} <= set(sources)
    assert typed(installed, tmp_path, sources) == []


def test_a_wrong_return_type_is_found_and_nothing_else(installed: Path, tmp_path: Path) -> None:
    right = 'return Launch(argv=["echo", request.prompt or ""])'
    source = examples()["chorus_paper.py"]
    assert right in source
    line = source[: source.index(right)].count("\n") + 1
    wrong = source.replace(right, 'return ["echo", request.prompt or ""]')
    assert typed(installed, tmp_path, {"chorus_paper.py": wrong}) == [
        f'chorus_paper.py:{line}: error: Incompatible return value type (got "list[str]", expected "Launch")'
        "  [return-value]"
    ]


# The checkout


def test_a_checkout_uses_its_own_files() -> None:
    assert paths.migrations() == ROOT / "alembic"
    assert paths.web_client() in (ROOT / "web/dist", None)


def test_the_migrations_do_not_hide_the_library() -> None:
    """As a package, `alembic/` would win over the library wherever the root comes first."""
    assert not (ROOT / "alembic/__init__.py").exists()
    imported = run(sys.executable, "-c", "import alembic; print(alembic.__file__)", cwd=ROOT)
    assert "site-packages" in imported.stdout


# The packaging hook, on a small project with the real npm

MARKER = "built.txt"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Chorus's packaging around a client whose build writes one page and counts how often it ran."""
    if shutil.which("npm", path=PATH) is None:
        pytest.skip("npm is not on PATH; `make test` brings it")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "chorus/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    build = f"echo ran >> {MARKER} && mkdir -p dist && cp src/page dist/index.html"
    write(tmp_path / "web/package.json", json.dumps({"scripts": {"build": build}}))
    write(tmp_path / "web/package-lock.json", json.dumps({"lockfileVersion": 3, "packages": {"": {}}}))
    write(tmp_path / "web/src/page", "first")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def page_in_wheel(project: Path) -> str:
    with zipfile.ZipFile(next((project / "out").glob("*.whl"))) as archive:
        return archive.read("chorus/_web/index.html").decode()


def test_builds_the_client_when_its_sources_changed_and_only_then(project: Path) -> None:
    for text, builds in (("first", 1), ("first", 1), ("second", 2)):
        write(project / "web/src/page", text)
        built = build_wheel(project, project / "out", CHORUS_WEB="require")
        assert built.returncode == 0, built.stderr
        assert page_in_wheel(project) == text
        assert (project / "web" / MARKER).read_text().count("ran") == builds


def test_a_client_that_cannot_be_built_stops_the_wheel_and_says_what_to_do(project: Path) -> None:
    (project / "web/src/page").unlink()
    built = build_wheel(project, project / "out", CHORUS_WEB="auto")
    assert built.returncode != 0
    assert "The web client could not be built. `npm run build` failed" in built.stderr
    assert "CHORUS_WEB=skip" in built.stderr


def test_an_editable_install_goes_on_without_a_client_that_cannot_be_built(project: Path) -> None:
    (project / "web/src/page").unlink()
    install = ("pip", "install", "--offline", "--no-deps", "--target", project / "env", "--editable", project)
    assert run("uv", *install, cwd=project, CHORUS_WEB="auto").returncode == 0
    assert run("uv", *install, cwd=project, CHORUS_WEB="require").returncode != 0


def test_a_client_can_be_left_out(project: Path) -> None:
    built = build_wheel(project, project / "out", CHORUS_WEB="skip")
    assert built.returncode == 0, built.stderr
    assert not (project / "web" / MARKER).exists()


def test_an_unknown_mode_is_refused(project: Path) -> None:
    built = build_wheel(project, project / "out", CHORUS_WEB="maybe")
    assert built.returncode != 0
    assert "CHORUS_WEB is 'maybe'; it can be auto, skip or require." in built.stderr
