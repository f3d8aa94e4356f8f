"""A goal becomes a plan by a model, statement by statement as it streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from butler_tui.core.errors import ModelError, PlanError, Problem
from butler_tui.core.events import Event, ModelCalled, PlanRefused
from butler_tui.core.plan import Plan, Statement
from butler_tui.core.plan_text import PlanReader
from butler_tui.core.ports import Message, Model, PlanRequest
from butler_tui.planning.answers import AnswerText
from butler_tui.planning.prompt import Secrets, continuation, correction, messages_for
from butler_tui.planning.proposing import plan_proposed, reader_for, step_proposed
from butler_tui.planning.recipes import Recipes

MOST_ANSWERS = 3
MOST_BREAKS = 3
"""How often in a row an answer may break off without a further statement."""

MOST_PROBLEMS = 20
"""An answer with as many is not read to its end."""


@dataclass(frozen=True, slots=True)
class ModelPlanner:
    """The Planner that asks a model, and sends an answer that does not fit back to it.

    `recipes` are shown to the model as examples where they are near the goal; `secrets` are the
    names that a plan may use, and where each may go. Raises PlanError when no answer fits,
    ModelError when the model cannot be had or its answer breaks off.
    """

    model: Model
    recipes: Recipes = field(default_factory=Recipes)
    secrets: Secrets = field(default_factory=dict[str, Sequence[str]])

    async def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Plan the goal; closing the generator cancels the call to the model."""
        state = request.state
        if state.drafts or (not state.planned and len(state.started()) < len(state.statements)):
            # What an earlier engine had only proposed is no part of the plan that comes now.
            yield PlanRefused(answer=0, problems=["planning was interrupted"])
        messages = messages_for(request, self.recipes, self.secrets)
        before: Plan | None = None
        earlier = {one.id for one in reader_for(request).kept}
        number, breaks = 1, 0
        while True:
            reading = _Reading(reader_for(request, before=before))
            try:
                async with aclosing(self._answer(reading, request, messages)) as events:
                    async for event in events:
                        yield event
            except ModelError as error:
                breaks = 1 if reading.proposed else breaks + 1
                if not error.transient or not reading.said or breaks >= MOST_BREAKS:
                    raise
                # What closed before the answer broke off counts, and is not planned again.
                if reading.proposed:
                    before = reading.reader.so_far
                    proposed = [one for one in before.statements if one.id not in earlier]
                    messages += continuation(reading.said, proposed)
                continue
            problems = reading.problems[:MOST_PROBLEMS]
            if not problems:
                yield plan_proposed(reading.reader, request, "planner")
                return
            yield PlanRefused(answer=number, problems=[str(problem) for problem in problems])
            if number == MOST_ANSWERS:
                raise PlanError(problems)
            messages += correction(reading.said, problems, state.started())
            before, number = None, number + 1

    async def _answer(
        self, reading: _Reading, request: PlanRequest, messages: list[Message]
    ) -> AsyncGenerator[Event, None]:
        """One call to the model; what is wrong with its answer is left in `reading`."""
        async with _closing(self.model.stream("planner", messages)) as stream:
            async for chunk in stream:
                if isinstance(chunk, ModelCalled):
                    yield chunk
                    continue
                for statement in reading.take(chunk):
                    yield step_proposed(statement, request, "planner")
                if reading.hopeless:
                    break
        for statement in reading.end():
            yield step_proposed(statement, request, "planner")


class _Reading:
    """One answer while it is read: what was said, and what is wrong with it."""

    def __init__(self, reader: PlanReader) -> None:
        self.reader = reader
        self._answer = AnswerText()
        self._said: list[str] = []
        self._faults: list[Problem] = []
        self._over = False
        self.proposed = False
        """True once a statement closed that counts."""

    @property
    def said(self) -> str:
        """The answer as far as it was read."""
        return "".join(self._said)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the answer so far."""
        return [*self._faults, *self.reader.problems, *self._answer.problems]

    @property
    def hopeless(self) -> bool:
        """True when reading on would tell nothing new."""
        return self._over or len(self.reader.problems) >= MOST_PROBLEMS

    def take(self, chunk: str) -> list[Statement]:
        """The statements that the chunk closes."""
        try:
            text = self._answer.feed(chunk)
        except PlanError as error:
            self._faults += error.problems
            self._over = True
            return []
        self._said.append(chunk)
        return self._read(text)

    def end(self) -> list[Statement]:
        """The last statements, once the answer has ended."""
        if self.hopeless:
            return []
        closed = self._read(self._answer.close())
        try:
            closed += self.reader.close()
        except PlanError:  # its problems are the reader's
            return []
        return closed

    def _read(self, text: str) -> list[Statement]:
        try:
            closed = self.reader.feed(text)
        except PlanError:  # its problems are the reader's
            self._over = True
            return []
        self.proposed = self.proposed or bool(closed)
        return closed


@asynccontextmanager
async def _closing(
    stream: AsyncIterator[str | ModelCalled],
) -> AsyncGenerator[AsyncIterator[str | ModelCalled], None]:
    """Close the stream at the end, whatever the end is; a plain iterator has nothing to close."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
