"""Beginning a run: the record of it and the intent to start its agent, in one transaction."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import asdict

from chorus.db import commands, messages, runs, tasks
from chorus.db.unit import Unit, new_id
from chorus.model import Evidence, Message, Run, Task
from chorus.services.messages import add_message
from chorus.services.permissions.profiles import Profiles
from chorus.services.status import run_state


def token_hash(token: str) -> str:
    """Return what is kept of a run's hook token once its agent has started."""
    return hashlib.sha256(token.encode()).hexdigest()


class Launcher:
    """Begins runs."""

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
        message: Message | None = None,
    ) -> Run:
        """Record a new current run of the task and order its start.

        Its prompt is a message like any other, so that its delivery and acceptance are on record: `message`
        if that waits already.
        """
        resume = resume and task.agent_session_id is not None
        session = task.agent_session_id if resume else str(uuid.uuid4())
        run = _new_run(unit, task, prompt, session, task.current_run_id if resume else None)
        evidence = Evidence(started_at=unit.at.timestamp())
        profile = asdict(self._profiles[task.permission_profile])
        token = secrets.token_urlsafe(32)
        runs.add(
            unit.connection,
            run,
            token_hash=token_hash(token),
            evidence=evidence,
            profile={**profile, "allowed_tools": list(task.allowed_tools)},
        )
        _attach_prompt(unit, task, run, message, actor)
        tasks.update(unit.connection, task.id, current_run_id=run.id, agent_session_id=session, error=None)
        run_state.publish(unit, run)
        payload = {"token": token, "resume": resume, "profile": profile}
        key = f"start:{run.id}"
        commands.order(unit, task, "start", key=key, actor=actor, run_id=run.id, payload=payload)
        return run


def _attach_prompt(unit: Unit, task: Task, run: Run, message: Message | None, actor: str) -> None:
    if message is not None:
        messages.update(unit.connection, message.id, run_id=run.id)
    elif run.prompt is not None:
        add_message(unit, task, run.prompt, actor, run_id=run.id)


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
