"""When a usage limit resets, from the words of several versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from chorus_hooks import ClaudeHooks
from chorus_hooks.limits import resets_at

from chorus.model import TurnFailed

#: Saturday, 12:00 in a zone two hours east of Greenwich.
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=2)))


def utc(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("Claude AI usage limit reached|1795600000", datetime.fromtimestamp(1795600000, UTC)),
        ("Claude AI usage limit reached|1795600000000", datetime.fromtimestamp(1795600000, UTC)),
        ("5-hour limit reached ∙ resets 3pm", utc(21, 13)),
        ("You've hit your limit · resets 3pm (Europe/Berlin)", utc(21, 14)),
        ("You've hit your session limit · resets 3:30 PM (UTC)", utc(21, 15, 30)),
        ("limit reached, resets at 14:00", utc(21, 12)),
        ("limit reached, resets at 14:00 UTC", utc(21, 14)),
        ("resets 12am (UTC)", utc(22, 0)),
        ("resets 12pm (UTC)", utc(21, 12)),
        ("resets 9am", utc(22, 7)),
        ("Weekly limit reached · resets Nov 24 at 3:30 pm (UTC)", utc(24, 15, 30)),
        ("Weekly limit reached · resets Nov 24, 3pm (America/New_York)", utc(24, 20)),
        ("resets on January 2 at 10:00 (UTC)", utc(2, 10, month=1, year=2027)),
        ("resets 3pm (Nowhere/City)", utc(21, 13)),
        ("API Error: Request rejected (429) · try again in 2 hours 5 minutes", utc(21, 12, 5)),
        ("resets in 45m", utc(21, 10, 45)),
        ("Please retry after 30 seconds.", utc(21, 10, 0, 30)),
        ("API Error: Request rejected (429) · scripted rate_limit_error", None),
        ("resets soon", None),
        ("resets 3", None),
        ("resets 25:00", None),
        ("resets Feb 31 at 10:00", None),
        ("the setting resets in the next version", None),
        ("", None),
        (None, None),
    ],
)
def test_resets_at(words: str | None, moment: datetime | None) -> None:
    assert resets_at(words, NOW) == moment


def test_only_a_usage_limit_resets() -> None:
    for error, known in (("rate_limit", True), ("server_error", False)):
        report = {
            "hook_event_name": "StopFailure",
            "error": error,
            "last_assistant_message": "limit reached|1795600000",
        }
        [failed] = ClaudeHooks().interpret(report)
        assert isinstance(failed, TurnFailed)
        assert failed.resets_at == (1795600000 if known else None)
