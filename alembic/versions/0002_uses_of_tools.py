"""What a use of a tool does is on record, in words that are no agent's

Revision: 0002
Follows: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Until now all requests came from Claude Code, or from agents that speak as it does.
_EDIT = {"Edit": "file_path", "MultiEdit": "file_path", "Write": "file_path", "NotebookEdit": "notebook_path"}
_READ = {"Read": "file_path", "NotebookRead": "notebook_path", "LS": "path"}
_SEARCH = {"Grep": "path", "Glob": "path"}
_KINDS = {
    **dict.fromkeys(_EDIT, "EDIT"),
    **dict.fromkeys(_READ, "READ"),
    **dict.fromkeys(_SEARCH, "SEARCH"),
    "Bash": "RUN",
    "WebFetch": "FETCH",
    "WebSearch": "FETCH",
    "AskUserQuestion": "QUESTION",
    "ExitPlanMode": "PLAN",
}
_PATHS = {**_EDIT, **_READ, **_SEARCH}
_SUBJECTS = (
    "command",
    "subagent_type",
    "skill",
    "url",
    "query",
    "file_path",
    "notebook_path",
    "path",
    "pattern",
)

_requests = sa.table(
    "permission_requests",
    sa.column("id", sa.String()),
    sa.column("tool_name", sa.String()),
    sa.column("tool_input", sa.JSON()),
    sa.column("tool_use", sa.JSON()),
    sa.column("suggestions", sa.JSON()),
)
_rules = sa.table(
    "permission_rules",
    sa.column("id", sa.String()),
    sa.column("tool_input", sa.JSON()),
    sa.column("subject", sa.Text()),
)


def upgrade() -> None:
    told = sa.Column("tool_use", sa.JSON(), nullable=False, server_default="{}")
    op.add_column("permission_requests", told)
    op.add_column("permission_rules", sa.Column("subject", sa.Text(), nullable=True))
    connection = op.get_bind()
    columns = (_requests.c.id, _requests.c.tool_name, _requests.c.tool_input, _requests.c.suggestions)
    for id, name, given, suggestions in connection.execute(sa.select(*columns)).all():
        values = {"tool_use": _use(name, given), "suggestions": _patterns(suggestions)}
        connection.execute(sa.update(_requests).where(_requests.c.id == id).values(**values))
    for id, given in connection.execute(sa.select(_rules.c.id, _rules.c.tool_input)).all():
        if isinstance(given, dict):
            connection.execute(sa.update(_rules).where(_rules.c.id == id).values(subject=_subject(given)))


def _use(name: str, given: dict[str, Any]) -> dict[str, Any]:
    kind, path = _KINDS.get(name, "OTHER"), given.get(_PATHS.get(name, ""))
    files = [path] if path else {"SEARCH": ["."], "FETCH": []}.get(kind)
    same = {field: value for field, value in given.items() if field != "description"}
    return {
        "kind": kind,
        "subject": _subject(given),
        "files": files,
        "aliases": _aliases(name, kind),
        "identity": {"file_path": path} if kind == "EDIT" and path else same,
        "questions": _questions(given) if kind == "QUESTION" else [],
        "plan": given.get("plan") or None if kind == "PLAN" else None,
        "change": None,
    }


def _subject(given: dict[str, Any]) -> str | None:
    texts = (given.get(name) for name in _SUBJECTS)
    return next((text for text in texts if isinstance(text, str) and text), None)


def _aliases(name: str, kind: str) -> list[str]:
    family = {"EDIT": "Edit", "READ": "Read", "SEARCH": "Read"}.get(kind)
    server = name.split("__")
    if server[0] == "mcp" and len(server) > 2:
        return [f"mcp__{server[1]}"]
    return [family] if family and family != name else []


def _questions(given: dict[str, Any]) -> list[dict[str, Any]]:
    asked = given.get("questions")
    return [
        {
            "text": one["question"],
            "header": one.get("header"),
            "options": [
                {"label": option["label"], "description": option.get("description")}
                for option in one.get("options") or []
                if isinstance(option, dict) and isinstance(option.get("label"), str)
            ],
            "several": one.get("multiSelect") is True,
        }
        for one in (asked if isinstance(asked, list) else [])
        if isinstance(one, dict) and isinstance(one.get("question"), str)
    ]


def _patterns(suggestions: list[dict[str, Any]]) -> list[str]:
    return [
        rule["toolName"] if rule.get("ruleContent") is None else f"{rule['toolName']}({rule['ruleContent']})"
        for one in suggestions
        if one.get("type") == "addRules" and one.get("behavior") == "allow"
        for rule in one.get("rules") or []
        if isinstance(rule.get("toolName"), str)
    ]


def downgrade() -> None:
    raise NotImplementedError("Chorus only migrates forward: restore the backup instead")
