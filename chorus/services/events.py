"""What is said in the event log: one function per kind, so that every event of a kind has the same fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chorus.db.unit import Unit
from chorus.host.reports import ContextGiven
from chorus.model import (
    Commit,
    DocumentReference,
    Message,
    PermissionRequest,
    PermissionRule,
    Project,
    Run,
    StatusReading,
    Task,
    TaskStatus,
    ToolStarted,
)
from chorus.model.policy import Ruling


def project_added(unit: Unit, project: Project) -> None:
    unit.emit("project.added", None, "user", {"id": project.id, "name": project.name, "path": project.path})


def task_created(unit: Unit, task: Task, actor: str) -> None:
    unit.emit("task.created", task.id, actor, {"title": task.title, "projectId": task.project_id})


def task_updated(unit: Unit, task_id: str, actor: str, fields: list[str]) -> None:
    unit.emit("task.updated", task_id, actor, {"fields": fields})


def task_status(unit: Unit, task_id: str, status: TaskStatus, actor: str, why: str | None = None) -> None:
    unit.emit("task.status", task_id, actor, {"status": status.value, "why": why})


def task_deleted(unit: Unit, task_id: str, actor: str) -> None:
    unit.emit("task.deleted", task_id, actor, {})


def agent_status(unit: Unit, task_id: str, run_id: str, seen: StatusReading) -> None:
    data = {"status": seen.status.value, "activity": seen.activity, "runId": run_id, "since": seen.at}
    unit.emit("agent.status", task_id, seen.source, data)


def run_started(unit: Unit, run: Run) -> None:
    data = {"runId": run.id, "mode": run.mode.value, "resumedFrom": run.resumed_from, "prompt": run.prompt}
    unit.emit("run.started", run.task_id, "host", data)


def run_ended(unit: Unit, run: Run, failure: Mapping[str, Any]) -> None:
    """`failure`: the code of a start that failed, and what else a program may act on."""
    data = {
        **failure,
        "runId": run.id,
        "end": run.end.value if run.end else None,
        "detail": run.end_detail,
        "exitCode": run.exit_code,
        "signal": run.signal,
    }
    unit.emit("run.ended", run.task_id, "host", data)


def message(unit: Unit, kind: str, message: Message, source: str) -> None:
    data = {"id": message.id, "text": message.text, "state": message.state.value, "author": message.author}
    unit.emit(f"message.{kind}", message.task_id, source, data)


def permission(unit: Unit, kind: str, request: PermissionRequest, source: str) -> None:
    data = {
        "id": request.id,
        "toolName": request.tool_name,
        "summary": request.summary,
        "state": request.state.value,
        "decidedBy": request.decided_by,
        "message": request.message,
        "scope": request.scope.value if request.scope else None,
        "answers": request.answers,
        "afterPlan": request.after_plan.value if request.after_plan else None,
    }
    unit.emit(f"permission.{kind}", request.task_id, source, data)


def permission_enforced(unit: Unit, run: Run, started: ToolStarted, what: str, ruling: Ruling) -> None:
    """A tool was allowed, refused or put to a person by a rule or a profile, before the agent used it."""
    data = {
        "runId": run.id,
        "toolName": started.tool,
        "useId": started.use_id,
        "summary": what,
        "decision": ruling.decision.value,
        "by": ruling.by,
        "ruleId": ruling.rule_id,
    }
    unit.emit("permission.enforced", run.task_id, ruling.by, data)


def permission_rule(
    unit: Unit, kind: str, rule: PermissionRule, actor: str, before: PermissionRule | None = None
) -> None:
    """`kind` is added, changed or removed; the author of the rule is who made it, `actor` who did this."""
    data: dict[str, Any] = {
        "id": rule.id,
        "scope": rule.scope.value,
        "projectId": rule.project_id,
        "decision": rule.decision.value,
        "toolName": rule.tool_name,
        "pattern": rule.pattern,
        "summary": rule.summary,
        "author": rule.author,
    }
    if before is not None:
        data["before"] = {"decision": before.decision.value, "summary": before.summary}
    unit.emit(f"permission.rule_{kind}", rule.task_id, actor, data)


def branch_opened(unit: Unit, task_id: str, branch: str, base: str) -> None:
    unit.emit("vcs.branch", task_id, "host", {"branch": branch, "base": base})


def committed(unit: Unit, task_id: str, commit: Commit) -> None:
    data = {"id": commit.id, "message": commit.message, "files": list(commit.files)}
    unit.emit("vcs.commit", task_id, "host", data)


def document_changed(unit: Unit, project_id: str, path: str, change: str, tasks: Sequence[str]) -> None:
    """`tasks` are the ids of those that refer to the document."""
    data = {"projectId": project_id, "path": path, "change": change, "taskIds": list(tasks)}
    unit.emit("document.changed", None, "host", data)


def document_reference(unit: Unit, reference: DocumentReference, *, stale: bool, problem: str | None) -> None:
    """A reference has become stale, or was found again."""
    data = {"id": reference.id, "path": reference.path, "stale": stale, "problem": problem}
    unit.emit("document.reference", reference.task_id, "host", data)


def documents_given(unit: Unit, given: ContextGiven) -> None:
    """What an agent was told of documents just now, and what it was not told."""
    told = [
        {
            "referenceId": one.reference_id,
            "path": one.path,
            "heading": one.heading,
            "startLine": one.start_line,
            "endLine": one.end_line,
            "version": one.version,
            "problem": one.problem,
        }
        for one in given.documents
        if not one.unchanged
    ]
    data = {
        "runId": given.run_id,
        "messageId": given.message_id,
        "documents": told,
        "leftOut": list(given.left_out),
    }
    unit.emit("document.given", given.task_id, "host", data)
