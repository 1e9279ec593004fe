"""Redaction for logs: of secrets, and of characters that forge lines or drive a terminal."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

_HIDDEN = "[redacted]"

#: Forms of well-known secrets, from their makers' documentation, and the places where others travel.
_SECRETS = re.compile(
    r"""
    (?P<keep>
        authorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+ |
        (?:set-)?cookie["']?\s*[:=]\s*["']? |
        [?&#;](?:access_token|api_key|apikey|code|key|password|secret|sig|signature|token)= |
        (?:api[_-]?key|auth_token|hook_token|password|passwd|secret|access_token)["']?\s*[:=]\s*["']? |
        ["'](?:token|code|secret|key)["']\s*:\s*["'] |
        \bbearer\s+ |
        /login\# |
        [a-z][a-z0-9+.-]*://[^\s/:@]*:(?=[^\s/@]*@)
    )(?P<value>[^\s"'&,;@]+)
    | sk-ant-[\w-]{8,} | \bsk-[\w-]{20,}
    | \bgh[pousr]_\w{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
    | \bxox[abprs]-[\w-]{10,} | \bAKIA[0-9A-Z]{16}\b | \bAIza[\w-]{30,}
    | \beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|$)
    """,
    re.IGNORECASE | re.VERBOSE,
)

#: C0 and C1 controls, line and paragraph separators, and marks that turn the direction of text around.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def redact(text: str, known: Iterable[str] = ()) -> str:
    """The text without secrets: those of a known form or place, and the values in `known`."""
    for value in known:
        text = text.replace(value, _HIDDEN)
    return _SECRETS.sub(lambda match: (match["keep"] or "") + _HIDDEN, text)


def one_line(text: str) -> str:
    """The text with every control character written out, so that it stays on its line."""
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class RedactingFilter(logging.Filter):
    """For the handlers of the root logger: what they write is redacted and on one line.

    A traceback keeps its lines, each behind a bar, so that none can pass for an entry of its own.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__()
        self._known = [value for value in known if value]
        self._formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._clean(_message(record))
        record.args = None
        if record.exc_info:
            record.exc_text = self._lines(self._formatter.formatException(record.exc_info))
            record.exc_info = None
        if record.stack_info:
            record.stack_info = self._lines(record.stack_info)
        return True

    def _clean(self, text: str) -> str:
        return one_line(redact(text, self._known))

    def _lines(self, text: str) -> str:
        lines = redact(text, self._known).split("\n")
        return "\n".join("  | " + one_line(line) for line in lines)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit their message
        return f"{record.msg!s} {record.args!r}"


def install(known: Iterable[str] = (), root: logging.Logger | None = None) -> None:
    """Put the filter on every handler of the root logger, in place of one put there before."""
    wanted = RedactingFilter(known)
    for handler in (root or logging.getLogger()).handlers:
        for present in [one for one in handler.filters if isinstance(one, RedactingFilter)]:
            handler.removeFilter(present)
        handler.addFilter(wanted)
