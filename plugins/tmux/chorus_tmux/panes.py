"""What tmux says of a task's terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chorus_tmux import processes

#: Marks that Chorus leaves: on the session, and on the pane a run was started in.
TASK, RUN, LOG, TYPED = "@chorus_task", "@chorus_run", "@chorus_log", "@chorus_typed"

#: The title comes last: it is text of a stranger, of any length. Without control characters, which newer
#: versions replace.
FORMAT = (
    f"#{{{TASK}}} #{{{RUN}}} #{{pane_id}} #{{pane_dead}} #{{pane_pid}} #{{pid}} "
    "#{pane_width} #{pane_height} #{pane_pipe} #{=250:pane_title}"
)


@dataclass(frozen=True, slots=True)
class Pane:
    """A pane. `run_id` is empty for those that people opened themselves; `piped`: its output is kept."""

    task_id: str
    run_id: str
    id: str
    dead: bool
    pid: int
    server_pid: int
    cols: int
    rows: int
    piped: bool
    title: str

    @property
    def alive(self) -> bool:
        """Whether the program runs. Its terminal may be held open by what it left in the background."""
        return not self.dead and processes.runs(self.pid)


def parse(text: str) -> Pane:
    task, run, pane, dead, pid, server, cols, rows, piped, title = text.split(" ", 9)
    return Pane(
        task, run, pane, dead == "1", int(pid or 0), int(server), int(cols), int(rows), piped == "1", title
    )


def agents_pane(lines: Iterable[str]) -> Pane | None:
    """The newest pane that a run was started in, or else any; None when there is no pane at all."""
    panes = [parse(line) for line in lines if line]
    return max(panes, key=lambda pane: (bool(pane.run_id), int(pane.id[1:])), default=None)
