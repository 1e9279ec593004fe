"""From rows to the records of `chorus.model`. Rows go no further."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from chorus.model import (
    AgentStatus,
    Commit,
    DocumentReference,
    FoundPart,
    GivenContext,
    GivenDocument,
    Message,
    MessageState,
    PermissionRequest,
    PermissionScope,
    PermissionState,
    Project,
    Run,
    RunEnd,
    RunMode,
    Task,
    TaskStatus,
)

AnyRow = Row[tuple[Any, ...]]


def project(row: AnyRow) -> Project:
    return Project(
        id=row.id,
        host_id=row.host_id,
        name=row.name,
        path=row.path,
        default_branch=row.default_branch,
        trusted=row.trusted,
        created_at=row.created_at,
    )


def task(row: AnyRow) -> Task:
    return Task(
        id=row.id,
        project_id=row.project_id,
        host_id=row.host_id,
        title=row.title,
        description=row.description,
        priority=row.priority,
        status=TaskStatus(row.status),
        agent_status=AgentStatus(row.agent_status),
        activity=row.activity,
        status_source=row.status_source,
        status_since=row.status_since,
        agent=row.agent,
        session_backend=row.session_backend,
        vcs_backend=row.vcs_backend,
        permission_profile=row.permission_profile,
        allowed_tools=tuple(row.allowed_tools),
        run_mode=RunMode(row.run_mode),
        branch=row.branch,
        worktree=row.worktree,
        base=row.base,
        result=row.result,
        error=row.error,
        conflict=row.conflict,
        agent_session_id=row.agent_session_id,
        current_run_id=row.current_run_id,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def run(row: AnyRow) -> Run:
    return Run(
        id=row.id,
        task_id=row.task_id,
        host_id=row.host_id,
        mode=RunMode(row.mode),
        prompt=row.prompt,
        agent_session_id=row.agent_session_id,
        resumed_from=row.resumed_from,
        started_at=row.started_at,
        ended_at=row.ended_at,
        end=RunEnd(row.end) if row.end else None,
        end_detail=row.end_detail,
        exit_code=row.exit_code,
        signal=row.signal,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=row.cost_usd,
    )


def message(row: AnyRow) -> Message:
    return Message(
        id=row.id,
        task_id=row.task_id,
        run_id=row.run_id,
        text=row.text,
        state=MessageState(row.state),
        author=row.author,
        created_at=row.created_at,
        error=row.error,
    )


def permission(row: AnyRow) -> PermissionRequest:
    return PermissionRequest(
        id=row.id,
        task_id=row.task_id,
        run_id=row.run_id,
        tool_name=row.tool_name,
        tool_input=row.tool_input,
        summary=row.summary,
        state=PermissionState(row.state),
        scope=PermissionScope(row.scope) if row.scope else None,
        created_at=row.created_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        message=row.message,
    )


def commit(row: AnyRow) -> Commit:
    return Commit(row.sha, row.message, row.author, row.at, tuple(row.files))


def reference(row: AnyRow) -> DocumentReference:
    return DocumentReference(
        id=row.id,
        task_id=row.task_id,
        path=row.path,
        heading=row.heading,
        start_line=row.start_line,
        end_line=row.end_line,
        note=row.note,
        stale=row.stale,
        anchor=row.anchor,
        problem=row.problem,
        was=FoundPart(**row.was) if row.was else None,
    )


def given_context(row: AnyRow) -> GivenContext:
    return GivenContext(
        run_id=row.run_id,
        message_id=row.message_id,
        at=row.at,
        documents=tuple(GivenDocument(**one) for one in row.documents),
        left_out=tuple(row.left_out),
    )
