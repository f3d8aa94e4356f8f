"""The state of a run is what its events say, at every prefix, however they are taken in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_engine import BEGUN, Drive, Fails, Says, check_prefixes

from butler_tui.core.calls import CallStatus, RunStatus
from butler_tui.core.events import (
    EVENT,
    ApprovalDecided,
    Event,
    ModelCalled,
    PlanAccepted,
    PlanProposed,
    PlanRefused,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
    RunAccepted,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunResumed,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepProgressed,
    StepProposed,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from butler_tui.core.run import RunState, fold


def record(events: list[Event]) -> list[Recorded]:
    return [
        Recorded(run="r1", seq=number, at=BEGUN, event=event)
        for number, event in enumerate(events, 1)
    ]


def journals() -> Iterator[Drive]:
    """Runs of many kinds, driven to their ends."""
    dinner = (
        'search = get("x")\npages = [get(hit.url) for hit in search.results if hit.url]\n'
        'pick = put(get("y"), pages)\nput("a") or put("b", pick)\nput(goal) if pick.nope'
    )
    hits = {"results": [{"url": "u"}, {"url": ""}, {"url": "v"}]}
    yield Drive(dinner, {"search": Says(hits)}).run()
    yield Drive(dinner, {"search": Says(hits), "pages[0]": Fails(), "put": Fails()}).run()
    yield Drive(dinner, {"search": Fails()}).run()
    yield Drive(dinner, {"search": Says({"results": "none"})}).run()


def test_fold_is_one_event_after_the_other() -> None:
    for run in journals():
        state = RunState()
        for recorded in run.journal:
            state.apply(recorded)
        assert fold(run.journal) == state
        assert fold(run.journal).calls == run.state.calls


def test_every_prefix_is_a_state_and_the_same_for_everybody() -> None:
    for run in journals():
        check_prefixes(run.journal)


def test_a_journal_read_again_is_the_same_journal() -> None:
    for run in journals():
        lines = [recorded.model_dump_json() for recorded in run.journal]
        assert fold(Recorded.model_validate_json(line) for line in lines) == fold(run.journal)


steps = st.sampled_from(["a", "b", "b.1", "nobody"])
items = st.sampled_from([(), (0,), (1, 2)])
own_ids = st.sampled_from(["q1", "q2"])
ANY_EVENT: st.SearchStrategy[Event] = st.one_of(
    st.builds(RunAccepted, goal=st.just("g")),
    st.builds(
        StepProposed,
        step=st.sampled_from(["a", "b"]),
        text=st.sampled_from(["a = t()", "b = t(a) or t(a.x)", "b = [t(x=y) for y in a]"]),
        signatures=st.just({"t": ["x"]}),
    ),
    st.builds(PlanRefused, answer=st.just(1), problems=st.just(["bad"])),
    st.builds(PlanProposed, revision=st.integers(1, 3)),
    st.builds(PlanAccepted, revision=st.integers(1, 3), by=st.just("person")),
    st.builds(StepStarted, step=steps, item=items),
    st.builds(StepProgressed, step=steps, item=items, text=st.just("half")),
    st.builds(StepFinished, step=steps, item=items, output=st.just({"x": [1]})),
    st.builds(
        StepFailed,
        step=steps,
        item=items,
        code=st.just("c"),
        error=st.just("e"),
        will_retry=st.booleans(),
    ),
    st.builds(StepSkipped, step=steps, item=items),
    st.builds(StepUnknown, step=steps, item=items),
    st.builds(QuestionAsked, id=own_ids, step=steps, item=items, question=st.just("?")),
    st.builds(QuestionAnswered, id=own_ids, answer=st.just("yes")),
    st.builds(ApprovalDecided, id=own_ids, decision=st.sampled_from(["allow", "deny"])),
    st.builds(ModelCalled, role=st.just("planner"), model=st.just("m"), cost=st.just(None)),
    st.builds(RunWaiting),
    st.builds(RunResumed),
    st.builds(RunFinished),
    st.builds(RunFailed, error=st.just("e")),
    st.builds(RunCancelled),
)


@settings(max_examples=150)
@given(st.lists(ANY_EVENT, max_size=25))
def test_no_order_of_events_is_too_much_for_the_fold(events: list[Event]) -> None:
    """A journal from a crash, or from two engines at once, must still be read."""
    state = RunState()
    for recorded in record(events):
        state.apply(recorded)
        state.front()
        list(state.waiting_approvals())
        list(state.waiting_questions())
        state.failures()
        assert state.plan.statements == tuple(one.statement for one in state.statements.values())


@given(ANY_EVENT)
def test_an_event_of_the_journal_is_read_as_it_was_written(event: Event) -> None:
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


def test_an_old_event_without_new_fields_and_a_new_one_with_more_can_be_read() -> None:
    event = EVENT.validate_json('{"type": "step_finished", "step": "a", "colour": "red"}')
    assert event == StepFinished(step="a")


def state_after(*events: Event) -> RunState:
    return fold(record([RunAccepted(goal="g", mode="careful", model="m"), *events]))


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], RunStatus.PLANNING),
        ([PlanProposed(revision=1)], RunStatus.RUNNING),
        ([RunWaiting(because="a question")], RunStatus.WAITING),
        ([RunWaiting(), RunResumed()], RunStatus.PLANNING),
        ([PlanProposed(revision=1), RunWaiting(), RunResumed()], RunStatus.RUNNING),
        ([RunFinished()], RunStatus.DONE),
        ([RunFailed(error="no")], RunStatus.FAILED),
        ([RunCancelled()], RunStatus.CANCELLED),
        ([PlanProposed(revision=1), RunCancelled(), RunResumed()], RunStatus.RUNNING),
    ],
)
def test_where_a_run_stands(events: list[Event], status: RunStatus) -> None:
    assert state_after(*events).status is status


def test_a_resumed_run_may_have_another_mode_and_model() -> None:
    state = state_after(RunFailed(error="broken"), RunResumed(mode="trusting"))
    assert (state.mode, state.model, state.error, state.ended) == ("trusting", "m", "", None)


def test_a_refused_answer_leaves_what_has_started() -> None:
    run = Drive("a = get(1)\nb = get(2)\nc = get(3)\nd = [get(x) for x in [1]]", ended=False)
    first, held, _, element = run.front().ready
    run.start(first)
    run.hold(held.call.id)
    run.start(element)
    run.add(PlanRefused(answer=1, problems=["line 5: bad"]))
    assert list(run.state.statements) == ["a", "b", "d"]
    assert [statement.id for statement in run.state.started()] == ["a", "b", "d"]
    assert run.state.refusals == [["line 5: bad"]]


def test_a_refused_revision_leaves_the_plan_as_it_was() -> None:
    run = Drive("a = get(1)\nb = get(2)")
    run.add(StepProposed(step="c", text="c = get(3)", signatures={"get": ["url"]}))
    assert list(run.state.statements) == ["a", "b"]
    run.add(PlanRefused(answer=1, problems=["line 1: bad"]))
    assert (list(run.state.statements), run.state.drafts) == (["a", "b"], {})


def test_the_next_answer_goes_on_from_what_has_started() -> None:
    run = Drive("a = get(1)\nb = get(2)", ended=False)
    run.start(run.front().ready[0])
    run.add(PlanRefused(answer=1, problems=["bad"]), PlanProposed(revision=1))
    run.ended = True
    run.propose("a = get(1)\nb = get(a)\nc = get(b)", revision=2)
    run.finish(("a", ()), Says("done"))
    run.run()
    assert run.waves == [["b"], ["c"]]
    assert list(run.state.statements) == ["a", "b", "c"]
    check_prefixes(run.journal)


def test_a_question_waits_and_its_step_goes_on_with_the_answer() -> None:
    run = Drive("a = get(1)")
    run.start(run.front().ready[0])
    run.add(QuestionAsked(id="q1", step="a", question="Which?", choices=["x", "y"]))
    assert run.status("a") is CallStatus.ASKING
    assert [one.asked.question for one in run.state.waiting_questions()] == ["Which?"]
    assert run.ready() == []
    run.add(QuestionAnswered(id="q1", answer="x"), QuestionAnswered(id="q1", answer="y"))
    assert run.state.questions["q1"].answer == "x"
    assert run.status("a") is CallStatus.RUNNING
    assert list(run.state.waiting_questions()) == []


def test_a_run_that_is_over_waits_for_nobody() -> None:
    run = Drive("a = put(1)\nb = get(2)")
    run.hold("a")
    run.add(QuestionAsked(id="q1", step="b", question="Which?"))
    assert len(list(run.state.waiting_approvals())) == 1
    run.add(RunCancelled())
    assert list(run.state.waiting_approvals()) == []
    assert list(run.state.waiting_questions()) == []


def test_what_was_spent_adds_up_and_an_unknown_price_is_said() -> None:
    known = ModelCalled(role="planner", model="m", tokens_in=10, tokens_out=5, cost=0.25)
    state = state_after(known, known)
    assert (state.spent.calls, state.spent.tokens_in, state.spent.tokens_out) == (2, 20, 10)
    assert (state.spent.cost, state.spent.priced) == (0.5, True)
    state = state_after(known, ModelCalled(role="writer", model="m"))
    assert (state.spent.cost, state.spent.priced) == (0.25, False)


def test_the_last_word_is_what_answer_said() -> None:
    state = state_after(
        StepStarted(step="answer", tool="answer"),
        StepFinished(step="answer", output={"text": "Dinner is saved."}),
    )
    assert state.answer == "Dinner is saved."


def test_progress_is_shown_until_the_next_attempt() -> None:
    begun = StepStarted(step="a", tool="get")
    state = state_after(begun, StepProgressed(step="a", text="half", done=0.5))
    call = state.calls[("a", ())]
    assert (call.progress, call.done) == ("half", 0.5)
    state = state_after(begun, StepProgressed(step="a", text="half", done=0.5), begun)
    assert (state.calls[("a", ())].progress, state.calls[("a", ())].done) == ("", None)


def test_accepting_binds_to_a_revision() -> None:
    state = state_after(PlanProposed(revision=2), PlanAccepted(revision=2, by="person"))
    assert (state.revision, state.accepted) == (2, 2)


def test_a_line_of_json_has_the_run_and_what_happened() -> None:
    event = StepFinished(step="a", item=(1,), output={"text": "x"}, output_hash="h")
    (recorded,) = record([event])
    line = recorded.line()
    assert list(line)[:4] == ["run", "seq", "at", "type"]
    assert line["at"] == "2026-11-21T09:00:00.000Z"
    assert line["item"] == 1
    assert "output" not in line
    assert line["output_hash"] == "h"
