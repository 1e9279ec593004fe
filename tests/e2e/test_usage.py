"""What a task takes, with the real Claude Code: each answer counted once, and held to a budget."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import bash, claude_scene, script
from tests.support.endpoint.stream import OUTPUT_TOKENS, USAGE
from tests.support.faults import until
from tests.support.live import ApiError

pytestmark = pytest.mark.timeout(300)

#: Tokens of one answer of the endpoint.
INPUT = sum(USAGE.values())

#: A model whose price is known, and one whose is not.
PRICED = 'model = "claude-sonnet-4-5"'
PRICE = (100 * 3 + 20 * 3.75 + 1000 * 0.3 + OUTPUT_TOKENS * 15) / 1_000_000


def answers(task: dict[str, Any]) -> float:
    """How many answers have been counted."""
    return float((task["inputTokens"] or 0) / INPUT)


@pytest.mark.parametrize("version", CLAUDES)
async def test_every_answer_counts_once_also_after_a_resume(home: Path, version: str) -> None:
    async with claude_scene(home, version, PRICED) as on:
        prompt = script(bash("echo one"), {"thinking": "hm", "text": "Done."})
        task = await on.api.create("Count", description=prompt, permissionProfile="full_dev")
        await on.api.start(task)
        counted = await on.api.until(task, lambda one: answers(one) == 2)
        assert counted["outputTokens"] == 2 * OUTPUT_TOKENS
        assert counted["costUsd"] == pytest.approx(2 * PRICE)
        assert counted["runs"][0]["cacheReadTokens"] == 2000
        await on.api.until(task, lambda one: one["agentStatus"] == "IDLE")

        record = json.loads(
            (on.server.state_dir / "runs" / counted["runs"][0]["id"] / "agent.json").read_text()
        )
        os.kill(int(record["pid"]), signal.SIGKILL)
        await on.api.until(task, lambda one: one["runs"][0]["end"] is not None)
        await on.api.send(task, script({"text": "Again."}))
        resumed = await on.api.until(task, lambda one: len(one["runs"]) == 2 and answers(one) == 3)
        assert [run["inputTokens"] for run in resumed["runs"]] == [2 * INPUT, INPUT]

        # A restart of the server reads nothing twice.
        await on.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        await on.kill()
        await on.restart()
        await on.api.send(task, script({"text": "And again."}))
        again = await on.api.until(task, lambda one: answers(one) == 4)
        assert again["costUsd"] == pytest.approx(4 * PRICE)
        project = (await on.api.call("{ projects { inputTokens outputTokens costUsd } }"))["projects"][0]
        assert project["costUsd"] == pytest.approx(4 * PRICE)
        told = [one for one in await on.api.events(task=task) if one["kind"] == "run.usage"]
        assert told[-1]["data"]["task"]["inputTokens"] == 4 * INPUT


async def test_a_model_without_a_price_has_tokens_only(home: Path) -> None:
    async with claude_scene(home, "2.1.197", 'model = "somebody-elses-model"') as on:
        task = await on.api.create("Count", description=script({"text": "Done."}))
        await on.api.start(task)
        counted = await on.api.until(task, lambda one: answers(one) == 1)
        assert counted["costUsd"] is None
        told = [one for one in await on.api.events(task=task) if one["kind"] == "run.usage"]
        assert told[-1]["data"]["unpriced"] == ["somebody-elses-model"]


@pytest.mark.parametrize("version", CLAUDES)
async def test_a_budget_stops_before_the_next_prompt(home: Path, version: str) -> None:
    async with claude_scene(home, version, PRICED) as on:
        prompt = script(bash("echo one"), {"text": "Done."})
        task = await on.api.create(
            "Save", description=prompt, permissionProfile="full_dev", budgetUsd=1.5 * PRICE
        )
        await on.api.start(task)
        # Said while the turn is on: it is given when the turn is over, if there is money then.
        await on.api.send(task, script({"text": "Never said."}))
        spent = await on.api.until(task, lambda one: answers(one) == 2 and one["agentStatus"] == "IDLE")
        assert spent["messages"][1]["state"] == "QUEUED"
        with pytest.raises(ApiError, match="budget"):
            await on.api.act("restartAgent", task, prompt="Go on")

        update = (
            "mutation($id: ID!, $usd: Float) { updateTask(id: $id, input: {budgetUsd: $usd}) { budgetUsd } }"
        )
        await on.api.call(update, id=task, usd=10.0)
        went_on = await on.api.until(task, lambda one: one["activity"] == "Never said.")
        assert went_on["messages"][1]["state"] == "ACCEPTED"
        with pytest.raises(ApiError, match="more than 0"):
            await on.api.call(update, id=task, usd=-1.0)
        assert (await on.api.call(update, id=task, usd=None))["updateTask"]["budgetUsd"] is None


@pytest.mark.parametrize("version", CLAUDES)
async def test_what_subagents_take_counts_and_is_what_the_cli_says(home: Path, version: str) -> None:
    """Their answers are in transcripts of their own; in the newer version they go on after the turn."""
    async with claude_scene(home, version) as on:
        part = script(bash("echo part"), {"text": "Part done."}, say="Do a part. ")
        use = {"description": "a part", "prompt": part, "subagent_type": "general-purpose"}
        prompt = script({"tool": "Agent", "input": use}, {"text": "Done."})
        task = await on.api.create(
            "Split", description=prompt, permissionProfile="full_dev", runMode="HEADLESS"
        )
        await on.api.start(task)
        turns = 1 if version == "2.1.197" else 2
        run = (await on.api.until(task, lambda one: one["runs"]))["runs"][0]["id"]
        output = on.server.state_dir / "runs" / run / "output.jsonl"

        def costs() -> list[float]:
            lines = [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []
            return [line["total_cost_usd"] for line in lines if line["type"] == "result"]

        await until(lambda: len(costs()) >= turns)
        counted = await on.api.until(task, lambda one: one["costUsd"] == pytest.approx(costs()[-1]))
        assert answers(counted) >= 4
