"""What a run that is not over has looked at, and what would still come. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from butler_tui.core.calls import CallState, CallStatus, Done, Failed, StatementState
from butler_tui.core.clean import shortened
from butler_tui.core.events import Item
from butler_tui.core.labels import Json, text_of
from butler_tui.core.plan_write import write_statement
from butler_tui.core.run import RunState

_LONGEST = 60
_GOING_ON = (CallStatus.RUNNING, CallStatus.RETRYING, CallStatus.ALLOWED)
_FOR_PERSON = (CallStatus.HELD, CallStatus.ASKING, CallStatus.OUTBOX)


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that was looked at, waits or would come, in words; `how` is what decides it."""

    step: str
    item: Item
    summary: str
    detail: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What an open run has read or fetched, what waits for the person, and what would come."""

    looked: tuple[Matter, ...] = ()
    waiting: tuple[Matter, ...] = ()
    coming: tuple[Matter, ...] = ()


def place(step: str, item: Item) -> str:
    """A call's place: `pages[1]`, `pages[1][0]`."""
    return step + "".join(f"[{number}]" for number in item)


def ahead_of(state: RunState) -> Ahead:
    """What is ahead of the run; nothing when it is over."""
    if state.status.over:
        return Ahead()
    state.front()
    return Ahead(tuple(_looked(state)), tuple(_waiting(state)), tuple(_coming(state)))


def call_in_words(tool: str, args: Mapping[str, Json]) -> str:
    """A call with its arguments, each cut where it is long, and saying so by `…`."""
    given = ", ".join(
        f"{name}={shortened(text_of(value), _LONGEST)}" for name, value in args.items()
    )
    return f"{tool}({given})" if given else tool


def _looked(state: RunState) -> Iterator[Matter]:
    for call in state.calls_in_order():
        bounds = call.effect is not None and call.effect.bounds_the_world
        if call.status is CallStatus.DONE and not bounds and call.tool != "answer":
            yield Matter(call.step, call.item, call_in_words(call.tool or call.step, call.args))


def _waiting(state: RunState) -> Iterator[Matter]:
    offer = state.open_offer()
    if offer is not None:
        many = len(offer.offered.approvals)
        yield Matter(
            "plan", (), f"its {many} calls at once", how=f"butler allow {offer.offered.id}"
        )
    approvals = {
        (one.requested.step, one.requested.item): one.requested for one in state.waiting_approvals()
    }
    questions = {(one.asked.step, one.asked.item): one.asked for one in state.waiting_questions()}
    for call in state.calls_in_order():
        at = (call.step, call.item)
        named = call_in_words(call.tool or call.step, call.args)
        if (approval := approvals.get(at)) is not None:
            how = f"butler allow {approval.id}, or butler deny {approval.id}"
            because = f"asked because {approval.because}" if approval.because else ""
            yield Matter(*at, named, because, how)
        elif (asked := questions.get(at)) is not None:
            choices = f"one of: {', '.join(asked.choices)}" if asked.choices else ""
            yield Matter(*at, asked.question, choices, f"butler answer {asked.id} TEXT")
        elif call.status is CallStatus.OUTBOX:
            until = f"it goes at {call.until:%H:%M:%S} UTC" if call.until else "it goes now"
            yield Matter(*at, named, f"{until} unless you take it back")


def _coming(state: RunState) -> Iterator[Matter]:
    pending = {
        one.statement.name: one.statement.id
        for one in state.statements.values()
        if one.statement.name is not None and not isinstance(one.outcome, Done | Failed)
    }
    for one in state.statements.values():
        if isinstance(one.outcome, Done | Failed):
            continue
        calls = [call for made in one.statement.calls() for call in state.items_of(made.id)]
        if any(call.status in _FOR_PERSON for call in calls):
            continue
        yield Matter(
            one.statement.id, (), write_statement(one.statement), _stands(one, calls, pending)
        )


def _stands(one: StatementState, calls: list[CallState], pending: dict[str, str]) -> str:
    """Why a statement that will come has not come yet."""
    if any(call.status in _GOING_ON for call in calls):
        return "it is under way"
    after = sorted(pending[name] for name in one.statement.needs() if name in pending)
    return f"after {', '.join(after)}" if after else "it has not begun"
