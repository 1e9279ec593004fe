"""Answers to permission requests, as values: what fits a request, and what the agent is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chorus.backends import Verdict
from chorus.errors import BadInput, ChorusError, Conflict
from chorus.model import (
    AfterPlan,
    PermissionDecision,
    PermissionRequest,
    PermissionScope,
    PermissionState,
    ToolKind,
)
from chorus.model.policy import Ruling, ToolDecision
from chorus.model.questions import answered

STATES = {
    PermissionDecision.ALLOW: PermissionState.ALLOWED,
    PermissionDecision.DENY: PermissionState.DENIED,
}
_DECISIONS = {
    **{state: decision for decision, state in STATES.items()},
    PermissionState.EXPIRED: PermissionDecision.DENY,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to a request.

    `pattern` makes the remembered rule wider than the request; `after_plan` is how an agent goes on whose
    plan is approved (None: in the mode it was in before).
    """

    decision: PermissionDecision
    message: str | None = None
    scope: PermissionScope = PermissionScope.ONCE
    interrupt: bool = False
    answers: Any = None
    pattern: str | None = None
    after_plan: AfterPlan | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one of many answers: the request, or the error."""

    id: str
    request: PermissionRequest | None
    error: ChorusError | None


def verdict(request: PermissionRequest, answer: Answer) -> Verdict:
    """Return the answer as it reaches the agent. Raises BadInput when it does not fit the request."""
    if answer.scope is not PermissionScope.ONCE and request.tool.kind.asks_person:
        raise BadInput("A question or a plan is answered once; it cannot be remembered.", field="scope")
    if answer.pattern is not None and answer.scope is PermissionScope.ONCE:
        raise BadInput("Say with the scope how far the pattern is to reach.", field="scope")
    answers = _answers(request, answer)
    changed = {"answers": answers} if answers else None
    return Verdict(
        answer.decision, answer.scope, answer.message, answer.interrupt, changed, answer.after_plan
    )


def _answers(request: PermissionRequest, answer: Answer) -> Mapping[str, str] | None:
    """Return the answers to the questions of a request that is allowed; only those have any."""
    asks = request.tool.kind is ToolKind.QUESTION
    if not asks or answer.decision is not PermissionDecision.ALLOW:
        if answer.answers is not None:
            what = "A denied question has no answers; say why in the message." if asks else None
            raise BadInput(what or "This request asks no question.", field="answers")
        return None
    asked = request.tool.questions
    if not asked:
        raise BadInput("This question cannot be read: answer it in the terminal, or deny it with a message.")
    try:
        return answered(asked, answer.answers, answer.message)
    except ValueError as error:
        raise BadInput(str(error), field="answers") from None


def check_after_plan(request: PermissionRequest, answer: Answer, options: Sequence[AfterPlan]) -> None:
    """Raise BadInput if an answer says how to go on and that is not to be said, or not that."""
    if request.tool.kind is not ToolKind.PLAN or answer.decision is not PermissionDecision.ALLOW:
        raise BadInput("Only a plan that is approved says how to go on.", field="afterPlan")
    if answer.after_plan not in options:
        raise BadInput(
            "The task's permission profile or a rule decides about edits; approve the plan without a choice.",
            field="afterPlan",
        )


def of_ruling(ruling: Ruling) -> Verdict:
    """Return the decision of a rule or a profile as an answer; only a refusal has words."""
    denied = ruling.decision is ToolDecision.DENY
    decision = PermissionDecision.DENY if denied else PermissionDecision.ALLOW
    return Verdict(decision, message=ruling.reason if denied else None)


def on_record(request: PermissionRequest) -> Verdict | None:
    """Return the answer that a request got; None for one that is open or withdrawn."""
    decision = _DECISIONS.get(request.state)
    if decision is None:
        return None
    changed = {"answers": request.answers} if request.answers else None
    scope = request.scope or PermissionScope.ONCE
    return Verdict(decision, scope, request.message, request.interrupt, changed, request.after_plan)


def repeats(answer: Answer, actor: str, request: PermissionRequest) -> bool:
    """Return whether the person who decided the request gives the same answer again."""
    given = (STATES[answer.decision], answer.after_plan, actor)
    return given == (request.state, request.after_plan, request.decided_by)


def too_late(request: PermissionRequest) -> Conflict:
    """Return the error for an answer to a request that is decided."""
    by = f" by {request.decided_by}" if request.decided_by else ""
    return Conflict(f"This request was {request.state.lower()}{by} already.", state=request.state)
