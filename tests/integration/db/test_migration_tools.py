"""Requests and rules of the time when only the names of tools were on record."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command

from chorus.bus.memory import MemoryBus
from chorus.db import migrate, permission_rules, permissions
from chorus.db.database import Database
from chorus.db.engine import create_engine, writing
from chorus.model import Option, Question, ToolKind
from chorus.model.rules import offers

QUESTION = {
    "question": "Which?",
    "header": "Colour",
    "options": [{"label": "Red", "description": "warm"}],
}
SUGGESTIONS = [
    {"type": "addRules", "behavior": "allow", "rules": [{"toolName": "Bash", "ruleContent": "make *"}]},
    {"type": "setMode", "mode": "acceptEdits"},
]
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "run": ("Bash", {"command": "make test", "description": "Test"}),
    "edit": ("Write", {"file_path": "/work/a.py", "content": "x"}),
    "ask": ("AskUserQuestion", {"questions": [QUESTION]}),
    "plan": ("ExitPlanMode", {"plan": "# Do it"}),
    "other": ("mcp__db__query", {"sql": "x"}),
}


def old_database(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with writing(engine) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    request = """INSERT INTO permission_requests
        (id, position, task_id, run_id, tool_name, tool_input, suggestions, summary, state, created_at,
         interrupt)
        VALUES (?, 1, 't', 'r', ?, ?, ?, 's', 'PENDING', '2026-01-01', 0)"""
    rule = """INSERT INTO permission_rules
        (id, position, project_id, scope, tool_name, tool_input, decision, author, created_at)
        VALUES ('exact', 1, 'p', 'PROJECT', 'Bash', ?, 'ALLOW', 'ada', '2026-01-01')"""
    with closing(sqlite3.connect(path)) as file, file:
        for id, (name, given) in REQUESTS.items():
            file.execute(request, (id, name, json.dumps(given), json.dumps(SUGGESTIONS)))
        file.execute(rule, (json.dumps({"command": "rm *"}),))


async def test_open_requests_can_be_decided_after_an_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "chorus.db"
    old_database(path)
    database = Database(create_engine(f"sqlite:///{path}"), MemoryBus())
    migrate.upgrade(database.engine)
    found = {id: await database.read(permissions.get, id) for id in REQUESTS}
    [rule] = await database.read(permission_rules.search, None, None)
    await database.close()

    tools = {id: request.tool for id, request in found.items()}
    assert {id: (tool.name, tool.input) for id, tool in tools.items()} == REQUESTS
    assert tools["run"].command == "make test"
    assert tools["run"].identity == {"command": "make test"}
    assert (tools["edit"].kind, tools["edit"].files, tools["edit"].family) == (
        ToolKind.EDIT,
        ("/work/a.py",),
        "Edit",
    )
    assert tools["ask"].questions == (Question("Which?", "Colour", (Option("Red", "warm"),)),)
    assert (tools["plan"].kind, tools["plan"].plan) == (ToolKind.PLAN, "# Do it")
    assert (tools["other"].kind, tools["other"].files, tools["other"].aliases) == (
        ToolKind.OTHER,
        None,
        ("mcp__db",),
    )
    assert offers(tools["run"], found["run"].suggestions)[0] == "Bash(make *)"
    assert rule.summary == "Bash: exactly rm *"
