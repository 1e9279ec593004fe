"""The tables. Every row that belongs to a machine has `host_id`; every command an actor and a key.

A change here needs a migration in `alembic/versions`; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        moment: datetime | None = value
        return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(36), ForeignKey(target), nullable=nullable)


#: Position in the order of creation: ids say nothing about order.
def _position() -> Column[int]:
    return Column("position", BigInteger, nullable=False)


hosts = Table(
    "hosts",
    metadata,
    _id(),
    Column("name", String(100), nullable=False, unique=True),
    Column("epoch", Integer, nullable=False, default=0),
    Column("seen_at", UtcDateTime),
)

projects = Table(
    "projects",
    metadata,
    _id(),
    _ref("host_id", "hosts.id"),
    Column("name", String(200), nullable=False),
    Column("path", Text, nullable=False),
    Column("default_branch", String(250), nullable=False),
    Column("trusted", Boolean, nullable=False, default=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("host_id", "path"),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    _position(),
    _ref("project_id", "projects.id"),
    _ref("host_id", "hosts.id"),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("agent_status", String(20), nullable=False),
    Column("activity", Text),
    Column("status_source", String(50)),
    Column("status_since", UtcDateTime),
    Column("agent", String(100), nullable=False),
    Column("session_backend", String(100), nullable=False),
    Column("vcs_backend", String(100), nullable=False),
    Column("permission_profile", String(100), nullable=False),
    Column("allowed_tools", JSON, nullable=False),
    Column("run_mode", String(20), nullable=False),
    Column("branch", String(250)),
    Column("worktree", Text),
    Column("base", String(64)),
    Column("result", Text),
    Column("error", Text),
    Column("conflict", Text),
    Column("added_lines", Integer),
    Column("removed_lines", Integer),
    Column("changed_files", Integer),
    Column("agent_session_id", String(100)),
    Column("current_run_id", String(36)),
    Column("generation", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_usd", Float),
    Column("budget_usd", Float),
    Column("waits", String(20)),
    Column("waiting_for", Text),
    Column("wait_until", UtcDateTime),
    Column("start_order", BigInteger),
    Index("ix_tasks_status_position", "status", "position"),
    Index("ix_tasks_project_id_position", "project_id", "position"),
    UniqueConstraint("position"),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _position(),
    _ref("task_id", "tasks.id"),
    _ref("host_id", "hosts.id"),
    Column("mode", String(20), nullable=False),
    Column("prompt", Text),
    Column("agent_session_id", String(100)),
    Column("profile", JSON),  # the permissions it was started with
    Column("after_plan", JSON),  # how it went on after a plan, and the profile it had then
    Column("resumed_from", String(36)),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("evidence", JSON, nullable=False),  # what the status is derived from, see chorus.model.status
    Column("transcript", Text),
    Column("pid", Integer),
    Column("pid_start", BigInteger),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end", String(20)),
    Column("end_detail", Text),
    Column("exit_code", Integer),
    Column("signal", String(20)),
    Column("stop_wanted", String(100)),  # who asked to end it, so that the end can be explained
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cache_read_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("cost_usd", Float),
    Index("ix_runs_task_id_position", "task_id", "position"),
    Index("ix_runs_ended_at", "ended_at"),
)

#: What each answer of a model took, counted once by the answer's id, also in a conversation that goes on.
usages = Table(
    "usages",
    metadata,
    Column("task_id", String(36), ForeignKey("tasks.id"), primary_key=True),
    Column("message_id", String(200), primary_key=True),
    _ref("run_id", "runs.id"),
    Column("model", String(200)),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cache_read_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float),
    Index("ix_usages_run_id", "run_id"),
)

#: Up to which byte the transcripts of a task's conversations have been read.
transcripts = Table(
    "transcripts",
    metadata,
    Column("task_id", String(36), ForeignKey("tasks.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("offset", BigInteger, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _position(),
    _ref("task_id", "tasks.id"),
    Column("run_id", String(36)),
    Column("text", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("author", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("accepted_at", UtcDateTime),
    Column("error", Text),
    Index("ix_messages_task_id_position", "task_id", "position"),
)

permission_requests = Table(
    "permission_requests",
    metadata,
    _id(),
    _position(),
    _ref("task_id", "tasks.id"),
    _ref("run_id", "runs.id"),
    Column("agent_ref", String(100)),  # the subagent that asked
    Column("use_id", String(100)),
    Column("source_id", String(200)),  # of the report that asked: an agent that asks again is the same one
    Column("tool_name", String(200), nullable=False),
    Column("tool_input", JSON, nullable=False),
    # What the status source told of the use: see ToolUse.to_json.
    Column("tool_use", JSON, nullable=False, server_default="{}"),
    Column("suggestions", JSON, nullable=False),
    Column("summary", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("scope", String(20)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(100)),
    Column("message", Text),
    Column("interrupt", Boolean, nullable=False, default=False),
    Column("answers", JSON),  # to the questions of the agent
    Column("after_plan", String(20)),  # how the agent goes on with the plan that was approved
    Index("ix_permission_requests_state", "state"),
    Index("ix_permission_requests_task_id_position", "task_id", "position"),
)

permission_rules = Table(
    "permission_rules",
    metadata,
    _id(),
    _position(),
    _ref("project_id", "projects.id"),
    _ref("task_id", "tasks.id", nullable=True),
    Column("agent_session_id", String(100)),  # of a rule that is for one conversation
    Column("scope", String(20), nullable=False),
    Column("tool_name", String(200), nullable=False),
    Column("pattern", Text),
    Column("tool_input", JSON),  # of a rule for this very input and no other
    Column("subject", Text),  # what that input is about
    Column("decision", String(20), nullable=False),
    Column("author", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_permission_rules_project_id_position", "project_id", "position"),
)

commits = Table(
    "commits",
    metadata,
    _position(),
    _ref("task_id", "tasks.id"),
    Column("key", String(200), primary_key=True),  # the reason to commit: counted once
    Column("sha", String(64)),
    Column("message", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("files", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_commits_task_id_position", "task_id", "position"),
)

document_references = Table(
    "document_references",
    metadata,
    _id(),
    _position(),
    _ref("task_id", "tasks.id"),
    Column("path", Text, nullable=False),
    Column("heading", Text),
    Column("start_line", Integer),
    Column("end_line", Integer),
    Column("note", Text),
    Column("stale", Boolean, nullable=False, default=False),
    Column("problem", Text),  # why it is stale
    Column("anchor", JSON, nullable=False),
    Column("was", JSON, nullable=False),  # what it stood for when it was last found
    Column("seen", JSON, nullable=False),  # what the agent was last told of it, and in which conversation
    Column("removed", Boolean, nullable=False, default=False),  # until the agent has been told
    Index("ix_document_references_task_id_position", "task_id", "position"),
)

#: What was put before the prompts and messages of runs, counted once by its key.
given_contexts = Table(
    "given_contexts",
    metadata,
    Column("key", String(200), primary_key=True),
    _position(),
    _ref("task_id", "tasks.id"),
    _ref("run_id", "runs.id"),
    Column("message_id", String(36)),
    Column("documents", JSON, nullable=False),
    Column("left_out", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_given_contexts_run_id_position", "run_id", "position"),
)

#: What the host agent has been asked to do: intent first, then look, effect and result.
commands = Table(
    "commands",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _ref("host_id", "hosts.id"),
    _ref("task_id", "tasks.id"),
    Column("run_id", String(36)),
    Column("kind", String(30), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("actor", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("ix_commands_host_id_state_seq", "host_id", "state", "seq"),
)

#: Answers already given, by the client's own id: a repeated mutation returns what the first one did.
idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", String(100), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("action", String(50), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("result_id", String(36), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

#: Raw reports that were counted; `source_id` is unique in its run.
reports = Table(
    "reports",
    metadata,
    _ref("run_id", "runs.id"),
    Column("source_id", String(200), nullable=False),
    UniqueConstraint("run_id", "source_id"),
)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(100), nullable=False),
    Column("task_id", String(36)),
    Column("source", String(100), nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_events_task_id_seq", "task_id", "seq"),
)

#: One row: the last position of the event log, and up to where it has been pruned.
event_counter = Table(
    "event_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("pruned", BigInteger, nullable=False, default=0),
)
