"""What a new run takes over of an earlier one: its plan, and the calls that are not made again.

The new run's first events say it all, so that a fold of its own journal tells how it stands. A call
that was taken over has neither tool nor effect nor receipt in the new run: the earlier one made
it, reports it, and undoes it. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from butler_tui.core.calls import Address, CallState, CallStatus, Done, StatementState
from butler_tui.core.errors import UsageError
from butler_tui.core.events import (
    Event,
    PlanProposed,
    Recorded,
    RunAccepted,
    StepFailed,
    StepFinished,
    StepProposed,
    StepSkipped,
)
from butler_tui.core.labels import Labelled, Labels
from butler_tui.core.plan import Call, Statement
from butler_tui.core.plan_bind import bind
from butler_tui.core.plan_write import write_plan, write_statement
from butler_tui.core.run import RunState, fold

ANSWER = "answer"
"""The tool that tells the person: what a run says, it says itself."""

_NOT_DONE = (CallStatus.FAILED, CallStatus.DENIED, CallStatus.UNKNOWN, CallStatus.TAKEN_BACK)
_IN_FLIGHT = (CallStatus.RUNNING, CallStatus.ASKING, CallStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier run: its state with every output, and which of them are kept by their hash."""

    state: RunState
    hashes: Mapping[Address, str] = field(default_factory=dict[Address, str])

    @classmethod
    def of(cls, recorded: Sequence[Recorded]) -> Source:
        """The run of these events, which are read with their outputs."""
        state = fold(recorded)
        state.front()
        hashes: dict[Address, str] = {}
        for one in recorded:
            event = one.event
            if isinstance(event, StepFinished) and event.output_hash is not None:
                hashes[event.step, event.item] = event.output_hash
        return cls(state, hashes)


def statement_of(state: RunState, step: str) -> StatementState:
    """The statement of that name, or the one that has that call. Raises UsageError."""
    if (found := state.statement_of(step)) is not None:
        return found
    raise UsageError(
        f"The plan of run {state.id} has no step {step}; it has: {', '.join(state.statements)}."
    )


def depending(state: RunState, steps: Collection[str]) -> set[str]:
    """The statements that need one of these, directly or through others, without these."""
    names = {one.statement.name for step, one in state.statements.items() if step in steps}
    found: set[str] = set()
    for step, one in state.statements.items():  # each needs only earlier ones
        if one.statement.needs() & names:
            found.add(step)
            names.add(one.statement.name)
    return found - set(steps)


def again_from(source: Source, steps: Collection[str], pinned: Collection[str]) -> AbstractSet[str]:
    """What runs again when these steps do, and when these outputs are other ones.

    What the earlier run did and an undo put back is not there any more: it runs again too.
    """
    state = source.state
    put_back = {
        step
        for step, one in state.statements.items()
        if any(call.undone for call in _calls(state, one)) and step not in pinned
    }
    first = {*steps, *put_back}
    return (first | depending(state, first) | depending(state, pinned)) - set(pinned)


def unsettled(
    state: RunState, again: AbstractSet[str], pinned: Collection[str]
) -> CallState | None:
    """A call that may have happened and would happen once more, though nobody asked for that."""
    for step, one in state.statements.items():
        for call in _calls(state, one) if step not in again and step not in pinned else ():
            bounds = call.effect is not None and call.effect.bounds_the_world
            if bounds and call.status in _IN_FLIGHT:
                return call
    return None


def plan_events(
    source: Source, again: AbstractSet[str] | None, pinned: Mapping[str, Labelled]
) -> list[Event]:
    """The plan as it stood, with what is taken over; with no `again`, all of it runs again.

    What an earlier run still had handed on is taken over in any case, unless it is named.
    """
    state = source.state
    kept = [
        step
        for step, one in state.statements.items()
        if step not in pinned and (one.taken if again is None else step not in again)
    ]
    events: list[Event] = [_proposed(one.statement, one) for one in state.statements.values()]
    events += _taken(source, events, kept)
    events += [_pinned(step, output) for step, output in pinned.items()]
    last = state.revisions[-1] if state.revisions else None
    proposed = PlanProposed(
        revision=1,
        title=state.title,
        text=write_plan(state.plan),
        because=f"it is the plan of run {state.id}",
        by=last.by if last is not None else "planner",
    )
    return [*events, proposed]


def handed_on(source: Source) -> list[Event]:
    """The named statements that are done, for a new run whose plan can use them."""
    state = source.state
    given = {**state.parameters, "goal": state.goal}
    kept = [
        step
        for step, one in state.statements.items()
        if one.statement.name is not None and isinstance(one.outcome, Done)
    ]
    bound = {one.id: one for one in bind(state.plan, given).statements}
    events: list[Event] = []
    for step in kept:
        one = state.statements[step]
        origin = {"taken_from": one.taken or state.id}
        events.append(_proposed(bound[step], one).model_copy(update=origin))
    return [*events, *_taken(source, events, kept, speaks=False)]


