"""Prometheus' text format."""

from __future__ import annotations

import httpx
import pytest

from chorus.server.metrics import Metrics, Sample
from tests.support.site import Ready


def test_the_text() -> None:
    metrics = Metrics()
    hooks = metrics.counter("chorus_hooks_total", "Reports taken in", "event")
    metrics.counter("chorus_starts_total", "Starts")
    metrics.gauge("chorus_queue", "Waiting", lambda: 3)
    metrics.gauge("chorus_tasks", "Tasks", lambda: [Sample(2, {"status": 'a"b\\c\nd'}), Sample(0.5)])
    hooks.add("Stop")
    hooks.add("Stop", amount=2)
    hooks.add("Edit")
    assert metrics.text() == (
        "# HELP chorus_hooks_total Reports taken in\n"
        "# TYPE chorus_hooks_total counter\n"
        'chorus_hooks_total{event="Edit"} 1\n'
        'chorus_hooks_total{event="Stop"} 3\n'
        "# HELP chorus_starts_total Starts\n"
        "# TYPE chorus_starts_total counter\n"
        "chorus_starts_total 0\n"
        "# HELP chorus_queue Waiting\n"
        "# TYPE chorus_queue gauge\n"
        "chorus_queue 3\n"
        "# HELP chorus_tasks Tasks\n"
        "# TYPE chorus_tasks gauge\n"
        'chorus_tasks{status="a\\"b\\\\c\\nd"} 2\n'
        "chorus_tasks 0.5\n"
    )


@pytest.mark.parametrize("name", ["", "a b", "1a", "a-b", "twice"])
def test_names_are_valid_and_unique(name: str) -> None:
    metrics = Metrics()
    metrics.gauge("twice", "", lambda: 1)
    with pytest.raises(ValueError, match="metric name"):
        metrics.gauge(name, "", lambda: 1)


def test_a_counter_wants_its_labels() -> None:
    with pytest.raises(ValueError, match="labels"):
        Metrics().counter("chorus_hooks_total", "Reports", "event").add()


async def test_the_answer(ready: Ready, client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics", headers=ready.bearer)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "chorus_sockets 0\n" in answer.text
    assert ready.site.token not in answer.text
