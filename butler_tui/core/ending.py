"""How a run ends whose plan was carried out as far as the person let it. Pure.

Someone who takes a call off a plan wants the rest of it. So a denial is no failure by itself: it is
one only where nothing is left of what the plan was for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from butler_tui.core.calls import Address, CallState, CallStatus, Failed, RunStatus
from butler_tui.core.clean import shortened
from butler_tui.core.labels import text_of
from butler_tui.core.plan import Call, Doing, Statement, calls_in
from butler_tui.core.run import RunState

_BY_PERSON = frozenset({"person", "--no"})
_CARRIED_OUT = frozenset({CallStatus.DONE, CallStatus.REHEARSED})
_NAMED = 3
_LONGEST = 40


def failure_of(state: RunState, bounds: Callable[[str], bool]) -> str:
    """Why a settled run has failed, in a sentence; empty when its goal was met.

    A call that failed, or that may have happened, fails the run. Calls that were denied or taken
    back do not, when every answer of the plan could still be given and, if any of what is missing
    for their want would have changed, sent or executed something, at least one such call was
    carried out. What the reviewer added is more than the plan was for: a denial of it is none of
    the plan. `bounds` says of a tool's name whether it may change, send or execute.
    """
    failures = state.failures()
    if failures:
        first = failures[0]
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return f"Step {first.step} {first.status.value}: {first.error}{more}"
    withdrawn = state.withdrawn()
    if not withdrawn or _is_met(state, withdrawn, bounds):
        return ""
    reasons = list(dict.fromkeys(one.error for one in withdrawn if one.error))
    why = f" ({'; '.join(reasons[:_NAMED])})" if reasons else ""
    return f"The goal is not met {without(state)}{why}."


def _is_met(state: RunState, withdrawn: Sequence[CallState], bounds: Callable[[str], bool]) -> bool:
    added = _added(state)
    withdrawn = [one for one in withdrawn if one.step not in added]
    if not withdrawn:
        return True
    missing = [
        call for calls in _missing(state, withdrawn) for call in calls if call.id not in added
    ]
    if any(call.tool == "answer" for call in missing):
        return False
    carried_out = [one for one in state.calls.values() if one.status in _CARRIED_OUT]
    if any(_bounds(one) for one in withdrawn) or any(bounds(call.tool) for call in missing):
        return any(_bounds(one) for one in carried_out)
    return bool(carried_out)


def _added(state: RunState) -> AbstractSet[str]:
    """The calls that the reviewer added."""
    return {
        call.id
        for one in state.statements.values()
        if one.by == "reviewer"
        for call in one.statement.calls()
    }


def _bounds(call: CallState) -> bool:
    return call.effect is not None and call.effect.bounds_the_world


def without(state: RunState) -> str:
    """What was left out, in words: `without 1 call you denied: write_file notes.txt`; or empty."""
    skipped = _skipped_by_person(state)
    withdrawn = [*state.withdrawn(), *skipped]
    if not withdrawn:
        return ""
    taken_back = [one for one in withdrawn if one.status is CallStatus.TAKEN_BACK]
    denied = [one for one in withdrawn if one.status is CallStatus.DENIED]
    by_rules = [one for one in denied if _by(state, one) not in _BY_PERSON]
    by_person = [one for one in denied if one not in by_rules]
    groups = (
        (by_person, "you denied"),
        (by_rules, "rules denied"),
        (taken_back, "you took back"),
        (skipped, "you skipped"),
    )
    said = [f"{_count(calls)} {whose}: {_named(calls)}" for calls, whose in groups if calls]
    needing = sum(1 for _ in _missing(state, withdrawn))
    if needing:
        said.append(f"{needing} step{'' if needing == 1 else 's'} that needed what is missing")
    return f"without {' and '.join(said)}"


def found_failed(state: RunState) -> Sequence[CallState]:
    """The calls that the run made and that code, when it looked again, found failed.

    They were carried out, so that the run went on: a server that refused what was sent, a program
    that ended with an exit code, a file that is not as it was written. What was put back is none.
    """
    return [
        one
        for one in state.calls_in_order()
        if one.status is CallStatus.DONE
        and one.checking is not None
        and one.checking.verdict == "failed"
        and not one.undone
        and not one.taken
    ]


def standing(state: RunState) -> str:
    """Where the run stands, in words: `done, without 1 call you denied: write_file notes.txt`.

    `done, but 1 call failed: post` where it was found so afterwards.
    """
    if state.status is not RunStatus.DONE:
        return str(state.status)
    said = [str(state.status)]
    if failed := found_failed(state):
        places = ", ".join(one.place for one in failed[:_NAMED])
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        said.append(f"but {_count(failed)} failed: {places}{more}")
    if left_out := without(state):
        said.append(f"and {left_out}" if failed else left_out)
    return ", ".join(said)


def in_short(state: RunState) -> str:
    """Where the run stands, in a list's few words: `done, 1 failed, 2 left out`."""
    if state.status is not RunStatus.DONE:
        return str(state.status)
    left_out = len(state.withdrawn()) + len(_skipped_by_person(state))
    counts = ((len(found_failed(state)), "failed"), (left_out, "left out"))
    return ", ".join([str(state.status), *(f"{many} {what}" for many, what in counts if many)])


