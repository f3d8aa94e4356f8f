"""New runs from earlier ones: the same again, from some step on, or further to another goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from butler_tui.butler.engine import Engine
from butler_tui.butler.goals import GoalRequest
from butler_tui.core.calls import Done
from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.events import Earlier, Event, RunAccepted
from butler_tui.core.forking import (
    Source,
    again_from,
    handed_on,
    plan_events,
    slim,
    statement_of,
    unsettled,
)
from butler_tui.core.labels import Json, Label, Labelled, Labels, join
from butler_tui.core.labels import Source as Origin
from butler_tui.core.plan_bind import bind
from butler_tui.core.plan_text import read_plan
from butler_tui.core.plan_write import write_plan
from butler_tui.core.policy import Mode
from butler_tui.core.run import RunState
from butler_tui.core.values import edited
from butler_tui.history import History
from butler_tui.planning.standing import standing

_STRICTNESS = [Mode.CAREFUL, Mode.NORMAL, Mode.TRUSTING]


@dataclass(frozen=True, slots=True)
class Again:
    """How a run is to be carried out again.

    `step`: only it and what depends on it; all of it without. `pinned` are outputs that the person
    gives, `edited` outputs as they changed them, each by its step; then only what depends on those
    runs again. Without `rehearse` the new run is a rehearsal if the earlier one was.
    """

    step: str | None = None
    pinned: Mapping[str, Json] = field(default_factory=dict[str, Json])
    edited: Mapping[str, Json] = field(default_factory=dict[str, Json])
    mode: str | None = None
    model: str | None = None
    rehearse: bool | None = None

    @property
    def takes_over(self) -> bool:
        """True when something of the earlier run need not happen again."""
        return bool(self.step or self.pinned or self.edited)


@dataclass(frozen=True, slots=True)
class Forking:
    """Starts runs that begin where others stand. `accepted` takes a goal on."""

    engine: Engine
    history: History
    accepted: Callable[[GoalRequest], RunAccepted]

    async def again(self, run: str, how: Again) -> str:
        """Take the run's goal on again, by its plan as it stood; returns the new run's id.

        `drive` it next. Permissions are not taken over: what was asked is asked again. Raises
        UsageError when the run has no plan, has no such step, or some call of it may have
        happened that nobody asked to happen again.
        """
        source = await self._source(run)
        self._check_plan(source.state)
        pinned = _outputs(source.state, how)
        again = None
        if how.takes_over:
            steps = [statement_of(source.state, how.step).statement.id] if how.step else []
            if clash := [step for step in steps if step in pinned]:
                raise UsageError(f"{clash[0]} cannot both run again and have its output given.")
            again = again_from(source, steps, pinned)
            self._check_settled(source.state, again, pinned)
        accepted = self._accepted_again(source.state, how)
        return await self._start([accepted, *plan_events(source, again, pinned)])

    async def plan_text(self, run: str) -> str:
        """The plan that `again` carries out, as text. Raises UsageError as it does."""
        state = (await self._source(run)).state
        self._check_plan(state)
        return write_plan(bind(state.plan, state.parameters))

    async def output(self, run: str, step: str) -> Json:
        """What a step of the run returned. Raises UsageError when it is not done."""
        return _done((await self._source(run)).state, step).value

    async def following(self, run: str, request: GoalRequest) -> Sequence[Event]:
        """The first events of a run that follows up another one, whose outputs it can use.

        A recipe's plan has names of its own, and uses none of them.
        """
        source = await self._source(run)
        state = source.state
        accepted = self.accepted(request)
        read = join(
            [
                *(call.failure.marked for call in state.calls.values()),
                *(one.read for one in (*state.superseded, *state.statements.values())),
            ]
        )
        earlier = Earlier(
            run=run,
            how="further",
            goal=state.goal or state.title,
            standing=standing(state),
            labels=Labels(read).dump(),
        )
        events: list[Event] = [accepted.model_copy(update={"earlier": earlier})]
        if accepted.recipe is None:
            events += handed_on(source)
        return [slim(one) for one in events]

    async def _source(self, run: str) -> Source:
        recorded = await self.history.journal.read(run)
        if not recorded:
            raise UsageError(f"There is no run {run}; `butler runs` lists them.")
        source = Source.of(recorded)
        state = source.state
        if not state.planned:
            raise UsageError(
                f"Run {run} has no plan that was read to its end; "
                "start its goal anew with `butler run`."
            )
        if state.undoes:
            raise UsageError(
                f"Run {run} has put back what run {state.undoes} changed; "
                f"`butler undo {state.undoes}` does that, `butler undo {run}` brings it back."
            )
        return source

    def _check_plan(self, state: RunState) -> None:
        """Raise UsageError when the plan does not fit the tools as they are now."""
        text = write_plan(bind(state.plan, state.parameters))
        try:
            read_plan(text, self.engine.tools_of(state), most_steps=state.most_steps)
        except PlanError as error:
            raise UsageError(
                f"The plan of run {state.id} does not fit Butler's tools any more: {error}"
            ) from error

    def _check_settled(
        self, state: RunState, again: AbstractSet[str], pinned: Mapping[str, Labelled]
    ) -> None:
        call = unsettled(state, again, pinned)
        if call is not None:
            raise UsageError(
                f"{call.place} may have happened in run {state.id}, and it would happen again. "
                f"Check that, then say so with --from {call.step}, or give what it returned: "
                f"--pin {call.step}=null."
            )

    def _accepted_again(self, state: RunState, how: Again) -> RunAccepted:
        mode = how.mode or _stricter(state.mode, self.engine.settings.approvals.mode)
        rehearse = state.rehearses if how.rehearse is None else how.rehearse
        request = GoalRequest(
            state.goal,
            Path(state.folder or "."),
            mode=mode,
            model=how.model,
            plan=state.brought or "",
            rehearse=rehearse,
        )
        earlier = Earlier(run=state.id, how="again", step=how.step or "")
        return self.accepted(request).model_copy(
            update={
                "recipe": state.recipe,
                "parameters": state.parameters,
                "plan": state.brought,
                "earlier": earlier,
            }
        )

    async def _start(self, events: Sequence[Event]) -> str:
        made = self.history.runs.new_id()
        await self.history.journal.append(made, [slim(one) for one in events], flush=True)
        return made


def _outputs(state: RunState, how: Again) -> dict[str, Labelled]:
    """The outputs that the person gives, by the statements' ids; what they typed is their own.

    Plain text in place of an output that has a `text` beside other fields is that text.
    """
    own = Label.of(Origin("person"))
    given: dict[str, Labelled] = {}
    for step, value in how.pinned.items():
        identity = statement_of(state, step).statement.id
        before = state.statements[identity].outcome
        had = before.output if isinstance(before, Done) else None
        if isinstance(value, str) and had is not None and _has_text(had.value):
            given[identity] = edited(had, {**_fields(had.value), "text": value})
        else:
            given[identity] = Labelled.with_label(value, own)
    for step, value in how.edited.items():
        identity = statement_of(state, step).statement.id
        given[identity] = edited(_done(state, step), value)
    return given


def _fields(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _has_text(value: Json) -> bool:
    return isinstance(_fields(value).get("text"), str)


def _done(state: RunState, step: str) -> Labelled:
    one = statement_of(state, step)
    if not isinstance(one.outcome, Done):
        raise UsageError(
            f"{step} of run {state.id} has no output that could be edited; "
            f"give one: --pin {step}=VALUE."
        )
    return one.outcome.output


def _stricter(one: str, other: str) -> Mode:
    return min(Mode(one), Mode(other), key=_STRICTNESS.index)
