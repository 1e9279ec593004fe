"""Questions of an agent, and what counts as an answer to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

ANSWER_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers that a question suggests."""

    label: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`options` are there to choose from; an answer of one's own is always possible."""

    text: str
    header: str | None = None
    options: tuple[Option, ...] = ()
    several: bool = False

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the question that was kept."""
        return cls(**{**kept, "options": tuple(Option(**one) for one in kept["options"])})


def answered(asked: Sequence[Question], answers: object, message: str | None) -> dict[str, str]:
    """The answers by question, complete. ValueError says what is missing or wrong.

    A question goes by its text or its header. A message alone answers a single question.
    """
    if answers is None and message and len(asked) == 1:
        return {asked[0].text: message}
    if answers is None or answers == {}:
        raise ValueError(f"Say what the answer is: {_choices(asked)}")
    if not isinstance(answers, Mapping):
        raise ValueError("`answers` must be an object of question and answer.")
    found = {_asked(asked, name).text: value for name, value in answers.items()}
    missing = [one.text for one in asked if one.text not in found]
    if missing:
        raise ValueError(f"Not answered: {'; '.join(missing)}")
    return {one.text: _answer(one, found[one.text]) for one in asked}


def _asked(asked: Sequence[Question], name: object) -> Question:
    for question in asked:
        if name == question.text:
            return question
    by_header = [one for one in asked if name == one.header]
    if len(by_header) == 1:
        return by_header[0]
    raise ValueError(f"It does not ask {name!r}; it asks: {'; '.join(one.text for one in asked)}")


def _answer(question: Question, value: object) -> str:
    """One answer, or several where several may be chosen."""
    given = value if isinstance(value, list) else [value]
    parts = [part for part in given if isinstance(part, str) and part.strip()]
    if not parts or len(parts) != len(given):
        raise ValueError(f"The answer to {question.text!r} must be a text that is not empty.")
    if len(parts) > 1 and not question.several:
        raise ValueError(f"{question.text!r} takes one answer.")
    text = ", ".join(parts)
    if len(text) > ANSWER_CHARS:
        raise ValueError(f"The answer to {question.text!r} may have {ANSWER_CHARS} characters.")
    return text


def _choices(asked: Sequence[Question]) -> str:
    return "; ".join(_with_options(one) for one in asked)


def _with_options(question: Question) -> str:
    labels = ", ".join(option.label for option in question.options)
    return f"{question.text} ({labels}, or your own words)" if labels else question.text
