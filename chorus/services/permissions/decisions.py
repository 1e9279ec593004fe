"""Requests and answers to them as values: what fits together, and what the agent is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chorus.backends import Verdict
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, ChorusError, Conflict
from chorus.model import (
    AfterPlan,
    PermissionAsked,
    PermissionDecision,
    PermissionRequest,
    PermissionScope,
    PermissionState,
    Run,
    one_line,
)
from chorus.model.plans import NO_PLAN, PLAN_TOOL, plan
from chorus.model.policy import Ruling, ToolDecision
from chorus.model.questions import QUESTION_TOOL, answered, questions
from chorus.model.rules import QUESTION_TOOLS, subject

STATES = {
    PermissionDecision.ALLOW: PermissionState.ALLOWED,
    PermissionDecision.DENY: PermissionState.DENIED,
}
DECISIONS = {
    **{state: decision for decision, state in STATES.items()},
    PermissionState.EXPIRED: PermissionDecision.DENY,
}


#: The fields of a tool's input that name a file or folder.
_FILES = ("file_path", "notebook_path", "path")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says to a request. `pattern` makes the remembered rule wider than the request;
    `after_plan` is how an agent goes on whose plan is approved (None: in the mode it was in before).
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
    """What became of one of many answers."""

    id: str
    request: PermissionRequest | None
    error: ChorusError | None


def new_request(unit: Unit, run: Run, asked: PermissionAsked, folder: str | None) -> PermissionRequest:
    """`folder` is the task's."""
    return PermissionRequest(
        id=new_id(),
        task_id=run.task_id,
        run_id=run.id,
        tool_name=asked.tool,
        tool_input=asked.input,
        summary=summary(asked.tool, asked.input, folder),
        state=PermissionState.PENDING,
        scope=None,
        created_at=unit.at,
        decided_at=None,
        decided_by=None,
        message=None,
        suggestions=tuple(asked.suggestions),
        agent_ref=asked.agent,
    )


def summary(tool: str, given: Mapping[str, Any], folder: str | None = None) -> str:
    """One line for a person: the command, the file, or the tool and its input. A file in the task's folder is
    called as it is there.
    """
    line = subject({**given, **_in_folder(given, folder)} if folder else given)
    if tool == PLAN_TOOL:
        return f"Plan: {line}" if plan(tool, given) else NO_PLAN
    if line is not None:
        return line if tool == "Bash" else f"{tool} {line}"
    asked = questions(tool, given)
    return one_line(asked[0].text) or tool if asked else tool


def _in_folder(given: Mapping[str, Any], folder: str) -> dict[str, str]:
    """The files of an input that are in the folder, as they are called there."""
    start = folder.rstrip("/") + "/"
    files = {name: given[name] for name in _FILES if isinstance(given.get(name), str)}
    return {name: path.removeprefix(start) for name, path in files.items() if path != start}


def verdict(row: AnyRow, answer: Answer) -> Verdict:
    """The answer as it reaches the agent. BadInput when it does not fit the request."""
    if answer.scope is not PermissionScope.ONCE and row.tool_name in QUESTION_TOOLS:
        raise BadInput("A question or a plan is answered once; it cannot be remembered.", field="scope")
    if answer.pattern is not None and answer.scope is PermissionScope.ONCE:
        raise BadInput("Say with the scope how far the pattern is to reach.", field="scope")
    answers = _answers(row, answer)
    changed = {"answers": answers} if answers else None
    return Verdict(
        answer.decision, answer.scope, answer.message, answer.interrupt, changed, answer.after_plan
    )


def check_after_plan(row: AnyRow, answer: Answer, choices: Sequence[AfterPlan]) -> None:
    """BadInput when an answer says how to go on and that is not to be said, or not that."""
    if row.tool_name != PLAN_TOOL or answer.decision is not PermissionDecision.ALLOW:
        raise BadInput("Only a plan that is approved says how to go on.", field="afterPlan")
    if answer.after_plan not in choices:
        raise BadInput(
            "The task's permission profile or a rule decides about edits; approve the plan without a choice.",
            field="afterPlan",
        )


def _answers(row: AnyRow, answer: Answer) -> Mapping[str, str] | None:
    """The answers to the questions of a request that is allowed; only those have any."""
    allowed = answer.decision is PermissionDecision.ALLOW
    if row.tool_name != QUESTION_TOOL or not allowed:
        if answer.answers is not None:
            asks = row.tool_name == QUESTION_TOOL
            what = "A denied question has no answers; say why in the message." if asks else None
            raise BadInput(what or "This request asks no question.", field="answers")
        return None
    asked = questions(row.tool_name, row.tool_input)
    if not asked:
        raise BadInput("This question cannot be read: answer it in the terminal, or deny it with a message.")
    try:
        return answered(asked, answer.answers, answer.message)
    except ValueError as error:
        raise BadInput(str(error), field="answers") from None


def of_ruling(ruling: Ruling) -> Verdict:
    """What a rule or a profile decides, as an answer; only a refusal has words."""
    denied = ruling.decision is ToolDecision.DENY
    decision = PermissionDecision.DENY if denied else PermissionDecision.ALLOW
    return Verdict(decision, message=ruling.reason if denied else None)


def too_late(row: AnyRow) -> Conflict:
    by = f" by {row.decided_by}" if row.decided_by else ""
    return Conflict(f"This request was {row.state.lower()}{by} already.", state=row.state)
