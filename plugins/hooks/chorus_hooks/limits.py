"""When a usage limit resets, as Claude Code says it in words.

No report has the time as a field. The words have changed with its versions: a number after a bar
("usage limit reached|1730000000"), a time with a zone ("resets 3pm (Europe/Berlin)", "resets Nov 24 at
3:30 pm"), a duration ("try again in 2 hours 5 minutes"). What is not understood is None: somebody else
decides then.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Characters that are searched.
LONGEST = 2000

_EPOCH = re.compile(r"\|\s*(\d{10})(?:\d{3})?\b")
_DURATION = re.compile(
    r"\b(?:resets?|again|retry|available)\b\D{0,20}?\b(?:in|after)\s+"
    r"((?:\d+\s*(?:d|h|m|s)[a-z]*[\s,]*(?:and\s+)?)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+)\s*([dhms])", re.IGNORECASE)
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = re.compile(
    r"\bresets?\s+(?:at\s+|on\s+)?"
    rf"(?:(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?\s+(?P<day>\d{{1,2}}),?\s+(?:at\s+)?)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?:\s*(?P<half>am\b|pm\b))?"
    r"(?:\s*\((?P<zone>[A-Za-z0-9_+\-/]+)\)|\s+(?P<utc>UTC|GMT)\b)?",
    re.IGNORECASE,
)


def resets_at(words: str | None, now: datetime) -> datetime | None:
    """The moment at which the limit resets; `now` is aware, its zone counts where the words name none."""
    text = (words or "")[:LONGEST]
    epoch = _EPOCH.search(text)
    if epoch:
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    clock = _CLOCK.search(text)
    if clock and (clock["minute"] or clock["half"]):
        return _of_clock(clock, now)
    duration = _DURATION.search(text)
    return now + _length(duration[1]) if duration else None


def reset_of(error: str, words: str | None) -> float | None:
    """When the usage limit resets that an error speaks of, in seconds since the epoch; None for others."""
    found = resets_at(words, datetime.now().astimezone()) if error == "rate_limit" else None
    return found.timestamp() if found else None


def _length(text: str) -> timedelta:
    parts = _PART.findall(text)
    return timedelta(seconds=sum(int(count[:6]) * _SECONDS[unit.lower()] for count, unit in parts))


def _of_clock(clock: re.Match[str], now: datetime) -> datetime | None:
    """The next time at which a clock in that zone shows this."""
    here = now.astimezone(UTC if clock["utc"] else _zone(clock["zone"], now))
    hour, minute = int(clock["hour"]), int(clock["minute"] or 0)
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower() == "pm" else 0)
    try:
        found = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if clock["month"] is None:
            return found if found > here else found + timedelta(days=1)
        month = _MONTHS.index(clock["month"].lower()) + 1
        found = found.replace(month=month, day=int(clock["day"]))
        return found if found > here - timedelta(days=1) else found.replace(year=found.year + 1)
    except ValueError:
        return None  # no clock shows this


def _zone(name: str | None, now: datetime) -> tzinfo | None:
    if name is None:
        return now.tzinfo
    if name.upper() in ("UTC", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return now.tzinfo
