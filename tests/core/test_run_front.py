"""What can start next, worked out from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_strategies import plans
from run_engine import Denied, Does, Drive, Fails, Says, Unknown, check_prefixes
from test_plan_round_trip import ANY

from butler_tui.core.calls import CallStatus, Done, Failed
from butler_tui.core.events import ApprovalDecided, StepFailed, StepProposed, StepSkipped
from butler_tui.core.plan import Plan
from butler_tui.core.plan_write import write_plan
from butler_tui.core.ready import Front
from butler_tui.core.run import RunState


@pytest.fixture
def drive() -> Iterator[Any]:
    """Drives runs; afterwards each journal is folded at every prefix."""
    driven: list[Drive] = []

    def make(*args: Any, **kwargs: Any) -> Drive:
        driven.append(Drive(*args, **kwargs))
        return driven[-1]

    yield make
    for one in driven:
        check_prefixes(one.journal)


def test_steps_start_together_when_nothing_stands_between(drive: Any) -> None:
    run = drive('a = get("x")\nb = get("y")\nc = get(a, b)\nd = get(a)\n').run()
    assert run.waves == [["a", "b"], ["c", "d"]]
    assert {name: arg.value for name, arg in run.ran["c"].args.items()} == {
        "what": {"text": "a"},
        "more": {"text": "b"},
    }
    assert run.state.settled


def test_a_step_is_ready_while_the_plan_is_still_read(drive: Any) -> None:
    run = drive()
    run.add(StepProposed(step="a", text='a = get("x")', signatures={"get": ["what"]}))
    run.add(StepProposed(step="b", text="b = get(a)", signatures={"get": ["what"]}))
    assert run.ready() == ["a"]
    assert not run.state.settled


def test_the_first_way_that_works_is_enough(drive: Any) -> None:
    run = drive('a = get("x") or get("y") or get("z")\nb = get(a)').run()
    assert run.waves == [["a"], ["b"]]
    assert run.status("a.1") is run.status("a.2") is CallStatus.SKIPPED
    assert run.output("a") == {"text": "a"}


def test_the_second_way_is_tried_when_the_first_fails(drive: Any) -> None:
    run = drive('a = get("x") or get("y") or get("z")', {"a": Fails(), "a.1": Fails()}).run()
    assert run.waves == [["a"], ["a.1"], ["a.2"]]
    assert run.output("a") == {"text": "a.2"}
    assert run.state.failures() == []


def test_when_no_way_works_the_statement_fails_and_what_needs_it_is_skipped(drive: Any) -> None:
    run = drive(
        'a = get("x") or get("y")\nb = get(a)\nc = get(b) or get("z")\nd = get("z")',
        {"a": Fails("one"), "a.1": Fails("two")},
    ).run()
    assert run.waves == [["a", "d"], ["a.1"]]
    assert run.outcome("a") == Failed("two")
    for step in ("b", "c", "c.1"):
        assert run.status(step) is CallStatus.SKIPPED
    assert run.state.calls[("b", ())].error == "it needs a, which did not happen"
    assert run.state.calls[("c", ())].error == "it needs b, which did not happen"
    assert [one.step for one in run.state.failures()] == ["a", "a.1"]
    assert run.state.settled


@pytest.mark.parametrize(
    ("does", "status", "code"),
    [(Denied(), CallStatus.DENIED, "denied"), (Unknown(), CallStatus.SKIPPED, "skipped")],
)
def test_after_a_denial_or_an_unknown_no_other_way_is_tried(
    does: Does, status: CallStatus, code: str, drive: Any
) -> None:
    run = drive('a = put("x") or put("y")\nb = get(a)', {"a": does}).run()
    assert run.waves == [["a"]]
    assert run.status("a") is status
    assert run.status("a.1") is CallStatus.SKIPPED
    assert run.state.calls[("a.1", ())].error == f"the first way was {code}"
    assert run.outcome("a") == Failed(code, final=True)
    if status is CallStatus.DENIED:
        assert [one.step for one in run.state.withdrawn()] == ["a"]


def test_a_denied_argument_ends_every_way(drive: Any) -> None:
    run = drive('a = get(put("x")) or get("y")', {"a.1": Denied()}).run()
    assert run.waves == [["a.1"]]
    assert run.outcome("a") == Failed("denied", final=True)


def test_a_condition_chooses(drive: Any) -> None:
    text = 'a = get("x")\nb = get("y") if a.ok else get("z")\nc = get("w") if not a.ok'
    run = drive(text, {"a": Says({"ok": True})}).run()
    assert run.waves == [["a"], ["b"]]
    assert run.status("b.1") is CallStatus.SKIPPED
    assert run.state.calls[("b.1", ())].error == "its condition is true"
    assert run.state.calls[("c", ())].error == "its condition is false"
    assert run.output("c") is None
    run = drive(text, {"a": Says({"ok": ""})}).run()
    assert run.waves == [["a"], ["b.1", "c"]]


def test_a_condition_that_cannot_be_seen_is_a_failure(drive: Any) -> None:
    run = drive('a = get("x")\nb = (get("y") if a.nope else get("z")) or get("w")').run()
    assert run.waves == [["a"], ["b.2"]]
    assert run.state.calls[("b", ())].code == "no_such_part"
    assert run.output("b") == {"text": "b.2"}


def test_a_comprehension_is_a_step_per_element_all_at_once(drive: Any) -> None:
    run = drive("a = get(1)\nb = [get(x) for x in a]\nc = get(b)", {"a": Says([7, 8, 9])}).run()
    assert run.waves == [["a"], ["b[0]", "b[1]", "b[2]"], ["c"]]
    assert [one.args["what"].value for name, one in run.ran.items() if name[0] == "b"] == [7, 8, 9]
    assert run.output("b") == [{"text": f"b[{place}]"} for place in range(3)]
    assert [call.item for call in run.state.items_of("b")] == [(0,), (1,), (2,)]


def test_how_many_elements_there_are_is_known_before_they_run(drive: Any) -> None:
    run = drive("b = [get(x) for x in [1, 2, 3] if x != 2]")
    assert run.front().totals == {"b": 2}
    run.run()
    assert [one.args["what"].value for one in run.ran.values()] == [1, 3]


def test_where_an_element_fails_there_is_none(drive: Any) -> None:
    run = drive(
        "b = [get(x) for x in [1, 2, 3]]\nc = [get(x.text) for x in b if x]",
        {"b[1]": Fails()},
    ).run()
    assert run.output("b") == [{"text": "b[0]"}, None, {"text": "b[2]"}]
    assert run.waves[1] == ["c[0]", "c[1]"]
    assert run.state.failures() == []


def test_when_all_elements_fail_the_statement_does(drive: Any) -> None:
    run = drive(
        "b = [get(x) for x in [1, 2]] or get(3)", {"b[0]": Fails("one"), "b[1]": Fails("two")}
    ).run()
    assert run.waves == [["b[0]", "b[1]"], ["b.1"]]
    assert run.output("b") == {"text": "b.1"}


def test_when_all_elements_fail_and_one_was_denied_that_is_final(drive: Any) -> None:
    run = drive("b = [put(x) for x in [1, 2]] or get(3)", {"b[0]": Fails(), "b[1]": Denied()}).run()
    assert run.outcome("b") == Failed("broken", final=True)


def test_no_elements_are_an_empty_list_at_once(drive: Any) -> None:
    run = drive("b = [get(x) for x in []]\nc = get(b)").run()
    assert run.waves == [["c"]]
    assert run.output("b") == []


def test_what_is_no_list_has_no_elements(drive: Any) -> None:
    run = drive("a = get(1)\nb = [get(x) for x in a] or get(2)").run()
    assert run.waves == [["a"], ["b.1"]]
    assert run.state.calls[("b", ())].code == "bad_value"


def test_more_elements_than_a_run_may_have_steps_are_refused(drive: Any) -> None:
    run = drive("a = get(1)\nb = [get(x) for x in a]", {"a": Says([0] * 4)}, settings={"steps": 3})
    run.run()
    assert run.waves == [["a"]]
    assert "take a part with [:3]" in run.state.calls[("b", ())].error


def test_elements_of_elements(drive: Any) -> None:
    run = drive("b = [[get(y) for y in x] for x in [[1, 2], [], [3]]]", {"b[0][1]": Fails()}).run()
    assert run.waves == [["b[0][0]", "b[0][1]", "b[2][0]"]]
    assert run.output("b") == [[{"text": "b[0][0]"}, None], [], [{"text": "b[2][0]"}]]


def test_calls_in_arguments_run_first(drive: Any) -> None:
    run = drive('a = get(get(get("x")), more=get("y"))').run()
    assert run.waves == [["a.2", "a.3"], ["a.1"], ["a"]]
    assert run.ran["a"].args["what"].value == {"text": "a.1"}
    assert run.ran["a"].args["more"].value == {"text": "a.3"}


def test_calls_in_arguments_within_a_comprehension(drive: Any) -> None:
    run = drive("b = [get(get(x), [get(y) for y in [x, x]]) for x in [1, 2]]").run()
    assert run.waves[0] == ["b.1[0]", "b.2[0][0]", "b.2[0][1]", "b.1[1]", "b.2[1][0]", "b.2[1][1]"]
    assert run.waves[1] == ["b[0]", "b[1]"]
    assert run.ran["b[1]"].args["more"].value == [{"text": "b.2[1][0]"}, {"text": "b.2[1][1]"}]


def test_an_argument_may_have_a_second_way_and_a_condition(drive: Any) -> None:
    run = drive(
        'a = get(get("x") or get("y"), get("z") if goal == "" else get("w"))', {"a.1": Fails()}
    ).run()
    assert run.waves == [["a.1", "a.4"], ["a.2"], ["a"]]


def test_when_an_argument_cannot_be_had_the_call_is_skipped_and_the_next_way_taken(
    drive: Any,
) -> None:
    run = drive('a = get(get("x")) or get("y")\nb = get(a)', {"a.1": Fails("one")}).run()
    assert run.waves == [["a.1"], ["a.2"], ["b"]]
    assert run.status("a") is CallStatus.SKIPPED
    assert run.state.calls[("a", ())].error == "its argument what could not be had"
    assert run.output("a") == {"text": "a.2"}


def test_a_call_that_lacks_an_argument_starts_no_other_argument(drive: Any) -> None:
    run = drive('a = get(get("x"), get("y")) or get("z")')
    _, second = run.front().ready
    run.start(second)
    run.finish(second.address, Fails())
    run.run()
    assert run.waves == [["a.3"]]
    assert run.status("a") is run.status("a.1") is CallStatus.SKIPPED


def test_an_argument_denied_when_the_next_way_has_begun_comes_too_late(drive: Any) -> None:
    run = drive('a = get(put("x"), get("y")) or get("z")')
    run.hold("a.1")
    (second,) = run.front().ready
    run.start(second)
    run.finish(second.address, Fails())
    run.run()
    assert run.waves == [["a.3"]]
    run.add(ApprovalDecided(id="a.1()", decision="deny"))
    assert run.output("a") == {"text": "a.3"}


def test_where_a_value_is_not_there_no_call_for_another_argument_starts(drive: Any) -> None:
    run = drive('a = get("x")\nb = get(put("y"), a.nope)').run()
    assert run.waves == [["a"]]
    assert run.state.calls[("b", ())].code == "no_such_part"


def test_a_value_that_is_not_there_is_a_failure_of_the_call(drive: Any) -> None:
    run = drive('a = get("x")\nb = get(a.nope) or get(a.text)').run()
    assert run.waves == [["a"], ["b.1"]]
    assert run.state.calls[("b", ())].code == "no_such_part"


def test_after_waits_without_using_the_output(drive: Any) -> None:
    run = drive('a = get("x")\nb = get("y", after=[a])').run()
    assert run.waves == [["a"], ["b"]]
    run = drive('a = get("x")\nb = get("y", after=[a])', {"a": Fails()}).run()
    assert run.status("b") is CallStatus.SKIPPED


def test_the_highest_priority_is_first_and_else_the_plan_s_order(drive: Any) -> None:
    run = drive("a = get(1)\nb = get(2, priority=-1)\nc = get(3, priority=5)\nd = get(4)")
    assert run.ready() == ["c", "a", "d", "b"]


def test_what_runs_or_is_held_is_not_ready(drive: Any) -> None:
    run = drive('a = put("x")\nb = get("y")')
    first, second = run.front().ready
    run.start(first)
    assert run.ready() == ["b"]
    run.hold("b")
    assert run.ready() == []
    assert second.address == ("b", ())


def test_a_call_that_will_be_tried_again_is_ready_again(drive: Any) -> None:
    run = drive('a = get("x") or get("y")')
    run.start(run.front().ready[0])
    run.add(StepFailed(step="a", code="timeout", error="slow", will_retry=True))
    assert run.ready() == ["a"]
    assert run.status("a") is CallStatus.RETRYING


def test_a_call_that_the_person_skipped_has_no_second_way(drive: Any) -> None:
    run = drive('a = get(get("x"), 1) or get("y")')
    run.add(StepSkipped(step="a", because="by the person"))
    assert run.ready() == []
    assert run.outcome("a") == Failed("skipped", final=True)


def test_goal_run_and_parameters_are_given(drive: Any) -> None:
    run = drive("get(goal, [run.date, run.time, run.id, place])", parameters={"place": "Rome"})
    run.run()
    args = {name: arg.value for name, arg in run.ran["get"].args.items()}
    assert args == {"what": "the goal", "more": ["2026-11-21", "09:00", "r1", "Rome"]}


OUTPUTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("A"), inner),
    max_leaves=4,
)
DOES: st.SearchStrategy[Does] = (
    OUTPUTS.map(Says)
    | OUTPUTS.map(Says)
    | st.sampled_from([Fails("one"), Fails("two"), Denied(), Unknown()])
)


@settings(max_examples=60)
@given(plans(), st.data())
def test_any_plan_runs_to_its_end_whatever_happens(plan: Plan, data: st.DataObject) -> None:
    """Each call at most once, none before what it needs, and the same for whoever comes later."""
    run = Drive(write_plan(plan), tools=ANY).run(lambda _step: data.draw(DOES))
    assert run.state.settled
    started = [name for wave in run.waves for name in wave]
    assert len(started) == len(set(started))
    names = {statement.name: statement for statement in plan.statements if statement.name}
    for call in run.ran.values():
        statement = plan.statement_of(call.call.id)
        assert statement is not None
        for need in statement.needs() & names.keys():
            assert isinstance(run.outcome(need), Done)
    for statement in plan.statements:
        if isinstance(run.outcome(statement.id), Failed):
            assert all(
                name.partition("[")[0].partition(".")[0] not in plan_ids_after(plan, statement.id)
                for name in started
            )
    check_prefixes(run.journal)


def plan_ids_after(plan: Plan, failed: str) -> set[str]:
    """The ids of all statements that need the failed one, however far."""
    gone, ids = {failed}, set[str]()
    for statement in plan.statements:
        if statement.needs() & gone:
            ids.add(statement.id)
            gone.add(statement.name or "")
    return ids


@settings(max_examples=30, deadline=None)
@given(plans(), st.data())
def test_looking_at_what_changed_finds_what_looking_at_all_does(
    plan: Plan, data: st.DataObject
) -> None:
    run = Drive(write_plan(plan), tools=ANY).run(lambda _step: data.draw(DOES))
    kept, anew = RunState(), RunState()
    for recorded in run.journal:
        kept.apply(recorded)
        anew.apply(recorded)
        anew.frontier.anew()
        assert _words(kept.front()) == _words(anew.front())
        assert kept == anew


def _words(front: Front) -> Any:
    """The front with its errors in words: two of them are never equal."""
    broken = [(one.step, one.item, str(one.error), one.label) for one in front.broken]
    return front.ready, broken, front.skipped, front.totals
