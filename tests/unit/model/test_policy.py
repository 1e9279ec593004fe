"""What is decided without a person: profiles, their change on a running agent, and remembered rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from chorus_hooks.tools import use as claude

from chorus.backends import PermissionProfile
from chorus.model import AfterPlan, PermissionDecision, PermissionRule, PermissionScope, ToolDecision, ToolUse
from chorus.model.patterns import Pattern, allowing
from chorus.model.policy import Permissions, Policy
from chorus.model.rules import offers, remembering
from chorus.services.permissions.profiles import permissions
from chorus.settings import BUILT_IN_PROFILES

ALLOW, DENY = PermissionDecision.ALLOW, PermissionDecision.DENY


def built_in(name: str, *allowed: str) -> Permissions:
    one = BUILT_IN_PROFILES[name]
    return permissions(PermissionProfile(name, one.mode, one.allow, one.deny), allowed)


def policy(now: str, started: str | None = None, *rules: PermissionRule) -> Policy:
    return Policy(built_in(now), built_in(started) if started else None, rules, "/work", "Edit")


def rule(text: str, decision: PermissionDecision = ALLOW, given: Any = None) -> PermissionRule:
    pattern = Pattern.parse(text)
    return PermissionRule(
        id=text,
        scope=PermissionScope.PROJECT,
        project_id="p",
        task_id=None,
        agent_session_id=None,
        decision=decision,
        tool_name=pattern.tool,
        pattern=pattern.content,
        tool_input=given,
        author="ada",
        created_at=datetime.now(UTC),
    )


def before(of: Policy, tool: str, **given: Any) -> str | None:
    ruling = of.before_use(claude(tool, given))
    return ruling.decision.value if ruling else None


def asked(of: Policy, tool: str, **given: Any) -> str | None:
    ruling = of.when_asked(claude(tool, given))
    return ruling.decision.value if ruling else None


EDIT = {"file_path": "/work/a.py"}
RUN = {"command": "make"}


@pytest.mark.parametrize(
    ("name", "edit", "command", "git"),
    [
        ("default", None, None, None),
        ("read_only", "DENY", "DENY", "DENY"),
        ("safe_edit", "ALLOW", None, None),
        ("full_dev", "ALLOW", "ALLOW", "ALLOW"),
        ("git_only", "DENY", None, "ALLOW"),
    ],
)
def test_profiles_of_agents_that_apply_none(name: str, edit: str, command: str, git: str) -> None:
    of = policy(name)
    assert asked(of, "Edit", **EDIT) == edit
    assert asked(of, "Bash", **RUN) == command
    assert asked(of, "Bash", command="git log") == git


def test_an_agent_that_applies_its_profile_is_asked_about_only_where_it_asks() -> None:
    of = policy("full_dev", "full_dev")
    assert before(of, "Bash", **RUN) is None
    # It knows that commands are allowed and asks all the same: a person decides.
    assert asked(of, "Bash", **RUN) is None
    assert before(policy("read_only", "read_only"), "Bash", **RUN) == "DENY"


def test_a_narrower_profile_takes_effect_at_the_next_use() -> None:
    assert before(policy("read_only", "full_dev"), "Edit", **EDIT) == "DENY"
    assert before(policy("default", "full_dev"), "Bash", **RUN) == "ASK"
    assert before(policy("default", "safe_edit"), "Edit", **EDIT) == "ASK"
    assert before(policy("default", "safe_edit"), "Bash", command="touch x") == "ASK"
    assert before(policy("default", "safe_edit"), "Bash", **RUN) is None
    assert before(policy("default", "safe_edit"), "Read", file_path="/work/a") is None


def test_a_wider_profile_takes_effect_at_the_next_use() -> None:
    assert before(policy("safe_edit", "default"), "Edit", **EDIT) == "ALLOW"
    assert before(policy("safe_edit", "default"), "Edit", file_path="/etc/passwd") is None
    assert before(policy("full_dev", "default"), "Bash", **RUN) == "ALLOW"
    assert asked(policy("full_dev", "default"), "Bash", **RUN) == "ALLOW"


def test_what_needs_a_restart_is_said() -> None:
    assert policy("full_dev", "default").restart_reason() is None
    assert policy("full_dev", "full_dev").restart_reason() is None
    reason = policy("full_dev", "read_only").restart_reason()
    assert reason
    assert "the tools that edit, the tools that run" in reason
    plan = Permissions("plan", "plan")
    reason = Policy(built_in("default"), plan).restart_reason()
    assert reason
    assert "plan" in reason


def test_a_mode_that_does_not_ask_refuses_the_rest() -> None:
    strict = Permissions("strict", "dontAsk", (Pattern.parse("Bash(git:*)"),))
    of = Policy(strict, built_in("default"), (), "/work")
    assert asked(of, "Bash", command="git log") == "ALLOW"
    assert asked(of, "Bash", **RUN) == "DENY"
    assert asked(of, "AskUserQuestion", questions=[]) is None


def test_rules_decide_and_a_refusal_wins() -> None:
    of = policy("default", "default", rule("Bash(make:*)"), rule("Bash(make clean)", DENY))
    assert before(of, "Bash", **RUN) == "ALLOW"
    assert before(of, "Bash", command="make clean") == "DENY"
    assert asked(of, "Bash", command="make && make clean") == "DENY"
    assert before(of, "Bash", command="npm test") is None
    ruling = of.before_use(claude("Bash", RUN))
    assert ruling
    assert (ruling.decision, ruling.by, ruling.rule_id) == (ToolDecision.ALLOW, "rule of ada", "Bash(make:*)")


def test_a_profile_that_refuses_wins_over_a_rule_that_allows() -> None:
    assert before(policy("read_only", "read_only", rule("Bash")), "Bash", **RUN) == "DENY"


def test_no_rule_answers_a_question() -> None:
    of = policy("full_dev", None, rule("AskUserQuestion"), rule("ExitPlanMode", DENY))
    assert asked(of, "AskUserQuestion", questions=[{"question": "?"}]) is None
    assert asked(of, "ExitPlanMode", plan="x") is None


ASK, ACCEPT = AfterPlan


@pytest.mark.parametrize(
    ("profile", "choices"),
    [
        (Permissions("planning", "plan"), [ASK, ACCEPT]),
        (built_in("default"), [ASK, ACCEPT]),
        (built_in("safe_edit"), [ACCEPT, ASK]),
        (Permissions("docs", "plan", allow=(Pattern("Edit", "docs/**"),)), [ASK, ACCEPT]),
        (built_in("read_only"), []),  # every edit is refused, whatever is chosen
        (built_in("full_dev"), []),  # every edit is allowed
        (Permissions("strict", "dontAsk"), []),
        (Permissions("free", "bypassPermissions"), []),
    ],
)
def test_a_profile_says_how_an_agent_may_go_on_after_its_plan(
    profile: Permissions, choices: list[AfterPlan]
) -> None:
    assert list(Policy(profile, profile, (), "/work").after_plan()) == choices


def test_a_rule_about_all_edits_leaves_no_choice_after_a_plan() -> None:
    for decision in (ALLOW, DENY):
        assert not policy("default", "default", rule("Edit(**)", decision)).after_plan()


def test_what_was_chosen_after_a_plan_holds_until_the_profile_is_changed() -> None:
    planning = Permissions("planning", "plan", deny=(Pattern("Edit", "secret/**"),))
    on = planning.going_on(ACCEPT)
    same = Policy(on, on, (), "/work")
    assert before(same, "Edit", **EDIT) is None, "the agent is in that mode and makes it"
    assert before(same, "Edit", file_path="/work/secret/key") == "DENY"
    assert same.restart_reason() is None
    changed = Policy(built_in("default"), on, (), "/work")
    assert before(changed, "Edit", **EDIT) == "ASK"
    assert before(Policy(built_in("read_only"), on, (), "/work"), "Edit", **EDIT) == "DENY"
    asking = built_in("safe_edit").going_on(ASK)
    assert asked(Policy(asking, None, (), "/work"), "Edit", **EDIT) is None
    assert asked(Policy(on, None, (), "/work"), "Edit", **EDIT) == "ALLOW"


@pytest.mark.parametrize(
    ("use", "tool", "pattern", "exact"),
    [
        (claude("Bash", {"command": "npm test", "description": "d"}), "Bash", "npm test", None),
        (claude("Bash", {"command": "rm *"}), "Bash", None, {"command": "rm *"}),
        (claude("Write", {"file_path": "/work/a/b.py", "content": "x"}), "Edit", "./a/b.py", None),
        (claude("Edit", {"file_path": "/else/b.py"}), "Edit", "//else/b.py", None),
        (claude("Edit", {"file_path": "/work/[a]"}), "Edit", None, {"file_path": "/work/[a]"}),
        (claude("mcp__db__query", {"sql": "x"}), "mcp__db__query", None, {"sql": "x"}),
    ],
)
def test_an_answer_is_remembered_for_this_very_request(
    use: ToolUse, tool: str, pattern: str | None, exact: Any
) -> None:
    use = use.at("/work")
    found = remembering(use)
    assert (found.tool_name, found.pattern, found.tool_input) == (tool, pattern, exact)
    if exact is None:
        assert allowing([Pattern(tool, pattern)], use)
    wider = rule("Bash", given=None)
    assert wider.summary == "Every use of Bash"


def test_wider_rules_are_offered_and_cover_the_request() -> None:
    use = claude("Bash", {"command": "npm run build"}).at("/work")
    found = offers(use, ["Bash(npm run *)", "Read", "no pattern"])
    assert found == ["Bash(npm run *)", "Bash(npm run:*)", "Bash(npm:*)"]
    assert offers(claude("Bash", {"command": "rm -rf x"}).at("/work"), []) == []
    assert offers(claude("Edit", {"file_path": "/work/a/b"}).at("/work"), []) == ["Edit(./a/**)", "Edit(**)"]
    assert offers(claude("ExitPlanMode", {"plan": "x"}).at("/work"), []) == []
