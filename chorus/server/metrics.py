"""`GET /metrics` in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).

Numbers come from callables that are asked when somebody looks, so nothing is counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. Labels hold names and kinds, never text of a user."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    kind: str
    help: str
    read: Callable[[], Iterable[Sample]]


class Counter:
    """A number that only grows, by label values."""

    def __init__(self, *labels: str) -> None:
        self._labels = labels
        self._values: dict[tuple[str, ...], float] = {}

    def add(self, *values: str, amount: float = 1) -> None:
        if len(values) != len(self._labels):
            raise ValueError(f"this counter has the labels {self._labels}")
        self._values[values] = self._values.get(values, 0) + amount

    def read(self) -> list[Sample]:
        if not self._labels and not self._values:
            return [Sample(0)]
        return [
            Sample(value, dict(zip(self._labels, values, strict=True)))
            for values, value in sorted(self._values.items())
        ]


class Metrics:
    """The registry, and the answer to `GET /metrics`."""

    def __init__(self) -> None:
        self._metrics: dict[str, _Metric] = {}

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        counter = Counter(*labels)
        self._add(_Metric(name, "counter", text, counter.read))
        return counter

    def gauge(self, name: str, text: str, read: Callable[[], float | Iterable[Sample]]) -> None:
        """A number that goes up and down; `read` is called for every answer and must be quick."""

        def samples() -> Iterable[Sample]:
            found = read()
            return [Sample(found)] if isinstance(found, int | float) else found

        self._add(_Metric(name, "gauge", text, samples))

    def _add(self, metric: _Metric) -> None:
        if not _NAME.fullmatch(metric.name) or metric.name in self._metrics:
            raise ValueError(f"not a new metric name: {metric.name}")
        self._metrics[metric.name] = metric

    def text(self) -> str:
        lines: list[str] = []
        for metric in self._metrics.values():
            lines += (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}")
            lines += (f"{metric.name}{_labels(s.labels)} {s.value:.12g}" for s in metric.read())
        return "\n".join(lines) + "\n"

    async def answer(self, _: Request) -> Response:
        return Response(self.text(), headers={"content-type": _CONTENT_TYPE})


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
