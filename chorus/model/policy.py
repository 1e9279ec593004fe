"""What Chorus itself decides about a tool: the task's profile, and the rules people have left. Pure.

An agent that applies profiles was started with one and keeps to it; what has changed since, and what
people remember, is added here. For agents that apply none everything is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chorus.model.enums import AfterPlan, PermissionDecision
from chorus.model.patterns import Pattern, allowing, refusing
from chorus.model.rules import PermissionRule, deciding
from chorus.model.tools import ToolKind, ToolUse


class ToolDecision(StrEnum):
    ALLOW = "ALLOW"
    DENY = "DENY"
    ASK = "ASK"  #: a person is asked, whatever the agent would do by itself


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision without a person; `by` is who stands for it ("rule of ada", "policy read_only")."""

    decision: ToolDecision
    by: str
    reason: str
    rule_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Mode:
    """What a mode allows unasked for certain, and what it may allow; whether it refuses what it does not."""

    allows: tuple[Pattern, ...] = ()
    may_allow: tuple[Pattern, ...] = ()
    refuses_rest: bool = False


_EDITS = (Pattern("edit", "**"),)
_FILE_COMMANDS = tuple(
    Pattern("run", f"{name}:*") for name in ("mkdir", "touch", "rm", "rmdir", "mv", "cp", "sed")
)

#: The modes that are a matter of permissions alone; others change how an agent works.
_MODES: Mapping[str, _Mode] = {
    "default": _Mode(),
    "manual": _Mode(),
    "acceptEdits": _Mode(_EDITS, (Pattern("edit"), *_FILE_COMMANDS)),
    "bypassPermissions": _Mode((Pattern("*"),), (Pattern("*"),)),
    "dontAsk": _Mode(refuses_rest=True),
}

#: The mode in which an agent goes on after its plan.
_AFTER_PLAN = {AfterPlan.ASK_FOR_EDITS: "default", AfterPlan.ACCEPT_EDITS: "acceptEdits"}

#: Modes of profiles that leave it to people how an agent goes on.
_OPEN_MODES = ("plan", "default", "manual", "acceptEdits")


@dataclass(frozen=True, slots=True)
class Permissions:
    """A profile with the patterns a task adds to it."""

    name: str
    mode: str
    allow: tuple[Pattern, ...] = ()
    deny: tuple[Pattern, ...] = ()

    @property
    def of_mode(self) -> _Mode:
        return _MODES.get(self.mode, _Mode())

    def allows(self, use: ToolUse) -> bool:
        return allowing((*self.allow, *self.of_mode.allows), use) is not None

    def may_allow(self, use: ToolUse) -> bool:
        known = (*self.allow, *self.of_mode.may_allow)
        return self.mode not in _MODES or refusing(known, use) is not None

    def refuses(self, use: ToolUse) -> Pattern | None:
        return refusing(self.deny, use)

    def going_on(self, after: AfterPlan) -> Permissions:
        """The same once a plan was approved with this choice."""
        return replace(self, mode=_AFTER_PLAN[after])


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to a run: the task's permissions now, those it was started with if it keeps to them."""

    current: Permissions
    started: Permissions | None
    rules: Sequence[PermissionRule] = ()
    folder: str | None = None
    #: The name by which patterns cover all of the agent's tools that edit.
    edit_tool: str = ""

    def before_use(self, use: ToolUse) -> Ruling | None:
        """The ruling before a tool is used, if there is one; None leaves it to the agent."""
        use = use.at(self.folder)
        ruling = self._certain(use)
        if ruling or use.kind.asks_person or self.started is None or self.started == self.current:
            return ruling
        allowed = self.current.allows(use)
        if allowed and not self.started.allows(use):
            return self._ruling(ToolDecision.ALLOW, use)
        if not allowed and self.started.may_allow(use):
            return self._rest(use)
        return None

    def when_asked(self, use: ToolUse) -> Ruling | None:
        """The ruling on a request; None leaves it to people.

        An agent that knows a pattern and asks all the same has a reason, and a person decides.
        """
        use = use.at(self.folder)
        ruling = self._certain(use)
        if ruling or use.kind.asks_person:
            return ruling
        if self.current.allows(use) and not (self.started and self.started.allows(use)):
            return self._ruling(ToolDecision.ALLOW, use)
        return self._ruling(ToolDecision.DENY, use) if self.current.of_mode.refuses_rest else None

    def after_plan(self) -> Sequence[AfterPlan]:
        """How the agent may go on once its plan is approved, the profile's own way first.

        Nothing where there is no choice: the profile or a rule decides about every edit in the folder, or
        the profile has a mode that is not to be left.
        """
        if self._decides_edits() or self.current.mode not in _OPEN_MODES:
            return ()
        ways = (AfterPlan.ASK_FOR_EDITS, AfterPlan.ACCEPT_EDITS)
        return ways[::-1] if self.current.mode == "acceptEdits" else ways

    def _decides_edits(self) -> bool:
        """Return whether the profile or a rule decides about every edit in the folder."""
        edit = ToolUse(self.edit_tool, ToolKind.EDIT, files=("any",), folder=self.folder)
        return self._certain(edit) is not None or allowing(self.current.allow, edit) is not None

    def restart_reason(self) -> str | None:
        """Why the task's profile applies in full only after a restart of the agent; None when it does now."""
        before, now = self.started, self.current
        if before is None or before == now:
            return None
        if before.mode != now.mode and not {before.mode, now.mode} <= set(_MODES):
            return (
                f"The agent was started in mode {before.mode}; {now.mode} applies when it is restarted. "
                "Allowed and denied tools apply already."
            )
        gone = [_tools(one) for one in before.deny if one.content is None and one not in now.deny]
        if gone:
            return f"The agent was started without {', '.join(gone)}; restart it to give it these tools."
        return None

    def _certain(self, use: ToolUse) -> Ruling | None:
        refused = self.current.refuses(use)
        rule = deciding(self.rules, use)
        denied = rule is not None and rule.decision is PermissionDecision.DENY
        if rule and (denied or refused is None):
            by, words = f"rule of {rule.author}", "refuses" if denied else "allows"
            return Ruling(ToolDecision(rule.decision), by, f"A {by} {words} this: {rule.summary}.", rule.id)
        if refused:
            return self._ruling(ToolDecision.DENY, use, f" ({refused})")
        return None

    def _rest(self, use: ToolUse) -> Ruling:
        strict = self.current.of_mode.refuses_rest
        return self._ruling(ToolDecision.DENY if strict else ToolDecision.ASK, use)

    def _ruling(self, decision: ToolDecision, use: ToolUse, detail: str = "") -> Ruling:
        words = {
            ToolDecision.ALLOW: "allows this",
            ToolDecision.DENY: f"does not allow this{detail}",
            ToolDecision.ASK: "wants a person to be asked",
        }
        name = self.current.name
        return Ruling(decision, f"policy {name}", f"The permission profile {name} {words[decision]}.")


def _tools(pattern: Pattern) -> str:
    """Name the tools that a pattern without content covers."""
    return pattern.tool if pattern.kind is None else f"the tools that {pattern.tool}"
