"""Ordering commits: each reason once, with a message that says what changed and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import func, select

from chorus.db import commands, tables
from chorus.db.unit import Unit
from chorus.model import FileEdit, Run, Task, one_line


def order_commit(
    unit: Unit,
    task: Task,
    run: Run,
    key: str,
    edits: Sequence[FileEdit] | None,
    why: str,
    use_id: str | None = None,
) -> None:
    """Have changes committed: the named edits, or all that is not committed yet. `use_id`: of one tool."""
    what = _what(edits)
    message = f"{what}\n\n{why}\n\nTask: {task.title}\nAgent: {task.agent}\n"
    commands.order(
        unit,
        task,
        "commit",
        run_id=run.id,
        key=f"commit:{key}",
        actor=f"agent {task.agent}",
        payload={
            "key": key,
            "message": message,
            "use_id": use_id,
            "edits": None if edits is None else [asdict(edit) for edit in edits],
        },
    )


def _what(edits: Sequence[FileEdit] | None) -> str:
    if edits is None:
        return "Keep what the turn changed"
    verb = "Add" if all(edit.created for edit in edits) else "Edit"
    names = ", ".join(dict.fromkeys(edit.path.rsplit("/", 1)[-1] for edit in edits))
    return one_line(f"{verb} {names}", 70) or verb


def why(unit: Unit, run: Run) -> str:
    """The prompt the agent is working on."""
    messages = tables.messages
    query = select(messages.c.text).where(messages.c.run_id == run.id)
    text = (unit.connection.execute(query.order_by(messages.c.position.desc()).limit(1))).scalar()
    return one_line(text or run.prompt, 500) or "(no prompt)"


def turns(unit: Unit, run: Run) -> int:
    """How many turns of the run have ended before this one: part of the name of its sweep."""
    table = tables.commands
    query = select(func.count()).where(
        table.c.run_id == run.id, table.c.key.startswith(f"commit:turn:{run.id}:")
    )
    return int((unit.connection.execute(query)).scalar_one())