def slim(event: Event) -> Event:
    """The event with its output referred to, where that is kept by its hash."""
    if isinstance(event, StepFinished) and event.output_hash is not None:
        return event.model_copy(update={"output": None})
    return event


def _proposed(statement: Statement, one: StatementState) -> StepProposed:
    signatures: dict[str, list[str]] = {}
    for call in statement.calls():
        names = [name for name, _ in call.args]
        if len(names) > len(signatures.get(call.tool, ())):
            signatures[call.tool] = names
    return StepProposed(
        step=statement.id,
        text=write_statement(statement),
        signatures=signatures,
        by=one.by,
        labels=Labels(one.read).dump(),
        taken_from=one.taken,
    )


def _pinned(step: str, output: Labelled) -> StepFinished:
    labels = output.labels.dump()
    return StepFinished(step=step, output=output.value, labels=labels, by="person", whole=True)


def _taken(
    source: Source, proposed: Sequence[Event], kept: Sequence[str], *, speaks: bool = True
) -> list[Event]:
    """The calls of the statements that are kept, as the new run takes them over.

    Where the plan may not come to the same output by them (it asks for the date, say), the
    output itself is taken over, so that nothing of the statement happens again. What `speaks` to
    the person is not done until the new run has said it.
    """
    state = source.state
    of_calls = {step: list(_of_calls(source, state.statements[step])) for step in kept}
    made = _folded(state, [*proposed, *(one for each in of_calls.values() for one in each)])
    events: list[Event] = []
    for step in kept:
        one = state.statements[step]
        done = one.outcome.output if isinstance(one.outcome, Done) else None
        says = speaks and any(call.tool == ANSWER for call in one.statement.calls())
        if done is None or says or _comes_to(made.statements[step], one, done):
            events += of_calls[step]
        else:
            events.append(_whole(source, one, done))
    return events


def _comes_to(made: StatementState, one: StatementState, output: Labelled) -> bool:
    """True when the calls alone lead to that output, whenever one looks."""
    varies = "run" in one.statement.needs() and not isinstance(one.statement.doing, Call)
    if varies or one.pinned is not None:
        return False
    return isinstance(made.outcome, Done) and made.outcome.output.value == output.value


def _whole(source: Source, one: StatementState, output: Labelled) -> StepFinished:
    """The output of a statement that is done, whatever its calls."""
    step = one.statement.id
    call = source.state.calls.get((step, ()))
    same = call is not None and call.output is not None and call.output.value == output.value
    return StepFinished(
        step=step,
        output=output.value,
        output_hash=source.hashes.get((step, ())) if same else None,
        labels=output.labels.dump(),
        taken_from=one.taken or source.state.id,
        by=call.by if call is not None and one.pinned is not None else "",
        whole=True,
    )


def _folded(state: RunState, events: Sequence[Event]) -> RunState:
    """How a run would stand that has the same goal and these events."""
    accepted = RunAccepted(goal=state.goal, parameters=state.parameters, settings=state.settings)
    at, numbers = datetime(2000, 1, 1, tzinfo=UTC), count(1)
    made = fold(
        Recorded(run="", seq=next(numbers), at=at, event=event) for event in (accepted, *events)
    )
    made.front()
    return made


def _of_calls(source: Source, one: StatementState) -> Iterator[Event]:
    state = source.state
    for call in _calls(state, one):
        origin = call.taken or state.id
        step, item = call.step, call.item
        if call.status is CallStatus.DONE and _tool(one, call) != ANSWER and not call.undone:
            output = call.output or Labelled(None)
            yield StepFinished(
                step=step,
                item=item,
                output=output.value,
                output_hash=source.hashes.get((step, item)),
                labels=output.labels.dump(),
                taken_from=origin,
                by=call.by,
            )
        elif call.status in _NOT_DONE and isinstance(one.outcome, Done):
            labels = Labels(call.failure).dump()
            code, error = call.code or call.status.value, call.error
            yield StepFailed(
                step=step, item=item, code=code, error=error, labels=labels, taken_from=origin
            )
        elif call.status is CallStatus.SKIPPED and call.by:
            yield StepSkipped(step=step, item=item, because=call.error, by=call.by)


def _tool(one: StatementState, call: CallState) -> str:
    found = one.statement.call(call.step)
    return found.tool if found is not None else call.tool


def _calls(state: RunState, one: StatementState) -> list[CallState]:
    steps = {call.id for call in one.statement.calls()}
    return [call for call in state.calls.values() if call.step in steps]
