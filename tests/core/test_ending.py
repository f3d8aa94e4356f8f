"""A run without the calls that were denied is done where something of its goal was met."""

from __future__ import annotations

import pytest
from run_engine import TOOLS, Denied, Does, Drive, Fails, Unknown, check_prefixes

from butler_tui.core import events as ev
from butler_tui.core.ending import failure_of, in_short, standing, without
from butler_tui.core.run import RunState, RunStatus
from butler_tui.core.tool import Effect, Tool, ToolContext, tool


@tool(effect=None)
async def answer(context: ToolContext, text: str) -> str:
    """Tell."""
    return text


ALL: dict[str, Tool] = {**TOOLS, "answer": answer}


def bounds(name: str) -> bool:
    """`put` changes; the others do not."""
    return name == "put"


def ended(text: str, script: dict[str, Does]) -> RunState:
    """A run to its end. The engine of the tests holds what is denied, which has put's effect."""
    run = Drive(text, script, ALL).run()
    check_prefixes(run.journal)
    return run.state


MET = {
    "one of two effects": ('a = put("x")\nput("y")', {"a": Denied()}),
    "one element": ('[put(x) for x in ["p", "q"]]', {"put[1]": Denied()}),
    "an answer that needs nothing of it": (
        'put("x")\nput("y")\nanswer("told")',
        {"put": Denied()},
    ),
    "an answer that does with some": (
        'a = [put(x) for x in ["p", "q"]]\nanswer(f"{a}")',
        {"a[0]": Denied()},
    ),
    "an effect that needs the other": ('a = put("x")\nput(a)\nput("z")', {"a": Denied()}),
}


@pytest.mark.parametrize("case", MET)
def test_the_goal_is_met_without_what_was_denied(case: str) -> None:
    state = ended(*MET[case])
    assert failure_of(state, bounds) == ""
    assert without(state).startswith("without 1 call you denied: put ")


UNMET = {
    "the only effect": ('put("x")', {"put": Denied()}),
    "the only effect, though something is told": ('put("x")\nanswer("saved")', {"put": Denied()}),
    "every element": ('[put(x) for x in ["p"]]\nanswer("saved")', {"put[0]": Denied()}),
    "an answer": ('a = put("x")\nput("y")\nanswer(f"{a}")', {"a": Denied()}),
    "an answer that comes after": (
        'a = put("x")\nput("y")\nanswer("told", after=[a])',
        {"a": Denied()},
    ),
    "an answer around it": ('put("y")\nanswer(put("x"))', {"answer.1": Denied()}),
    "an effect further on": ('a = get("x")\nput(a)\nanswer("told")', {"a": Denied()}),
}


@pytest.mark.parametrize("case", UNMET)
def test_the_goal_is_not_met_where_what_it_was_for_needs_what_was_denied(case: str) -> None:
    error = failure_of(ended(*UNMET[case]), bounds)
    assert error.startswith("The goal is not met without 1 call you denied: ")
    assert "failed" not in error


def test_what_failed_fails_the_run_all_the_same() -> None:
    state = ended('a = put("x")\nb = put("y")\nput("z")', {"a": Denied(), "b": Fails()})
    assert failure_of(state, bounds).startswith("Step b ")


def test_what_the_person_skipped_as_unknown_fails_nothing() -> None:
    state = ended('a = put("x")\nb = put("y")\nput("z")', {"a": Denied(), "b": Unknown()})
    assert failure_of(state, bounds) == ""


def test_a_run_that_nobody_denied_anything_says_nothing() -> None:
    state = ended('put("x")', {})
    assert (failure_of(state, bounds), without(state)) == ("", "")


def test_what_was_left_out_is_named_with_what_needed_it() -> None:
    state = ended('a = put("x")\nb = get(a)\nget(b)\nput("y") or put("z")', {"a": Denied()})
    assert without(state) == (
        "without 1 call you denied: put x and 2 steps that needed what is missing"
    )


def test_a_second_way_is_no_step_that_is_missing() -> None:
    state = ended('put("x") or put("z")\nput("y")', {"put": Denied()})
    assert without(state) == "without 1 call you denied: put x"


def test_who_left_it_out_is_told() -> None:
    run = Drive('put("x")\nput("y")\nput("z")', {}, ALL)
    for number, step in enumerate(("put", "put_2", "put_3")):
        args = {"what": step}
        run.add(
            ev.ApprovalRequested(
                id=str(number), step=step, tool="put", effect=Effect.CHANGE, args=args
            )
        )
    run.add(
        ev.ApprovalDecided(id="0", decision="deny", by="rule"),
        ev.ApprovalDecided(id="1", decision="allow"),
        ev.SendHeld(step="put_2", until=run.journal[0].at),
        ev.SendTakenBack(step="put_2"),
        ev.ApprovalDecided(id="2", decision="deny", by="--no"),
        ev.RunFinished(),
    )
    assert run.state.status is RunStatus.DONE
    assert standing(run.state) == (
        "done, without 1 call you denied: put put_3 and 1 call rules denied: put put "
        "and 1 call you took back: put put_2"
    )


def test_what_was_found_failed_is_told_though_the_run_is_done() -> None:
    run = Drive('a = put("x")\nput("y")\n[put(x) for x in ["p"]]', {"put": Denied()}, ALL)
    run.run()
    for step, item, verdict in (("a", (), "failed"), ("put_2", (0,), "failed")):
        run.add(ev.ReceiptChecked(step=step, item=item, verdict=verdict))
    assert failure_of(run.state, bounds) == ""
    run.add(ev.RunFinished())
    assert run.state.status is RunStatus.DONE
    assert standing(run.state) == (
        "done, but 2 calls failed: a, put_2[0], and without 1 call you denied: put y"
    )
    assert in_short(run.state) == "done, 2 failed, 1 left out"
    run.add(ev.StepUndone(step="a", by="another"))
    assert standing(run.state).startswith("done, but 1 call failed: put_2[0], and without ")
