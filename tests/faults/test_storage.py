"""Full, locked, read-only and broken storage: said plainly, nothing half done, well again by itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import aclosing, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from chorus.db import migrate
from tests.support.faults import (
    Scene,
    SturdyServer,
    at_rest,
    begin,
    configuration,
    contents,
    refused,
    said,
    scene,
    tmux,
    until,
)
from tests.support.live import ApiError
from tests.support.paths import ROOT

pytestmark = pytest.mark.timeout(240)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")


@contextmanager
def volume(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own with little room."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    done = subprocess.run(options, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """Take the room that is left."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return path


@needs_root
async def test_the_disk_of_the_database_is_full(home: Path) -> None:
    with volume(home / "db", "3m") as folder:
        async with scene(home, CHORUS_DATABASE_URL=f"sqlite:///{folder}/chorus.db") as found:
            project = await found.api.add_project(found.repo)
            task = await begin(found.api, project, "hello")
            await at_rest(found.api, task)
            filler = fill(folder)
            with pytest.raises(ApiError) as refused:
                await create_many(found, project)
            assert refused.value.code == "STORAGE_FULL"
            assert (await found.api.task(task))["agentStatus"] == "IDLE", "what is known can be read"
            report = await posted(found, task)
            assert (report.status_code, "retry-after" in report.headers) == (503, True)
            filler.unlink()
            await found.api.create("Again", projectId=project, agent="listener")
            await found.api.send(task, "after")
            await found.api.until(task, lambda one: one["activity"] == "did after")
            await found.check()


async def create_many(found: Scene, project: str) -> None:
    for number in range(200):
        await found.api.create(f"Task {number}", projectId=project, description="x" * 3000)


async def posted(found: Scene, task: str) -> httpx.Response:
    """A report of a task's agent that comes from this test; the run's token is in its environment."""
    pid = found.noted(task, "start")[0][0]
    environ = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in entry
    )
    body = {"hook_event_name": "Notification", "message": "x" * 60_000, "notification_type": "other"}
    headers = {"Authorization": f"Bearer {environ['CHORUS_HOOK_TOKEN']}"}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for number in range(50):
            named = {**body, "chorus_report_id": f"r{number}", "hook_event_name": f"X{number}"}
            answer = await client.post(environ["CHORUS_HOOK_URL"], json=named, headers=headers)
            if answer.status_code != 200:
                break
    return answer


@needs_root
async def test_the_disk_of_the_output_is_full(home: Path) -> None:
    """The agent goes on, and the terminal says what is missing."""
    with volume(home / "state" / "runs", "1m"):
        (home / "state").chmod(0o700)
        async with scene(home) as found:
            project = await found.api.add_project(found.repo)
            task = await begin(found.api, project, "hello")
            await at_rest(found.api, task)
            filler = fill(home / "state" / "runs")
            await found.api.send(task, "it cannot be noted that this is typed")
            waits = await found.api.until(
                task, lambda one: len(one["messages"]) > 1 and one["messages"][1]["error"]
            )
            assert waits["messages"][1]["state"] == "QUEUED"
            assert "disk is full" in waits["messages"][1]["error"]
            edit = 'mutation($id: ID!) { updateMessage(id: $id, text: "other") { id } }'
            with pytest.raises(
                ApiError, match="disk is full.*cannot be changed.*send another one"
            ) as refused:
                await found.api.call(edit, id=waits["messages"][1]["id"])
            assert refused.value.code == "CONFLICT"
            where = found.socket_of(waits["attachCommand"])
            tmux(where, "send-keys", "-t", "=main:", "flood 0.3", "Enter")
            await found.api.until(task, lambda one: one["activity"] == "did flood 0.3")
            await found.api.create("The database is well", projectId=project)
            filler.unlink()
            given = await found.api.until(task, lambda one: said(one, 1) == "ACCEPTED")
            assert given["messages"][1]["error"] is None
            assert found.noted(task, "read").count(["it cannot be noted that this is typed"]) == 1
            await found.api.send(task, "after the flood")
            document = "subscription($id: ID!) { terminal(taskId: $id) { offset base64 truncatedFrom } }"
            at, missing, seen = 0, 0, b""
            async with asyncio.timeout(30):
                async with aclosing(found.api.subscribe(document, id=task)) as feed:
                    async for data in feed:
                        piece = data["terminal"]
                        if piece["truncatedFrom"] is not None:
                            assert piece["truncatedFrom"] == at
                            missing += piece["offset"] - at
                        else:
                            assert piece["offset"] == at
                        seen += base64.b64decode(piece["base64"])
                        at = piece["offset"] + len(base64.b64decode(piece["base64"]))
                        if b"after the flood" in seen:
                            break
            assert missing > 0
            await found.api.until(task, lambda one: one["activity"] == "did after the flood")


