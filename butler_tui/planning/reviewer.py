"""A run's result judged by a model: approved, or with statements that are to be added."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from butler_tui.core.errors import PlanError, Problem
from butler_tui.core.events import Event, ModelCalled, ReviewFinished
from butler_tui.core.labels import Labels
from butler_tui.core.needing import Need
from butler_tui.core.plan import GIVEN, Call, Literally, Plan, Statement
from butler_tui.core.plan_text import PlanReader
from butler_tui.core.ports import Model, PlanRequest
from butler_tui.core.reviewing import read_by_reviewer
from butler_tui.core.tool import Tool, ToolContext, tool
from butler_tui.planning.answers import AnswerText
from butler_tui.planning.proposing import proposed, step_proposed
from butler_tui.planning.review_prompt import review_correction, review_messages

MOST_ANSWERS = 2
"""An answer that does not fit goes back once."""

LONGEST_COMMENT = 1_000
BY = "reviewer"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer's answer says, and the statements that it adds."""

    verdict: Literal["approve", "revise"]
    comment: str
    added: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelReviewer:
    """The Reviewer that asks a model in the role `reviewer`, privately where the result is.

    Raises PlanError when its second answer does not fit either, ModelError when the model cannot
    be had or its answer breaks off.
    """

    model: Model

    async def review(self, request: PlanRequest, *, adds: bool) -> AsyncGenerator[Event, None]:
        """Review the run; closing the generator cancels the call to the model."""
        state = request.state
        label = read_by_reviewer(state)
        messages = review_messages(request, adds=adds, secret=label.secret)
        for number in range(1, MOST_ANSWERS + 1):
            answer, by = _Answer(), self.model.name(BY) or ""
            async with aclosing(self.model.stream(BY, messages, private=label.private)) as stream:
                async for chunk in stream:
                    if isinstance(chunk, ModelCalled):
                        by = chunk.model
                        yield chunk
                    elif not answer.take(chunk):
                        break
            try:
                verdict = read_verdict(answer.close(), request, adds=adds)
            except PlanError as error:
                if number == MOST_ANSWERS:
                    raise
                messages += review_correction(answer.said, error.problems)
                continue
            need = Need(f"the reviewer: {verdict.comment}", label=label)
            for event in _events(verdict, replace(request, need=need), by):
                yield event
            return


def read_verdict(text: str, request: PlanRequest, *, adds: bool) -> Verdict:
    """The verdict in an answer's plan text. Raises PlanError with everything that does not fit.

    Every statement of the plan stays, also one that was denied: its name is not free again.
    """
    state = request.state
    kept = [one.statement for one in state.statements.values()]
    reader = PlanReader(
        {**request.tools, **VERDICTS},
        dict(GIVEN),
        kept=kept,
        taken=state.ids,
        most_steps=state.most_steps + 1,  # the verdict is none
    )
    statements = [*reader.feed(text), *reader.close()]
    if not statements or (verdict := _verdict(statements[0])) is None:
        raise _wrong('the first line must be approve("why") or revise("why"), with a text alone')
    added = tuple(statements[1:])
    if any(call.tool in VERDICTS for one in added for call in one.calls()):
        raise _wrong("approve and revise stand once, on the first line")
    if verdict.verdict == "approve":
        if added:
            raise _wrong("nothing follows approve(...); write revise(...) to add statements")
    elif adds and not added:
        raise _wrong("below revise(...) come the statements that are to be added")
    return replace(verdict, added=added if adds else ())


def _verdict(statement: Statement) -> Verdict | None:
    match statement.doing:
        case Call(tool="approve" | "revise" as said, args=[("why", Literally(str() as why))]) if (
            statement.name is None
        ):
            comment = " ".join(why.split())
            return Verdict(said, comment[:LONGEST_COMMENT])
        case _:
            return None


def _events(verdict: Verdict, request: PlanRequest, model: str) -> list[Event]:
    label = request.need.label if request.need is not None else None
    state = request.state
    finished = ReviewFinished(
        revision=state.revision,
        verdict=verdict.verdict,
        comment=verdict.comment,
        by=model,
        labels=Labels(label).dump() if label is not None else {},
    )
    if not verdict.added:
        return [finished]
    kept = [one.statement for one in state.statements.values()]
    plan = Plan((*kept, *verdict.added), state.title)
    steps = [step_proposed(one, request, BY) for one in verdict.added]
    return [finished, *steps, proposed(plan, request, BY)]


class _Answer:
    """One answer as it comes; what is wrong with it as a text is raised when it is closed."""

    def __init__(self) -> None:
        self._text = AnswerText()
        self._plan: list[str] = []
        self._said: list[str] = []
        self._fault: PlanError | None = None

    @property
    def said(self) -> str:
        """The answer as far as it was read."""
        return "".join(self._said)

    def take(self, chunk: str) -> bool:
        """Take in a chunk; False when reading on makes no sense."""
        self._said.append(chunk)
        try:
            self._plan.append(self._text.feed(chunk))
        except PlanError as error:
            self._fault = error
        return self._fault is None

    def close(self) -> str:
        """The plan text in it. Raises PlanError."""
        if self._fault is not None:
            raise self._fault
        text = "".join([*self._plan, self._text.close()])
        if self._text.problems:
            raise PlanError(self._text.problems)
        return text


def _wrong(message: str) -> PlanError:
    return PlanError([Problem(1, 1, message)])


@tool(effect=None)
async def approve(context: ToolContext, why: Annotated[str, "why, in a sentence"]) -> str:
    """The goal is met."""
    raise NotImplementedError


@tool(effect=None)
async def revise(context: ToolContext, why: Annotated[str, "why, in a sentence"]) -> str:
    """More has to be done."""
    raise NotImplementedError


VERDICTS: Mapping[str, Tool] = {one.name: one for one in (approve, revise)}
"""What a reviewer's answer begins with; it is only ever read, never called."""
