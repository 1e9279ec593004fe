"""Checks of doctor: one line for each thing that works, does not, or could be better."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """OK works; WARNING works without it; FAILED needs somebody to do something."""

    OK = "OK"
    WARNING = "WARNING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Check:
    """`advice` says what to do about it, when there is something to do."""

    name: str
    state: CheckState
    detail: str
    advice: str | None = None
