"""Which calls may start now: a pure look at the plan and at what is known of its calls.

Each statement is worked out from its parts to an outcome: done with an output, failed, skipped,
or pending. A call that is pending and has all it needs is ready. The same journal always gives
the same answer, so an engine that takes a run over goes on exactly where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from butler_tui.core.calls import (
    PENDING,
    Address,
    CallState,
    CallStatus,
    Done,
    Failed,
    Outcome,
    Pending,
)
from butler_tui.core.errors import ToolError
from butler_tui.core.events import Item
from butler_tui.core.labels import NO_LABEL, Label, Labelled, join
from butler_tui.core.plan import (
    Call,
    Doing,
    Each,
    If,
    OrElse,
    Statement,
    calls_in,
    names_in,
)
from butler_tui.core.values import Known, elements, holds, resolve, with_labels


@dataclass(frozen=True, slots=True)
class ReadyCall:
    """A call that has all it needs. `control` labels what decided that it runs at all."""

    call: Call
    item: Item
    args: Mapping[str, Labelled]
    control: Label
    allowed: bool = False

    @property
    def address(self) -> Address:
        """The call's place in its run."""
        return (self.call.id, self.item)


@dataclass(frozen=True, slots=True)
class Broken:
    """A call that cannot be made: a value it needs is not as the plan expects.

    `label` says who could have brought that about.
    """

    step: str
    item: Item
    error: ToolError
    label: Label = NO_LABEL


@dataclass(frozen=True, slots=True)
class Skip:
    """A call that will not happen, and why."""

    step: str
    item: Item
    because: str


@dataclass(slots=True)
class Front:
    """Everything that can happen next, and how many elements each comprehension has."""

    ready: list[ReadyCall] = field(default_factory=list[ReadyCall])
    broken: list[Broken] = field(default_factory=list[Broken])
    skipped: list[Skip] = field(default_factory=list[Skip])
    totals: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class Look:
    """One look at one statement. `literals` is the label of what the plan's author wrote."""

    calls: Mapping[Address, CallState]
    literals: Label
    most_items: int
    front: Front

    def outcome(self, statement: Statement, known: Known, control: Label = NO_LABEL) -> Outcome:
        """The statement's outcome; what can start is added to the front."""
        return self._doing(statement.doing, known, (), control)

    def _doing(self, doing: Doing, known: Known, item: Item, control: Label) -> Outcome:
        match doing:
            case Call():
                return self._call(doing, known, item, control)
            case OrElse():
                return self._or_else(doing, known, item, control)
            case If():
                return self._if(doing, known, item, control)
            case Each():
                return self._each(doing, known, item, control)

    def _or_else(self, doing: OrElse, known: Known, item: Item, control: Label) -> Outcome:
        first = self._doing(doing.first, known, item, control)
        if not isinstance(first, Failed):
            self._skip(doing.second, item, "the first way worked", when=isinstance(first, Done))
            return first
        if first.final and not self._begun(doing.second, item):
            self._skip(doing.second, item, f"the first way was {first.code}")
            return first
        second = self._doing(doing.second, known, item, control | first.label)
        return _decided_by(second, first.label)

    def _begun(self, doing: Doing, item: Item) -> bool:
        """True when one of its calls has begun or been held."""
        ids = {call.id for call in calls_in(doing)}
        return any(
            step in ids
            and place[: len(item)] == item
            and state.status is not CallStatus.SKIPPED
            and state.status is not CallStatus.REHEARSED
            for (step, place), state in self.calls.items()
        )

    def _if(self, doing: If, known: Known, item: Item, control: Label) -> Outcome:
        try:
            holding, label = holds(doing.condition, known, self.literals)
        except ToolError as error:
            return self._break(doing, item, error, known, control)
        control = control | label
        other = doing.otherwise if holding else doing.doing
        if other is not None:
            self._skip(
                other, item, "its condition is " + ("true" if other is doing.otherwise else "false")
            )
        chosen = doing.doing if holding else doing.otherwise
        if chosen is None:
            return Done(Labelled.with_label(None, label))
        return _decided_by(self._doing(chosen, known, item, control), label)

    def _each(self, doing: Each, known: Known, item: Item, control: Label) -> Outcome:
        first = next(calls_in(doing))
        before = self.calls.get((first.id, item))
        if before is not None and before.status is CallStatus.FAILED:
            return Failed(before.code, label=before.failure)
        if before is not None and before.status is CallStatus.SKIPPED and before.by:
            return Failed("skipped", final=True)
        try:
            over = resolve(doing.over, known, self.literals)
            chosen, decided = self._chosen(doing, over, known)
        except ToolError as error:
            return self._break(doing, item, error, known, control)
        if len(chosen) > self.most_items:
            message = (
                f"{len(chosen)} elements are more than the {self.most_items} steps a run may have; "
                f"take a part with [:{self.most_items}]."
            )
            return self._break(doing, item, ToolError("too_many", message), known, control)
        self.front.totals[first.id] = len(chosen)
        control = control | over.labels.own
        outcomes = [
            self._doing(
                doing.doing, {**known, doing.name: element}, (*item, place), control | label
            )
            for place, (element, label) in enumerate(chosen)
        ]
        return _decided_by(_together(outcomes, over.labels.own), decided)

    def _chosen(
        self, doing: Each, over: Labelled, known: Known
    ) -> tuple[list[tuple[Labelled, Label]], Label]:
        """The elements that meet the condition, each with its label, and all those labels."""
        chosen: list[tuple[Labelled, Label]] = []
        decided = NO_LABEL
        for element in elements(over, doing.over):
            label = NO_LABEL
            if doing.condition is not None:
                inner = {**known, doing.name: element}
                holding, label = holds(doing.condition, inner, self.literals)
                decided = decided | label
                if not holding:
                    continue
            chosen.append((element, label))
        return chosen, decided

    def _call(self, call: Call, known: Known, item: Item, control: Label) -> Outcome:
        state = self.calls.get((call.id, item))
        skipped = state is not None and state.status is CallStatus.SKIPPED
        if state is not None and state.status.settled and not skipped:
            return _settled(state)
        ready, broken = len(self.front.ready), len(self.front.broken)
        args = self._arguments(call, known, item, control)
        if skipped or isinstance(args, Failed):
            del self.front.ready[ready:], self.front.broken[broken:]
            # A call skipped for want of an argument failed as that did, also in a later look.
            return args if isinstance(args, Failed) else Failed("skipped", final=True)
        if args is None:
            return PENDING
        if state is None:
            self.front.ready.append(ReadyCall(call, item, args, control))
        elif state.status in (CallStatus.RETRYING, CallStatus.ALLOWED, CallStatus.OUTBOX):
            kept = with_labels(state.args, state.arg_labels) if state.edited else args
            allowed = state.status is not CallStatus.RETRYING
            self.front.ready.append(ReadyCall(call, item, kept, control, allowed))
        return PENDING

    def _arguments(
        self, call: Call, known: Known, item: Item, control: Label
    ) -> dict[str, Labelled] | Failed | None:
        """The arguments; Failed when one will not come, None while one is not there.

        Values come first: where one is not as the plan expects, no call for another starts.
        """
        made: dict[str, Outcome] = {}
        try:
            for name, argument in call.args:
                if not isinstance(argument, Call | OrElse | If | Each):
                    made[name] = Done(resolve(argument, known, self.literals))
        except ToolError as error:
            label = control | _read(call, known)
            self.front.broken.append(Broken(call.id, item, error, label))
            return None
        for name, argument in call.args:
            if isinstance(argument, Call | OrElse | If | Each):
                made[name] = self._doing(argument, known, item, control)
        failures = {name: one for name, one in made.items() if isinstance(one, Failed)}
        if failures:
            # What was skipped because of another's failure is not itself the reason.
            real = {name: one for name, one in failures.items() if one.code != "skipped"}
            self._skip(call, item, f"its argument {next(iter(real or failures))} could not be had")
            return _all_failed((real or failures).values())
        args: dict[str, Labelled] = {}
        for name, _ in call.args:
            outcome = made[name]
            if not isinstance(outcome, Done):
                return None
            args[name] = outcome.output
        return args

    def _break(
        self, doing: Doing, item: Item, error: ToolError, known: Known, control: Label
    ) -> Outcome:
        call = next(calls_in(doing))
        state = self.calls.get((call.id, item))
        if state is not None and state.status is CallStatus.FAILED:
            return Failed(state.code, label=state.failure)
        label = control | _read(doing, known)
        self.front.broken.append(Broken(call.id, item, error, label))
        return PENDING

    def _skip(self, doing: Doing, item: Item, because: str, *, when: bool = True) -> None:
        if not when or isinstance(doing, Each):
            return
        for call in calls_in(doing):
            state = self.calls.get((call.id, item))
            if state is None or not state.status.begun:
                self.front.skipped.append(Skip(call.id, item, because))


