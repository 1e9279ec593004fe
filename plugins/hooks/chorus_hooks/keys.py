"""Text as the keys that make Claude Code's input box submit it as one prompt.

Measured with 2.1.197 and 2.1.329. What is sent arrives exactly but for what the box itself cannot hold:

* control characters are dropped, tabs are four spaces when typed, spaces at the end are trimmed;
* invisible characters (zero-width space, byte order mark, direction marks) are dropped: 2.1.329 removes
  them itself and then waits for somebody to review the text. Joiners stay where a script or emoji needs them;
* `Text: ` is put in front of what would be run as a command of the CLI (`/name`, `exit`, `:q`), and a space
  in front of `!`, which would run a shell command unasked. Prompts are never commands: who
  wants `/compact` types it in the terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from chorus.backends import Keys
from chorus.errors import BadInput

#: Characters given at once: above some 800 characters in one read 2.1.329 takes them for a paste and wraps
#: them. A busy CLI reads several pieces at once, so each ends with a key that does nothing there: text on
#: both sides of a key is never joined. With it 6 KB and Enter arrived exactly in a single write.
PIECE = 300
END = b"\x1b[F"

#: Seconds before the first piece. Right after a prompt was submitted 2.1.197 may not have cleared its input
#: box yet, and what is typed then is appended; a key and a moment prevent that.
PAUSE_FIRST = 0.2

#: Seconds between pieces, so that they do not fill the terminal's buffer (4 KB), and before Enter.
PAUSE = 0.03
PAUSE_BEFORE_ENTER = 0.1

ENTER = Keys(b"\r")
ESCAPE = Keys(b"\x1b")

#: What the CLI takes for a command of its own, also when the prompt is an argument. `/usr/bin/foo` is text.
_COMMAND = re.compile(r"\s*(/[\w:-]*(\s|$)|(exit|quit|:q!?|:wq!?)\s*$)")

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

#: Format characters that are seen: signs of Arabic, Syriac, Kaithi numbers, Egyptian quadrats.
_VISIBLE_FORMAT = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]"
)
_JOINERS = "\u200c\u200d"
_TAGS = re.compile("[\U000e0020-\U000e007f]")  # of flags such as that of Wales


def clean(text: str) -> str:
    """The text as a prompt that Claude Code takes as it is, typed or as an argument.

    Raises BadInput when nothing is left to say.
    """
    lines = _LINE_END.sub("\n", text)
    kept = "".join(char for at, char in enumerate(lines) if _stays(char, lines[at - 1] if at else ""))
    if not kept.strip():
        raise BadInput("The message is empty.", field="text")
    return f"Text: {kept.lstrip()}" if _COMMAND.match(kept) else kept


def typing(text: str) -> Sequence[Keys]:
    """The keys for a text that `clean` has returned.

    A space at the end hides a backslash from Enter, and closes the list of files that `@` opens.
    """
    line = text.rstrip().replace("\t", "    ") + " "
    if line.startswith("!") or line == "? ":
        line = f" {line}"
    *pieces, last = (Keys(piece.encode() + END, PAUSE) for piece in _pieces(line))
    return [Keys(END, PAUSE_FIRST), *pieces, Keys(last.data, PAUSE_BEFORE_ENTER), ENTER]


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]


def _stays(char: str, before: str) -> bool:
    category = unicodedata.category(char)
    if char in "\n\t":
        return True
    if category in ("Cc", "Cs"):
        return False
    if char in _JOINERS:
        # Between emoji, or in scripts that are written with them; never in plain Latin text.
        return bool(before) and unicodedata.category(before) in ("So", "Sk", "Lo", "Mn", "Mc")
    return category != "Cf" or bool(_VISIBLE_FORMAT.match(char) or _TAGS.match(char))
