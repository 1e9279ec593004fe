"""Permissions in the browser: by keyboard, many at once, remembered, and looked after."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.support.agent_hooks import AgentHooks
from tests.support.browser import Site, shell

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


def ask(agent: AgentHooks, command: str) -> asyncio.Task[object]:
    """A request for a command, which is answered when the answer comes."""
    given = {"command": command, "description": f"To try {command}"}
    return asyncio.create_task(agent.report("PermissionRequest", tool_name="Bash", tool_input=given))


async def test_an_answer_is_remembered_and_looked_after(site: Site) -> None:
    task, agent = await shell(site, "Remember")
    page = await site.open("/inbox")
    first = ask(agent, "git log --oneline")
    request = page.get_by_role("article", name="Permission")
    await request.get_by_role("button", name="More…").click()
    await page.get_by_role("menuitem", name=re.compile("Answer and remember")).click()
    dialog = page.get_by_role("dialog", name="Answer and remember")
    await dialog.get_by_label("What").select_option("A pattern of my own…")
    await dialog.get_by_label("Pattern").fill("Bash(git log:*)")
    await dialog.get_by_label("For").select_option("The whole project")
    await dialog.get_by_role("button", name="Allow and remember").click()
    assert "allow" in str(await first)
    assert "allow" in str(await ask(agent, "git log -1")), "the rule answers for the person"

    await page.goto(f"{site.api.url}/system?view=permissions")
    rules = page.get_by_role("list", name="Rules").get_by_role("listitem")
    await expect(rules).to_have_count(1)
    await expect(rules).to_contain_text("Bash(git log:*)")
    await rules.get_by_role("button", name="Edit").click()
    await page.get_by_role("dialog").get_by_label("Answer").select_option("Deny")
    await page.get_by_role("button", name="Save").click()
    await expect(rules).to_contain_text("deny")
    assert "deny" in str(await ask(agent, "git log -2"))

    await rules.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("None yet.")).to_be_visible()
    await page.get_by_role("button", name="Add a rule").click()
    await page.get_by_role("dialog").get_by_label("Pattern").fill("Read")
    await page.get_by_role("button", name="Add the rule").click()
    await expect(rules).to_contain_text("Read")

    await page.get_by_role("link", name="Audit log").click()
    await page.get_by_label("What", exact=True).select_option("Permissions")
    events = page.get_by_role("list", name="Events")
    for kind in ("rule_added", "rule_changed", "rule_removed"):
        await expect(events).to_contain_text(f"permission.{kind}")


async def test_what_cannot_be_answered_with_the_others_is_said(site: Site) -> None:
    _, agent = await shell(site, "Many")
    page = await site.open("/inbox")
    asked = [ask(agent, "make one"), ask(agent, "make two")]
    given = {"questions": [{"question": "Which?", "options": [{"label": "This"}, {"label": "That"}]}]}
    question = asyncio.create_task(
        agent.report("PermissionRequest", tool_name="AskUserQuestion", tool_input=given)
    )
    requests = page.get_by_role("article", name="Permission")
    await expect(requests).to_have_count(3)
    await requests.first.get_by_role("checkbox", name="Select").check()
    await page.get_by_role("button", name="Select all").click()
    await page.get_by_role("button", name="Allow all once").click()
    await expect(page.get_by_text("2 requests allowed.")).to_be_visible()
    await expect(requests).to_have_count(1)
    for each in asked:
        assert "allow" in str(await each)
    await expect(page.get_by_role("alert")).to_contain_text(re.compile("answer", re.IGNORECASE))
    await requests.get_by_role("radio", name="That").check()
    await requests.get_by_role("button", name="Answer", exact=True).click()
    assert "That" in str(await question)


async def test_profiles_are_shown_with_what_is_in_them(site: Site) -> None:
    page = await site.open("/system?view=permissions")
    profiles = page.get_by_role("region", name="Profiles").get_by_role("listitem")
    names = (await site.api.call("{ permissionProfiles { name } }"))["permissionProfiles"]
    await expect(profiles).to_have_count(len(names))
    await expect(profiles.filter(has_text="read_only")).to_contain_text("mode")


async def test_a_plan_is_approved_with_a_say_in_how_the_agent_goes_on(site: Site) -> None:
    task, agent = await shell(site, "Plan")

    def plan(**given: str) -> asyncio.Task[object]:
        return asyncio.create_task(
            agent.report("PermissionRequest", tool_name="ExitPlanMode", tool_input=given)
        )

    page = await site.open("/inbox")
    request = page.get_by_role("article", name="Permission")
    first = plan(plan="# The plan\n\n1. Think\n2. **Act**\n")
    await expect(request.get_by_role("heading", name="The plan")).to_be_visible()
    await expect(request.get_by_role("button", name="Approve, ask for each edit")).to_be_visible()
    await page.keyboard.press("a")  # as the first button
    assert "'mode': 'default'" in str(await first)

    second = plan(plan="Just do it")
    await expect(request).to_contain_text("Just do it")
    await request.get_by_role("button", name="Approve and accept edits").click()
    assert "'mode': 'acceptEdits'" in str(await second)

    third = plan()
    await expect(request).to_contain_text("has written no plan")
    await request.get_by_role("button", name="Send back…").click()
    await request.get_by_label("What should be different?").fill("Plan first")
    await page.keyboard.press("Enter")
    assert "Plan first" in str(await third)
    found = await site.api.task(task, "permissionRequests { afterPlan }")
    chosen = [one["afterPlan"] for one in found["permissionRequests"]]
    assert chosen == ["ASK_FOR_EDITS", "ACCEPT_EDITS", None]