async def test_another_program_locks_the_database(home: Path) -> None:
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        with closing(sqlite3.connect(found.server.state_dir / "chorus.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ApiError) as refused:
                await found.api.create("Locked", projectId=project)
            assert refused.value.code == "BUSY"
            assert await found.api.events(), "what is known can be read"
            other.execute("ROLLBACK")
        await found.api.create("Free", projectId=project)
        listed = await found.api.call("{ tasks { edges { node { title } } } }")
        assert [edge["node"]["title"] for edge in listed["tasks"]["edges"]] == ["Free"]
        await found.check()


async def test_the_database_cannot_be_written(home: Path) -> None:
    """The system refuses every write to a file, as on a disk that went read-only; then it does not."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello")
        await at_rest(found.api, task)
        limits = resource.prlimit(found.server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(found.server.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        with pytest.raises(ApiError, match="cannot be written") as refused:
            await found.api.create("Not now", projectId=project)
        assert refused.value.code == "READ_ONLY"
        assert (await found.api.task(task))["agentStatus"] == "IDLE", "what is known can be read"
        report = await posted(found, task)
        assert (report.status_code, "retry-after" in report.headers) == (503, True)
        resource.prlimit(found.server.pid, resource.RLIMIT_FSIZE, limits)
        await found.api.create("Now", projectId=project)
        await found.api.send(task, "after")
        await found.api.until(task, lambda one: one["activity"] == "did after")
        await found.check()


# --- starting on what is not right ------------------------------------------------------------------


def prepared(home: Path) -> SturdyServer:
    return SturdyServer(home / "state", home, configuration(home))


@needs_root
def test_a_read_only_folder(home: Path) -> None:
    state = home / "state"
    with volume(state, "1m"):
        subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
        assert str(state) in refused(prepared(home))


@needs_root
def test_a_read_only_database(home: Path) -> None:
    with volume(home / "db", "1m") as folder:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        server = prepared(home)
        server.env = {"CHORUS_DATABASE_URL": f"sqlite:///{folder}/chorus.db"}
        said = refused(server)
        assert "database" in said


@pytest.mark.parametrize("damage", ["not a database at all, but a text", "SQLite format 3\0" + "x" * 5000])
def test_a_file_that_is_no_database(home: Path, damage: str) -> None:
    server = prepared(home)
    server.state_dir.mkdir(mode=0o700)
    database = server.state_dir / "chorus.db"
    database.write_text(damage)
    before = database.read_bytes()
    said = refused(server)
    assert str(database) in said
    assert database.read_bytes() == before, "it is not repaired in silence"


# --- schemas of other versions ----------------------------------------------------------------------

NEXT = '''
"""A change that the next version makes."""
import os, pathlib, time
from alembic import op
import sqlalchemy as sa
revision = "next"
down_revision = "{down}"
def upgrade():
    op.add_column("tasks", sa.Column("colour", sa.String(20)))
    if "HOLD" in os.environ:
        pathlib.Path(os.environ["HOLD"]).touch()
        time.sleep(3600)
'''


def next_version(home: Path) -> dict[str, str]:
    """A copy of this version with one more migration: an environment in which it runs."""
    copy = home / "next"
    for name in ("chorus", "alembic", "plugins"):
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    (copy / "alembic" / "versions" / "next.py").write_text(NEXT.format(down=migrate.REVISION))
    code = copy / "chorus" / "db" / "migrate.py"
    code.write_text(code.read_text().replace(f'REVISION = "{migrate.REVISION}"', 'REVISION = "next"'))
    folders = [copy, *(copy / "plugins").iterdir()]
    return {"PYTHONPATH": os.pathsep.join(map(str, folders))}


async def test_schemas_of_other_versions(home: Path) -> None:
    """An older one is refused with the command to run, which keeps a copy; a newer one is left untouched."""
    later = next_version(home)
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello")
        await at_rest(found.api, task)
        found.server.stop()
        database = found.server.state_dir / "chorus.db"
        before = contents(database)
        usual = found.server.env

        found.server.env = {**usual, **later}
        assert "chorus db upgrade" in refused(found.server)
        assert contents(database) == before
        upgraded = found.server.cli("db", "upgrade")
        assert upgraded.returncode == 0, upgraded.stderr
        assert contents(database) == before
        assert contents(next(found.server.state_dir.glob("chorus.db.*.bak"))) == before
        await found.restart(**later)
        assert (await found.api.task(task))["agentStatus"] == "IDLE", "its agent lived through the upgrade"
        assert len(found.noted(task, "start")) == 1
        found.server.stop()

        found.server.env = usual
        digest = hashlib.sha256(database.read_bytes()).hexdigest()
        assert "newer version" in refused(found.server)
        assert hashlib.sha256(database.read_bytes()).hexdigest() == digest
        await found.restart(**later)


async def test_an_upgrade_that_is_killed_is_begun_again(home: Path) -> None:
    """Nothing of it stays: the old version serves the database, and the next upgrade is a whole one."""
    later = next_version(home)
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello")
        await at_rest(found.api, task)
        found.server.stop()
        database = found.server.state_dir / "chorus.db"
        before, usual, held = contents(database), found.server.env, home / "held"
        found.server.env = {**usual, **later, "HOLD": str(held)}
        command = found.server.command("db", "upgrade", "--state-dir", str(found.server.state_dir))
        with subprocess.Popen(command, env=found.server.environment, cwd=home) as upgrading:
            await until(held.exists)
            upgrading.kill()
        assert contents(database) == before
        assert "colour" not in columns(database, "tasks")
        found.server.env = usual
        await found.restart()
        assert (await found.api.task(task))["agentStatus"] == "IDLE"
        found.server.stop()
        found.server.env = {**usual, **later}
        upgraded = found.server.cli("db", "upgrade")
        assert upgraded.returncode == 0, upgraded.stderr
        assert contents(database) == before
        assert "colour" in columns(database, "tasks")
        await found.restart(**later)
        await found.api.send(task, "after the upgrade")
        await found.api.until(task, lambda one: one["activity"] == "did after the upgrade")


def columns(database: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
