"""Remembered rules over the public API: left by answers, added by people, applied, changed, on record."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import Api, ApiError, Server, git, running
from tests.support.scripted import AGENT, Scripted, pending

pytestmark = pytest.mark.timeout(240)

RULE = "id scope decision toolName pattern toolInput summary author project { id } task { id }"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        with running(home, AGENT) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def rules(api: Api, **where: Any) -> list[dict[str, Any]]:
    document = f"""query($projectId: ID, $taskId: ID) {{
      permissionRules(projectId: $projectId, taskId: $taskId) {{ {RULE} }} }}"""
    found: list[dict[str, Any]] = (await api.call(document, **where))["permissionRules"]
    return found


async def add(api: Api, **fields: Any) -> dict[str, Any]:
    document = f"mutation($input: PermissionRuleInput!) {{ addPermissionRule(input: $input) {{ {RULE} }} }}"
    found: dict[str, Any] = (await api.call(document, input=fields))["addPermissionRule"]
    return found


async def change(api: Api, id: str, **fields: Any) -> dict[str, Any]:
    document = f"""mutation($id: ID!, $input: UpdatePermissionRuleInput!) {{
      updatePermissionRule(id: $id, input: $input) {{ {RULE} }} }}"""
    found: dict[str, Any] = (await api.call(document, id=id, input=fields))["updatePermissionRule"]
    return found


async def remove(api: Api, id: str) -> str:
    document = "mutation($id: ID!) { removePermissionRule(id: $id) }"
    return str((await api.call(document, id=id))["removePermissionRule"])


async def test_an_answer_for_the_project_is_remembered(api: Api, server: Server, project: str) -> None:
    one = await Scripted.start(api, server.home, project)
    two = await Scripted.start(api, server.home, project)
    asking = asyncio.ensure_future(one.runs("make"))
    request = (await pending(api, one.task))[0]
    await api.respond(request["id"], "ALLOW", scope="PROJECT")
    assert (await asking)["behavior"] == "allow"

    # Nobody is asked again, in no task, and before its use the tool is allowed at once.
    assert (await two.runs("make"))["behavior"] == "allow"
    assert await two.uses("Bash", command="make") == "allow"
    assert await two.uses("Bash", command="make install") is None
    decided = (await api.task(two.task))["permissionRequests"][0]
    assert (decided["state"], decided["decidedBy"]) == ("ALLOWED", "rule of token")

    listed = await rules(api, projectId=project)
    assert [(rule["scope"], rule["toolName"], rule["pattern"]) for rule in listed] == [
        ("PROJECT", "Bash", "make")
    ]
    await remove(api, listed[0]["id"])
    asking = asyncio.ensure_future(two.runs("make"))
    await pending(api, two.task)
    assert await two.uses("Bash", command="make") is None
    asking.cancel()

    kinds = [event["kind"] for event in await api.events() if event["data"].get("projectId") == project]
    assert [kind for kind in kinds if "rule" in kind] == ["permission.rule_added", "permission.rule_removed"]
    enforced = [event for event in await api.events(task=two.task) if event["kind"] == "permission.enforced"]
    assert [(one["data"]["by"], one["data"]["decision"]) for one in enforced] == [("rule of token", "ALLOW")]


async def test_a_rule_of_a_task_is_for_its_files_wherever_its_folder_is(
    api: Api, server: Server, project: str, tmp_path: Path
) -> None:
    one = await Scripted.start(api, server.home, project)
    worktree = (await api.task(one.task))["worktree"]
    edit = {"file_path": f"{worktree}/src/app.py", "old_string": "a", "new_string": "b"}
    asking = asyncio.ensure_future(one.asks("Edit", edit))
    request = (await pending(api, one.task))[0]
    assert request["summary"] == "Edit src/app.py"
    assert (await api.task(one.task))["activity"] == "Needs approval: Edit src/app.py"
    printed = await asyncio.to_thread(server.cli, "permissions", "show", request["id"][:12])
    assert printed.stdout.endswith(f"{worktree}/src/app.py\n-a\n+b\n"), printed.stderr
    patterns = (await api.task(one.task, "permissionRequests { patterns }"))["permissionRequests"][0]
    assert patterns["patterns"] == ["Edit(./src/**)", "Edit(**)"]
    document = """mutation($id: ID!, $pattern: String!) {
      respondToPermission(id: $id, decision: ALLOW, scope: TASK, pattern: $pattern) { state } }"""
    with pytest.raises(ApiError) as refused:
        await api.call(document, id=request["id"], pattern="Edit(docs/**)")
    assert refused.value.code == "BAD_INPUT"
    assert (await pending(api, one.task))[0]["id"] == request["id"]
    await api.call(document, id=request["id"], pattern="Edit(./src/**)")
    assert (await asking)["behavior"] == "allow"
    assert await one.uses("Write", file_path=f"{worktree}/src/other.py", content="x") == "allow"
    assert await one.uses("Write", file_path=f"{worktree}/other.py", content="x") is None
    other = await Scripted.start(api, server.home, project)
    assert await other.uses("Write", file_path=f"{worktree}/src/other.py", content="x") is None
    # Nothing was written into the repository or the task's folder.
    assert git(tmp_path / "repo", "status", "--porcelain") == ""
    assert not (Path(worktree) / ".claude").exists()


async def test_a_rule_for_the_conversation_ends_with_it(api: Api, server: Server, project: str) -> None:
    one = await Scripted.start(api, server.home, project)
    await one.report("SessionStart", source="startup")
    asking = asyncio.ensure_future(one.runs("make"))
    request = (await pending(api, one.task))[0]
    await api.respond(request["id"], "ALLOW", scope="SESSION")
    assert (await asking)["behavior"] == "allow"
    assert await one.uses("Bash", command="make") == "allow"
    await one.report("SessionStart", source="clear", session_id="another")
    assert await one.uses("Bash", command="make") is None
    await one.report("SessionStart", source="resume")
    assert await one.uses("Bash", command="make") == "allow"


async def test_a_new_rule_decides_what_is_already_asked(api: Api, server: Server, project: str) -> None:
    one = await Scripted.start(api, server.home, project)
    commands = ("npm run a", "npm run b", "npm test", "rm -rf x")
    asking = {command: asyncio.ensure_future(one.runs(command)) for command in commands}
    await pending(api, one.task, 4)
    await add(api, scope="TASK", taskId=one.task, toolName="Bash(npm run:*)")
    await add(api, scope="PROJECT", projectId=project, toolName="Bash", pattern="rm:*", decision="DENY")
    assert [(await asking[one])["behavior"] for one in ("npm run a", "npm run b")] == ["allow", "allow"]
    denied = await asking["rm -rf x"]
    assert denied["behavior"] == "deny"
    assert "Bash(rm:*)" in denied["message"]
    left = await pending(api, one.task)
    assert left[0]["summary"] == "npm test"
    await api.respond(left[0]["id"], "DENY", message="later")


async def test_rules_are_changed_and_checked(api: Api, server: Server, project: str) -> None:
    one = await Scripted.start(api, server.home, project)
    rule = await add(api, scope="TASK", taskId=one.task, toolName="Bash", pattern="make")
    assert await add(api, scope="TASK", taskId=one.task, toolName="Bash(make)") == rule
    assert (rule["summary"], rule["author"], rule["task"]["id"]) == ("Bash(make)", "token", one.task)
    denied = await change(api, rule["id"], decision="DENY")
    assert (denied["decision"], denied["pattern"]) == ("DENY", "make")
    assert await one.uses("Bash", command="make") == "deny"
    wide = await change(api, rule["id"], decision="ALLOW", pattern=None)
    assert (wide["pattern"], wide["summary"]) == (None, "Every use of Bash")
    assert await one.uses("Bash", command="anything") == "allow"
    changed = [event for event in await api.events() if event["kind"] == "permission.rule_changed"]
    assert changed[-1]["data"]["before"] == {"decision": "DENY", "summary": "Bash(make)"}
    wrong: list[dict[str, Any]] = [
        {"scope": "ONCE", "toolName": "Bash"},
        {"scope": "TASK", "toolName": "Bash"},
        {"scope": "PROJECT", "projectId": project, "taskId": one.task, "toolName": "Bash"},
        {"scope": "PROJECT", "projectId": project, "toolName": "not a tool"},
        {"scope": "PROJECT", "projectId": project, "toolName": "Bash", "pattern": "a\nb"},
        {"scope": "PROJECT", "projectId": project, "toolName": "AskUserQuestion"},
    ]
    for fields in wrong:
        with pytest.raises(ApiError) as refused:
            await add(api, **fields)
        assert refused.value.code == "BAD_INPUT", fields
    for attempt in (change(api, "no-such", decision="DENY"), remove(api, "no-such")):
        with pytest.raises(ApiError) as missing:
            await attempt
        assert missing.value.code == "NOT_FOUND"


async def test_the_command_line(api: Api, server: Server, project: str) -> None:
    one = await Scripted.start(api, server.home, project)
    added = await asyncio.to_thread(
        server.cli, "permissions", "rules", "add", "Bash(ls:*)", "--task", one.task
    )
    assert "Bash(ls:*)" in added.stdout, added.stderr
    denied = await asyncio.to_thread(
        server.cli, "permissions", "rules", "add", "WebFetch", "--deny", "--project", project, "--json"
    )
    assert json.loads(denied.stdout)["decision"] == "DENY"
    assert await one.uses("Bash", command="ls -l") == "allow"
    assert await one.uses("WebFetch", url="https://x.example") == "deny"
    listed = await asyncio.to_thread(server.cli, "permissions", "rules", "list", "--task", one.task, "--json")
    ids = [rule["id"] for rule in json.loads(listed.stdout)]
    assert len(ids) == 2
    shown = await asyncio.to_thread(server.cli, "permissions", "rules")
    assert "Every use of WebFetch" in shown.stdout
    gone = await asyncio.to_thread(server.cli, "permissions", "rules", "remove", *ids)
    assert gone.returncode == 0, gone.stderr
    assert await rules(api, taskId=one.task) == []
    assert (await asyncio.to_thread(server.cli, "permissions", "rules", "remove", "nope")).returncode == 1


async def test_many_are_answered_at_once(api: Api, server: Server, project: str) -> None:
    agents = [await Scripted.start(api, server.home, project) for _ in range(3)]
    asking = [asyncio.ensure_future(one.runs(f"make {number}")) for number, one in enumerate(agents)]
    ids = [(await pending(api, one.task))[0]["id"] for one in agents]
    await api.respond(ids[1], "DENY", message="not this")
    document = """mutation($ids: [ID!]!) { respondToPermissions(ids: $ids, decision: ALLOW) {
      id code message request { state decidedBy } } }"""
    outcomes = (await api.call(document, ids=[*ids, ids[0], "no-such"]))["respondToPermissions"]
    assert [one["id"] for one in outcomes] == [*ids, "no-such"]
    assert [one["code"] for one in outcomes] == [None, "CONFLICT", None, "NOT_FOUND"]
    assert [(await one)["behavior"] for one in asking] == ["allow", "deny", "allow"]
    with pytest.raises(ApiError) as refused:
        await api.call(document, ids=[])
    assert refused.value.code == "BAD_INPUT"

    asking = [asyncio.ensure_future(one.runs(f"again {number}")) for number, one in enumerate(agents)]
    more = [(await pending(api, one.task))[0]["id"][:12] for one in agents]
    answered = await asyncio.to_thread(server.cli, "permissions", "allow", *more)
    assert answered.returncode == 0, answered.stderr
    assert [(await one)["behavior"] for one in asking] == ["allow", "allow", "allow"]


async def test_what_does_not_fit_a_request_is_refused_and_leaves_it_open(
    api: Api, server: Server, project: str
) -> None:
    one = await Scripted.start(api, server.home, project)
    asking = asyncio.ensure_future(one.runs("make"))
    unreadable = asyncio.ensure_future(one.asks("AskUserQuestion", {"questions": [{"text": "?"}]}))
    requests = {each["toolName"]: each["id"] for each in await pending(api, one.task, 2)}
    document = """mutation($id: ID!, $decision: PermissionDecision!, $answers: JSON, $pattern: String) {
      respondToPermission(id: $id, decision: $decision, answers: $answers, pattern: $pattern) { state } }"""
    wrong: list[dict[str, Any]] = [
        {"id": requests["Bash"], "decision": "ALLOW", "answers": {"Which?": "A"}},
        {"id": requests["Bash"], "decision": "ALLOW", "pattern": "Bash(make:*)"},
        {"id": requests["AskUserQuestion"], "decision": "ALLOW"},
        {"id": requests["AskUserQuestion"], "decision": "DENY", "answers": {"?": "A"}},
    ]
    for variables in wrong:
        with pytest.raises(ApiError) as refused:
            await api.call(document, **variables)
        assert refused.value.code == "BAD_INPUT", variables
    assert len(await pending(api, one.task, 2)) == 2
    await api.respond(requests["Bash"], "ALLOW")
    await api.respond(requests["AskUserQuestion"], "DENY", message="ask in words")
    assert (await asking)["behavior"] == "allow"
    assert await unreadable == {"behavior": "deny", "message": "ask in words"}
