"""Projects in the database."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, insert, select

from chorus.db import rows, tables
from chorus.db.lookup import missing
from chorus.model import Project

_PROJECTS, _TASKS = tables.projects, tables.tasks

_BY_ID = select(_PROJECTS).where(_PROJECTS.c.id == bindparam("project_id"))
_BY_PATH = select(_PROJECTS).where(
    _PROJECTS.c.host_id == bindparam("of_host"), _PROJECTS.c.path == bindparam("of_path")
)
_OF_HOST = select(_PROJECTS).where(_PROJECTS.c.host_id == bindparam("of_host"))
_ALL = select(_PROJECTS).order_by(_PROJECTS.c.name, _PROJECTS.c.id)
_INSERT = insert(_PROJECTS)
_WORKING = (
    select(func.count())
    .select_from(_TASKS)
    .where(
        _TASKS.c.project_id == bindparam("of_project"),
        _TASKS.c.vcs_backend == bindparam("vcs"),
        _TASKS.c.worktree.is_not(None),
    )
)


def get(connection: Connection, id: str) -> Project:
    """Return the project with this id. Raises NotFound."""
    found = connection.execute(_BY_ID, {"project_id": id}).first()
    if found is None:
        raise missing("project", id)
    return rows.project(found)


def find_by_path(connection: Connection, host_id: str, path: str) -> Project | None:
    """Return the project in this folder of a host; None when there is none."""
    found = connection.execute(_BY_PATH, {"of_host": host_id, "of_path": path}).first()
    return rows.project(found) if found else None


def all_projects(connection: Connection) -> list[Project]:
    """Return all projects by name."""
    return [rows.project(row) for row in connection.execute(_ALL).all()]


def of_host(connection: Connection, host_id: str) -> list[Project]:
    """Return the projects whose repositories are on a host."""
    return [rows.project(row) for row in connection.execute(_OF_HOST, {"of_host": host_id}).all()]


def add(connection: Connection, project: Project) -> None:
    """Add a project."""
    connection.execute(_INSERT, {name: getattr(project, name) for name in Project.__slots__})


def count_working(connection: Connection, project_id: str, vcs: str) -> int:
    """Return how many tasks of a project have a working folder of this VCS backend."""
    return connection.execute(_WORKING, {"of_project": project_id, "vcs": vcs}).scalar_one()