def _read(doing: Doing, known: Known) -> Label:
    """The marks of every value that a part of a statement reads."""
    return join(known[name].labels.overall().marked for name in names_in(doing) if name in known)


def _decided_by(outcome: Outcome, label: Label) -> Outcome:
    """What decided which way was taken is a source of what came of it."""
    match outcome:
        case Done(output):
            return Done(Labelled(output.value, output.labels.with_added(label)))
        case Failed():
            return replace(outcome, label=outcome.label | label)
        case Pending():
            return outcome


def _all_failed(failures: Iterable[Failed]) -> Failed:
    """One failure for several: final when any is."""
    known = list(failures)
    label = join(one.label for one in known)
    return Failed(known[0].code, any(one.final for one in known), label)


def _settled(state: CallState) -> Outcome:
    match state.status:
        case CallStatus.DONE | CallStatus.REHEARSED:
            return Done(state.output or Labelled(None))
        case CallStatus.SKIPPED:
            return Failed("skipped", final=True)
        case CallStatus.DENIED | CallStatus.UNKNOWN | CallStatus.TAKEN_BACK:
            return Failed(state.code or state.status.value, final=True)
        case _:
            return Failed(state.code, label=state.failure)


def _together(outcomes: list[Outcome], own: Label) -> Outcome:
    """A comprehension's outcome: its outputs in order, None in failed places; failed if all did."""
    if any(isinstance(outcome, Pending) for outcome in outcomes):
        return PENDING
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    if failed and len(failed) == len(outcomes):
        return _all_failed(failed)
    nothing = Labelled.with_label(None, own | join(outcome.label for outcome in failed))
    outputs = [outcome.output if isinstance(outcome, Done) else nothing for outcome in outcomes]
    return Done(Labelled.of_list(outputs, own))
