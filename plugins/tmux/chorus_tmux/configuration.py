"""The configuration file of Chorus's tmux servers. What people have in ~/.tmux.conf does not reach them."""

from __future__ import annotations

import os
from pathlib import Path

# Left out on purpose:
# - `window-size manual` for all windows: tmux 3.3a crashes at the next window. Each window gets it when made.
# - `focus-events`: tmux would type its own bytes into the program when somebody comes or goes.
# - `default-terminal`: tmux picks the best one whose description is installed.
_TEXT = r"""
# Written by Chorus for its own tmux servers; changes are overwritten.
set -s  exit-empty on            # a server ends with its session
set -s  escape-time 10           # milliseconds: Escape interrupts agents and must not hang
set -g  default-shell /bin/sh
set -g  update-environment ""    # the environment of who attaches stays outside
set -g  destroy-unattached off
set -g  detach-on-destroy on
set -g  history-limit {history}
set -g  mouse on
set -g  set-titles off
set -wg remain-on-exit on        # what the program left on the screen stays readable
set -wgq remain-on-exit-format " This run has ended\
#{{?pane_dead_status, with status #{{pane_dead_status}},}}\
#{{?pane_dead_signal, by signal #{{pane_dead_signal}},}}.  C-b d leaves."
set -wg automatic-rename off
set -wg allow-rename off
set -wgq allow-passthrough off   # unknown before tmux 3.3
set -g  status on
set -g  status-interval 0        # no timer: an idle session costs nothing
set -g  status-style "bg=colour236,fg=colour250"
set -g  status-left-length 60
set -g  status-left " chorus   C-b d leaves, the agent goes on   "
set -g  status-right ""
"""


def write(path: Path, history: int) -> None:
    """Have the file say this; a server that starts meanwhile reads all or nothing."""
    text = _TEXT.lstrip().format(history=history)
    try:
        if path.read_text() == text:
            return
    except FileNotFoundError:
        pass
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(text)
    part.chmod(0o600)
    part.replace(path)
