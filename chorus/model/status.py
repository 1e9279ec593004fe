"""Status of an agent, derived from everything that is known about it.

A report of the agent (a hook) is necessary and not sufficient: pressing Escape, answering a dialog in
the terminal or a turn that dies send none. So the status is computed, each time anew, from the evidence
below, and says which of it decided. Pure: the same evidence always gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chorus.model.enums import AgentStatus, RunEnd
from chorus.model.signals import Counts

#: Seconds the agent's own file, or the title of its terminal, must have been as it is before it counts: a
#: hook of the same moment may still be on its way. Whoever observes them waits this long.
FILE_SETTLES = 1.5

#: Seconds after which no report of a moment is on its way any more.
REPORT_SECONDS = 10.0

#: Seconds after which an agent that has asked, and works by the title of its terminal, was answered there: a
#: look at a terminal that takes longer has failed.
ANSWERED_SECONDS = 20.0

#: Uses of tools that are remembered of a run, of those under way and of those that are over.
USES = 20

#: Characters of an activity text.
ACTIVITY_CHARS = 200


@dataclass(frozen=True, slots=True)
class StatusReading:
    """One source's word on the status. `at` is in seconds since the epoch.

    `free` says that the agent takes a prompt although it is busy: it only waits for what runs in its
    background, and that may never end.
    """

    status: AgentStatus
    activity: str | None
    source: str
    at: float
    free: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about a run.

    `reported` is what status sources made of the agent's reports, `file` what its own state file says,
    `dialog` advice about a question on the screen it cannot report, `asked` the summary of the oldest
    open permission request, `notice` what its screen says about a turn that goes on (it tries again),
    `title` what the title of its terminal says where no file tells, `silent_since` when a busy agent was last
    heard of (it may hang).
    """

    started_at: float
    reported: StatusReading | None = None
    file: StatusReading | None = None
    dialog: StatusReading | None = None
    asked: StatusReading | None = None
    notice: StatusReading | None = None
    title: StatusReading | None = None
    ended: RunEnd | None = None
    ended_at: float | None = None
    ended_why: str | None = None
    silent_since: float | None = None
    open_uses: tuple[str, ...] = ()
    done_uses: tuple[str, ...] = ()

    def with_report(self, seen: StatusReading, counts: Counts = Counts.ALWAYS) -> Evidence:
        """A report also answers the dialog: an agent that reports is past it. One that comes too late, as
        `counts` says, only shows that the agent lives.
        """
        if self.reported is not None and _too_late(self.reported, counts):
            return replace(self, silent_since=None)
        return replace(self, reported=seen, dialog=None, notice=None, silent_since=None)

    def with_use(self, use_id: str, *, over: bool) -> Evidence:
        """A use of a tool has begun, or is over."""
        others = tuple(one for one in self.open_uses if one != use_id)
        if over:
            return replace(self, open_uses=others, done_uses=_newest(*self.done_uses, use_id))
        return replace(self, open_uses=_newest(*others, use_id))

    def without_uses(self) -> Evidence:
        """The turn is over, and with it every use of a tool in it."""
        return replace(self, open_uses=(), done_uses=_newest(*self.done_uses, *self.open_uses))

    def to_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: asdict(one) if isinstance(one, StatusReading) else one for name, one in found.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        seen = {
            name: _seen(data[name]) if data.get(name) else None
            for name in ("reported", "file", "dialog", "asked", "notice", "title")
        }
        ended = RunEnd(data["ended"]) if data.get("ended") else None
        return cls(
            started_at=data["started_at"],
            ended=ended,
            ended_at=data.get("ended_at"),
            ended_why=data.get("ended_why"),
            silent_since=data.get("silent_since"),
            open_uses=tuple(data.get("open_uses", ())),
            done_uses=tuple(data.get("done_uses", ())),
            **seen,
        )


def _too_late(known: StatusReading, counts: Counts) -> bool:
    match counts:
        case Counts.ALWAYS:
            return False
        case Counts.IN_TURN:
            return not known.status.busy
        case Counts.BETWEEN_TURNS:
            return known.status.busy
        case Counts.UNEXPLAINED:
            return known.free or not known.status.busy


def _newest(*uses: str) -> tuple[str, ...]:
    return uses[-USES:]


def _seen(data: Mapping[str, Any]) -> StatusReading:
    free = data.get("free", False)
    return StatusReading(AgentStatus(data["status"]), data["activity"], data["source"], data["at"], free)


