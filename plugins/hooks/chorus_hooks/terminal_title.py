"""What Claude Code shows in the title of its terminal: a sign, a space, and the name of the conversation.

`✳` when it rests, and when it waits for an answer or a background command. While it works, `⠂` and `⠐` in
turn (2.1.197) or `◐` and `◑` (2.1.329). Right after its start, and where it was told to leave titles alone,
it is another one: tmux 3.3a takes what 2.1.329 asks its terminal for a title, until the next is set.
"""

from __future__ import annotations

from chorus.model import AgentStatus
from chorus_hooks import dialogs

_SIGNS = {"✳": AgentStatus.IDLE, **dict.fromkeys("⠂⠐◐◑", AgentStatus.THINKING)}


def status(title: str, screen: str) -> AgentStatus | None:
    """What a title and the screen below it say together; None when nothing. Without an input box there is a
    question, or something else that a person looks at.
    """
    sign, space, _name = title.partition(" ")
    return _SIGNS.get(sign) if space and dialogs.takes_input(screen) else None
