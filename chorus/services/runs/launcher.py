"""Beginning a run: the record of it and the intent to start its agent, in one transaction."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import asdict, replace

from sqlalchemy import insert, update

from chorus.db import lookup, rows, tables
from chorus.db.unit import Unit, new_id
from chorus.model import Evidence, Message, MessageState, Run, Task, derive
from chorus.services import events
from chorus.services.permissions.profiles import Profiles
from chorus.services.status import updates


def token_hash(token: str) -> str:
    """Only this is kept of a run's hook token once its agent has started."""
    return hashlib.sha256(token.encode()).hexdigest()


class Launcher:
    """Begins runs. `resumable` says of an agent's name whether it can continue a conversation."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    def begin(
        self,
        unit: Unit,
        task: Task,
        *,
        actor: str,
        prompt: str | None,
        resume: bool,
        message_id: str | None = None,
    ) -> Run:
        """Record a new current run of the task and order its start. The prompt becomes a message of the
        run.
        """
        resume = resume and task.agent_session_id is not None
        session = task.agent_session_id if resume else str(uuid.uuid4())
        token = secrets.token_urlsafe(32)
        run = _new_run(unit, task, prompt, session, task.current_run_id if resume else None)
        evidence = Evidence(started_at=unit.at.timestamp())
        profile = asdict(self._profiles[task.permission_profile])
        unit.connection.execute(
            insert(tables.runs).values(
                **_columns(run),
                position=unit.position(tables.runs),
                token_hash=token_hash(token),
                evidence=evidence.to_json(),
                profile={**profile, "allowed_tools": list(task.allowed_tools)},
            )
        )
        self._attach(unit, task, run, message_id, actor)
        unit.connection.execute(
            update(tables.tasks)
            .where(tables.tasks.c.id == task.id)
            .values(current_run_id=run.id, agent_session_id=session, error=None)
        )
        updates.show(unit, task.id, run.id, derive(evidence))
        unit.command(
            "start",
            host_id=task.host_id,
            task_id=task.id,
            run_id=run.id,
            key=f"start:{run.id}",
            actor=actor,
            payload={"token": token, "resume": resume, "profile": profile},
        )
        return run

    def _attach(self, unit: Unit, task: Task, run: Run, message_id: str | None, actor: str) -> None:
        """The run's prompt is a message like any other, so that its delivery and acceptance are on record."""
        messages = tables.messages
        if message_id is not None:
            unit.connection.execute(update(messages).where(messages.c.id == message_id).values(run_id=run.id))
        elif run.prompt is not None:
            add_message(unit, task, run.prompt, actor, run_id=run.id)


def add_message(unit: Unit, task: Task, text: str, author: str, *, run_id: str | None = None) -> Message:
    message = Message(
        id=new_id(),
        task_id=task.id,
        run_id=run_id,
        text=text,
        state=MessageState.QUEUED,
        author=author,
        created_at=unit.at,
        error=None,
    )
    columns = {name: getattr(message, name) for name in Message.__slots__}
    position = unit.position(tables.messages)
    unit.connection.execute(insert(tables.messages).values(**columns, position=position))
    events.message(unit, "queued", message, author)
    return message


def set_message(unit: Unit, id: str, new: MessageState, *, error: str | None = None) -> None:
    """Move a message on and tell; a message that is there already, or further, is left as it is."""
    row = lookup.row(unit.connection, tables.messages, "message", id)
    # An agent may confirm a prompt before the host has reported that it was typed.
    if row.state == new or (row.state, new) == (MessageState.ACCEPTED, MessageState.DELIVERED):
        return
    moments = {MessageState.DELIVERED: "delivered_at", MessageState.ACCEPTED: "accepted_at"}
    values = {"state": new, "error": error} | ({moments[new]: unit.at} if new in moments else {})
    unit.connection.execute(update(tables.messages).where(tables.messages.c.id == id).values(**values))
    message = replace(rows.message(row), state=new, error=error)
    events.message(unit, new.value.lower(), message, "host")


def _new_run(unit: Unit, task: Task, prompt: str | None, session: str | None, resumed: str | None) -> Run:
    return Run(
        id=new_id(),
        task_id=task.id,
        host_id=task.host_id,
        mode=task.run_mode,
        prompt=prompt,
        agent_session_id=session,
        resumed_from=resumed,
        started_at=unit.at,
        ended_at=None,
        end=None,
        end_detail=None,
        exit_code=None,
        signal=None,
        input_tokens=None,
        output_tokens=None,
        cost_usd=None,
    )


def _columns(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in Run.__slots__}