def derive(evidence: Evidence | None) -> StatusReading:
    """The agent's status, and the source that decided it. No evidence: it was never started."""
    if evidence is None:
        return StatusReading(AgentStatus.STOPPED, None, "chorus", 0.0)
    if evidence.ended is not None:
        return _ended(evidence, evidence.ended)
    if evidence.asked is not None:
        return evidence.asked
    if evidence.dialog is not None:
        return evidence.dialog
    reported = evidence.reported
    if reported is None:
        return (
            evidence.file
            or evidence.title
            or StatusReading(AgentStatus.STARTING, "Starting", "process", evidence.started_at)
        )
    observed = _observed(evidence)
    if observed is not None and observed.at > reported.at:
        return observed
    if evidence.notice is not None and reported.status.busy:
        return replace(evidence.notice, status=reported.status)
    if evidence.silent_since is not None:
        return _silent(reported, evidence.silent_since)
    return reported


def _silent(reported: StatusReading, since: float) -> StatusReading:
    """Busy, and not heard of for long: perhaps it hangs. It is said, and nothing is killed."""
    moment = datetime.fromtimestamp(since, UTC).strftime("%H:%M UTC")
    was = f" ({reported.activity})" if reported.activity else ""
    return replace(reported, activity=f"No sign of life since {moment}{was}", source="silence")


def _ended(evidence: Evidence, end: RunEnd) -> StatusReading:
    bad = end in (RunEnd.CRASHED, RunEnd.ERRORED)
    status = AgentStatus.ERRORED if bad else AgentStatus.STOPPED
    at = evidence.ended_at if evidence.ended_at is not None else evidence.started_at
    return StatusReading(status, evidence.ended_why, "process", at)


def corrected(evidence: Evidence, now: float) -> Evidence | None:
    """The evidence with what is observed brought up to date, where it has been something else than the last
    report for so long that no report of the same moment can be on its way: then the report was wrong, or came
    late, and nothing would ever correct it. None: there is nothing to correct.
    """
    if evidence.ended or evidence.dialog:
        return None
    if evidence.asked is not None:
        return _answered(evidence, evidence.asked, now)
    reported, observed = evidence.reported, _observed(evidence)
    if reported is None or observed is None:
        return None
    late = observed.at <= reported.at and now - reported.at > REPORT_SECONDS
    return _observed_since(evidence, now) if late else None


def _answered(evidence: Evidence, asked: StatusReading, now: float) -> Evidence | None:
    """An answer in the terminal that was too quick for a look to see the title of an agent that asks."""
    title, since = evidence.title, now - ANSWERED_SECONDS
    if evidence.file or title is None or title.status is not AgentStatus.THINKING:
        return None
    return _observed_since(evidence, since) if title.at <= asked.at < since else None


def _observed_since(evidence: Evidence, at: float) -> Evidence:
    file, title = evidence.file, evidence.title
    return replace(
        evidence, file=replace(file, at=at) if file else None, title=replace(title, at=at) if title else None
    )


def _observed(evidence: Evidence) -> StatusReading | None:
    """What the agent's file says against the last report, or without a file the title of its terminal. Both
    are coarse (idle, busy, waiting): what they do not contradict is known better from the report.
    """
    reported, file, title = evidence.reported, evidence.file, evidence.title
    if reported is None:
        return None
    if file is not None:
        return _interrupted(file) if _contradicts(file, reported) else None
    if title is None or not _contradicts(title, reported):
        return None
    # An agent that waits for what runs in its background may have the title of one that rests.
    return None if title.status is AgentStatus.IDLE and reported.free else title


def _contradicts(observed: StatusReading, reported: StatusReading) -> bool:
    if observed.status is AgentStatus.IDLE:
        return reported.status.busy
    if observed.status is AgentStatus.WAITING:
        return reported.status is not AgentStatus.WAITING
    return not reported.status.busy or reported.status is AgentStatus.WAITING


def _interrupted(file: StatusReading) -> StatusReading:
    if file.status is AgentStatus.IDLE and file.activity is None:
        return replace(file, activity="Interrupted")
    return file


def one_line(text: str | None, limit: int = ACTIVITY_CHARS) -> str | None:
    """The first line of a text, printable and bounded, or None when nothing is left."""
    lines = (text or "").strip().splitlines()
    line = lines[0] if lines else ""
    if not line.isprintable():
        line = "".join(char for char in line if char.isprintable())
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    return line or None
