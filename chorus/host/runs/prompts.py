"""Prompts with their context: what an agent has to know of documents, then what a person said.

What is put before a prompt is written down in the run's folder before it is given, and reported after. When
the server dies in between, the same text is given, or reported as given, by the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chorus.host.documents.reader import DocumentReader
from chorus.host.port import Attached, Command, ControlPlane
from chorus.host.reports import ContextGiven, Followed, ReferencesFollowed
from chorus.host.run_dir import RunDir
from chorus.model import GivenDocument, Run
from chorus.model.context import LEAST, LIMIT, Context, Part, changes, describe, render
from chorus.plugins import Plugins

#: Bytes of a prompt with its context that fit in one argument of a program: Linux takes 128 KiB
#: (MAX_ARG_STRLEN), and an agent may put words of its own around them.
ARGUMENT = 116 * 1024


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it is given, and what there is to report once that is done."""

    text: str
    given: Sequence[ContextGiven] = ()


class PromptWriter:
    """Puts before a prompt what the agent does not know yet of its task's documents.

    `tell_changes` False: what an agent was given once is not mentioned again when it changes.
    """

    def __init__(self, plugins: Plugins, control: ControlPlane, host_id: str, *, tell_changes: bool) -> None:
        self._reader = DocumentReader(plugins)
        self._control = control
        self._host_id = host_id
        self._tell_changes = tell_changes

    async def write(
        self, command: Command, run: Run, run_dir: RunDir, text: str, *, message_id: str | None = None
    ) -> Prompt:
        """The prompt for a message, or (without one) the first of the run; the same when asked again."""
        name = f"context-{message_id or 'start'}.json"
        kept = await asyncio.to_thread(run_dir.load, name)
        if kept is None:
            kept = await self._compose(command, run, text, message_id)
            await asyncio.to_thread(run_dir.save, name, kept)
        block, given = kept["text"], kept["given"]
        return Prompt(f"{block}\n\n{text}" if block else text, [_given_from_json(given)] if given else ())

    async def _compose(self, command: Command, run: Run, text: str, message_id: str | None) -> dict[str, Any]:
        conversation = run.agent_session_id or ""
        attached = await self._control.attached(command.task.id, conversation)
        if not attached:
            return {"text": "", "given": None}
        references = [one.reference for one in attached if one.reference]
        followed = await self._reader.follow(command.project, references)
        await self._control.report(self._host_id, [ReferencesFollowed(followed)])
        known = {one.id: one.given for one in attached if one.given}
        limit = max(LEAST, min(LIMIT, ARGUMENT - len(text.encode())))
        context = await asyncio.to_thread(self._context, known, followed, limit)
        given = ContextGiven(
            key=f"{run.id}:{message_id or 'start'}",
            task_id=command.task.id,
            run_id=run.id,
            message_id=message_id,
            conversation=conversation,
            parts=[one.part for one in followed if one.part.id in context.given],
            documents=[_known(one, known, context) for one in followed if _is_known(one, known, context)],
            left_out=list(context.left_out),
            forget=self._forgotten(attached, context),
        )
        return {"text": context.text, "given": _given_to_json(given)}

    def _context(self, known: Mapping[str, Part], followed: Sequence[Followed], limit: int) -> Context:
        # What cannot be looked at just now has not changed, as far as anybody knows.
        parts = [one.part if one.known else known.get(one.part.id, one.part) for one in followed]
        if not known:
            context = render(parts, limit=limit)
        elif self._tell_changes:
            context = changes(known.values(), parts, limit=limit)
        else:
            context = render([part for part in parts if part.id not in known], limit=limit)
        unseen = tuple(
            f"Whether {describe(one.part)} has changed could not be told: {one.part.problem}"
            for one in followed
            if not one.known and one.part.id in known
        )
        return Context(context.text, context.left_out + unseen, context.given)

    def _forgotten(self, attached: Sequence[Attached], context: Context) -> list[str]:
        """What was removed and has now been told, or need not be."""
        return [
            one.id
            for one in attached
            if one.reference is None
            and (one.given is None or not self._tell_changes or one.id in context.given)
        ]


def _is_known(one: Followed, known: Mapping[str, Part], context: Context) -> bool:
    return one.part.id in context.given or one.part.id in known


def _known(one: Followed, known: Mapping[str, Part], context: Context) -> GivenDocument:
    """What the agent now knows of a part: as it was told just now, or before."""
    told = one.part.id in context.given
    part = one.part if told else known[one.part.id]
    return GivenDocument(
        reference_id=part.id,
        path=part.path,
        heading=part.heading,
        start_line=part.start_line or None,
        end_line=part.end_line or None,
        version=part.version or None,
        unchanged=not told,
        problem=part.problem,
    )


def _given_to_json(given: ContextGiven) -> dict[str, Any]:
    fields = {name: getattr(given, name) for name in ContextGiven.__slots__}
    parts = [part.to_json() for part in given.parts]
    documents = [asdict(one) for one in given.documents]
    return {**fields, "parts": parts, "documents": documents}


def _given_from_json(data: Mapping[str, Any]) -> ContextGiven:
    parts = [Part.from_json(one) for one in data["parts"]]
    documents = [GivenDocument(**one) for one in data["documents"]]
    return ContextGiven(**{**data, "parts": parts, "documents": documents})