def _skipped_by_person(state: RunState) -> list[CallState]:
    """The plan's calls that the person said the run shall do without."""
    gone = state.superseded_steps
    return [
        one
        for one in state.calls_in_order()
        if one.status is CallStatus.SKIPPED and one.by == "person" and one.step not in gone
    ]


def _by(state: RunState, call: CallState) -> str:
    """Who denied the call."""
    return next(
        (
            one.decided.by
            for one in reversed(state.approvals.values())
            if one.decided is not None
            and (one.requested.step, one.requested.item) == (call.step, call.item)
        ),
        "person",
    )


def _count(calls: Sequence[CallState]) -> str:
    return f"{len(calls)} call{'' if len(calls) == 1 else 's'}"


def _named(calls: Sequence[CallState]) -> str:
    named = ", ".join(_name(one) for one in calls[:_NAMED])
    return f"{named} and {len(calls) - _NAMED} more" if len(calls) > _NAMED else named


def _name(call: CallState) -> str:
    """The tool, and the first of its arguments that says something."""
    texts = (shortened(text_of(value), _LONGEST) for value in call.args.values())
    about = next((text for text in texts if text), "")
    return f"{call.tool or call.step} {about}".rstrip()


def _missing(state: RunState, withdrawn: Sequence[CallState]) -> Iterator[Sequence[Call]]:
    """For each step that did not happen for want of a withdrawn call, the calls in it.

    A second way (`a or b`) whose first way was withdrawn is no step of its own.
    """
    addresses = {(one.step, one.item) for one in withdrawn}
    steps = {step for step, _ in addresses}
    for one in state.statements.values():
        calls = list(one.statement.calls())
        if any(call.id in steps for call in calls):
            yield from ([call] for call in _around(state, one.statement, addresses))
        elif isinstance(one.outcome, Failed) and _skipped(state, calls[0]):
            yield calls


def _skipped(state: RunState, call: Call) -> bool:
    found = state.calls.get((call.id, ()))
    return found is not None and found.status is CallStatus.SKIPPED


def _around(
    state: RunState, statement: Statement, withdrawn: AbstractSet[Address]
) -> Iterator[Call]:
    """The calls that wanted the output of a withdrawn one as an argument, once per element."""
    for (step, item), found in state.calls.items():
        call = statement.call(step)
        if call is None or found.status is not CallStatus.SKIPPED:
            continue
        inner = {
            one.id
            for _, argument in call.args
            if isinstance(argument, Doing)
            for one in calls_in(argument)
        }
        if any(name in inner and place[: len(item)] == item for name, place in withdrawn):
            yield call
