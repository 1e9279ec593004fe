"""Usage: each answer of a model counts once, in the run it was first seen in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chorus.model import UsageSeen
from tests.support.services import Core, services

MOST = 2**31 - 1


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        yield core


def used(message_id: str, output: int, *, model: str = "m", cost: float | None = 0.5) -> UsageSeen:
    """Return an answer that took 10 tokens of input, 1 and 2 of the cache, and so many of output."""
    return UsageSeen(message_id, 10, output, cost, 1, 2, model)


async def told(core: Core) -> list[dict[str, Any]]:
    return [dict(event.data) for event in await core.events("run.usage")]


async def test_answers_are_added_up_for_the_run_the_task_and_the_project(core: Core) -> None:
    task, other = await core.running(), await core.running()
    await core.told(task.id, used("a", 5), used("b", 7))
    await core.told(other.id, used("a", 100))
    run, shown = await core.run(task.id), await core.task(task.id)
    assert (run.input_tokens, run.output_tokens, run.cost_usd) == (20, 12, 1.0)
    assert (run.cache_read_tokens, run.cache_write_tokens) == (2, 4)
    assert (shown.input_tokens, shown.output_tokens, shown.cost_usd) == (20, 12, 1.0)
    project = await core.services.projects.usage(core.project.id)
    assert (project.input_tokens, project.output_tokens, project.cost_usd) == (30, 112, 1.5)
    assert (await told(core))[1] == {
        "runId": run.id,
        "inputTokens": 20,
        "outputTokens": 12,
        "cacheReadTokens": 2,
        "cacheWriteTokens": 4,
        "costUsd": 1.0,
        "task": {"inputTokens": 20, "outputTokens": 12, "costUsd": 1.0},
        "unpriced": [],
    }


async def test_an_answer_counts_once_and_grows_while_it_is_written(core: Core) -> None:
    task = await core.running()
    for output in (5, 5, 9, 3):
        await core.told(task.id, used("a", output))
    assert (await core.run(task.id)).output_tokens == 9
    assert [event["outputTokens"] for event in await told(core)] == [5, 9], "told when it has changed"


async def test_an_answer_belongs_to_the_run_it_was_first_seen_in(core: Core) -> None:
    task = await core.running()
    await core.told(task.id, used("a", 5))
    first = await core.run(task.id)
    await core.ended(task.id)
    await core.services.agents.restart(task.id, actor="ada", prompt="go on")
    await core.told(task.id, used("a", 5), used("b", 1))
    second = await core.run(task.id)
    assert second.id != first.id
    assert (second.output_tokens, (await core.task(task.id)).output_tokens) == (1, 6)


async def test_a_model_without_a_price_has_tokens_only(core: Core) -> None:
    task = await core.running()
    await core.told(task.id, used("a", 5, model="new", cost=None))
    run = await core.run(task.id)
    assert (run.output_tokens, run.cost_usd) == (5, None)
    await core.told(task.id, used("b", 1))
    run = await core.run(task.id)
    assert (run.output_tokens, run.cost_usd) == (6, 0.5)
    assert [event["unpriced"] for event in await told(core)] == [["new"], ["new"]]


async def test_a_sum_is_never_larger_than_the_numbers_of_the_api(core: Core) -> None:
    task = await core.running()
    await core.told(task.id, used("a", MOST), used("b", MOST))
    assert (await core.task(task.id)).output_tokens == MOST
