"""Questions on Claude Code's screen that it does not report, or did not get through to Chorus.

Known from the screens of 2.1.197 and 2.1.329. While a question is open there is no input box: that tells a
real dialog from a conversation in which the same words are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chorus.backends import Dialog

_RULE = "─" * 10

#: What is looked for in the lines of the question, and what it is. The first that matches counts.
_KNOWN: Sequence[tuple[str, str, str]] = (
    (
        r"trust this folder|Quick safety check",
        "trust",
        "Claude Code asks whether it may work in this repository. Answer in the terminal; it asks once for "
        "a repository, not for every task.",
    ),
    (
        r"Let's get started|Choose the text style",
        "first-run",
        "Claude Code runs for the first time here. Go through its first steps in the terminal.",
    ),
    (
        r"Detected a custom API key",
        "api-key",
        "Claude Code asks whether it may use the API key of its environment. Answer in the terminal.",
    ),
    (
        r"Select login method|Paste code here|Browser didn't open",
        "login",
        "Claude Code wants you to log in. Do so in the terminal.",
    ),
    (
        r"Unable to connect to Anthropic services|Failed to connect to api\.anthropic\.com",
        "offline",
        "Claude Code cannot reach Anthropic's services, and does not start the first time without them. "
        "Check the network and proxy settings, then start the agent again.",
    ),
    (
        r"Enter to stay in auto mode",
        "auto-mode",
        "Auto mode's safety check cannot be reached. Decide in the terminal, or give the task another "
        "permission profile.",
    ),
    (
        r"Do you want to |Would you like to proceed|Exit plan mode\?|This command requires approval",
        "permission",
        "Claude Code asks for permission in its terminal. Answer there.",
    ),
    (
        r"Enter to select|Chat about this|Type something\.",
        "question",
        "Claude Code asks a question in its terminal. Answer there.",
    ),
    (
        r"(?m)^\s*❯ \d+\. ",
        "choice",
        "Claude Code wants you to choose in its terminal.",
    ),
    (
        r"Esc to (cancel|close|exit|go back)|Enter to confirm",
        "menu",
        "A menu of Claude Code is open in its terminal. Escape closes it.",
    ),
)

#: No hook tells of it, and it may take minutes.
_RETRYING = re.compile(r"Retrying in \S.{0,20}?[·,] attempt (\d+)/(\d+)", re.IGNORECASE)

#: Lines at the bottom of the screen in which it is said.
_BOTTOM = 10

_LOGGED_OUT = re.compile(r"Not logged in · (Please run|Run) /login")


def find(screen: str) -> Dialog | None:
    """The question that is open on this screen; None when the input box is there, or nothing is known."""
    lines = [line.rstrip() for line in screen.splitlines()]
    box = _input_box(lines)
    if box is not None:
        return _logged_out(lines, box)
    text = "\n".join(lines)
    for pattern, kind, advice in _KNOWN:
        if re.search(pattern, text):
            return Dialog(kind, advice)
    return None


def retrying(screen: str) -> str | None:
    """What the screen says of a request that failed and is tried again."""
    # It is just above the input box; further up the conversation may speak of such things.
    lines = [line for line in screen.splitlines() if line.strip()][-_BOTTOM:]
    found = _RETRYING.search("\n".join(lines))
    return f"Retrying a request that failed, attempt {found[1]} of {found[2]}" if found else None


def takes_input(screen: str) -> bool:
    """Whether the input box is there: then no question is open."""
    return _input_box([line.rstrip() for line in screen.splitlines()]) is not None


def _input_box(lines: Sequence[str]) -> int | None:
    """The line at which the input box begins: a rule, the prompt sign, and another rule below."""
    rules = [at for at, line in enumerate(lines) if line.startswith(_RULE)]
    for above, below in zip(reversed(rules[:-1]), reversed(rules[1:]), strict=True):
        if below - above > 1 and lines[above + 1][:1] in ("❯", "!"):
            return above
    return None


def _logged_out(lines: Sequence[str], box: int) -> Dialog | None:
    """Said below the box, or as the last answer above it."""
    above = [line for line in lines[:box] if line.startswith("  ⎿")]
    if any(_LOGGED_OUT.search(line) for line in (*lines[box:], *above[-1:])):
        return Dialog("login", "Claude Code is not logged in. Run /login in its terminal.")
    return None
