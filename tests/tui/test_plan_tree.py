"""The plan tree says how each step stands, and is changed in place."""

from __future__ import annotations

from scripted_butler import BEGAN, HandClock, accepted, dinner, held, proposed

from butler_tui.core import events as ev
from butler_tui.tui.rows import OVERVIEW, call_row, overview_row, statement_row
from butler_tui.tui.watch import Watch


def watched(*events: ev.Event) -> Watch:
    watch = Watch("r1", lambda _watch: None)
    for number, event in enumerate([accepted("goal"), *events], 1):
        watch.take(ev.Recorded(run="r1", seq=number, at=BEGAN, event=event))
    watch.look()
    return watch


def rows_of(watch: Watch) -> list[str]:
    now = HandClock().now()
    return [statement_row(watch, name, now).plain for name in watch.state.statements]


def test_every_state_has_a_sign_and_a_word():
    watch = watched(*dinner(), held())
    assert rows_of(watch) == [
        "✓  search  Find Italian restaurants  0.8 s",
        "…  pages  Read each one  2/3",
        "?  save  Save the first  needs you",
        '·  answer  answer("Saved in dinner.md.")',
    ]
    assert overview_row(watch).plain == "?  Dinner for two in Munich  needs you"


def test_a_comprehension_counts_what_failed():
    failed = ev.StepFailed(step="pages", item=(2,), code="timeout", error="too slow")
    assert rows_of(watched(*dinner(), failed))[1] == "✓  pages  Read each one  2/3, 1 failed"


def test_denied_skipped_and_unknown_are_told_apart():
    plan = [
        proposed(name, f"{name} = write_file('{name}', 'c')", write_file=["path", "content"])
        for name in ("a", "b", "c")
    ]
    decided = [
        held("1", step="a"),
        ev.ApprovalDecided(id="1", decision="deny"),
        ev.StepSkipped(step="b", because="its condition is false"),
        ev.StepUnknown(step="c", evidence="it may have happened"),
    ]
    states = [row.split("  ")[-1] for row in rows_of(watched(*plan, *decided))]
    assert states == ["denied", "skipped", "unknown"]


def test_running_calls_say_their_share_or_their_seconds():
    watch = watched(*dinner())
    clock = HandClock()
    at = ("pages", (2,))
    pages = watch.state.statements["pages"].statement
    assert call_row(watch, at, pages, clock.now()).state == "running"
    clock.advance(12)
    assert call_row(watch, at, pages, clock.now()).state == "12 s"
    watch.take(ev.StepProgressed(step="pages", item=(2,), done=0.45))
    assert call_row(watch, at, pages, clock.now()).state == "45 %"


def test_both_ways_of_an_alternative_have_a_row():
    text = "save = write_file('a', 'c') or write_file('b', 'c')"
    watch = watched(
        proposed("save", text, write_file=["path", "content"]),
        ev.StepStarted(step="save", tool="write_file", args={"path": "a"}),
        ev.StepFailed(step="save", code="refused", error="no"),
        ev.StepStarted(step="save.1", tool="write_file", args={"path": "b"}),
    )
    save = watch.state.statements["save"].statement
    now = HandClock().now()
    shown = [call_row(watch, at, save, now).plain for at in watch.index["save"]]
    assert shown == ["✗  save  a  failed", "…  save.1  b  running"]


async def test_rows_are_changed_in_place(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        plan = it.bench.plan
        nodes = {node.data: node for node in plan.root.children}
        it.butler.play(run, held())
        await it.settle()
        assert {node.data: node for node in plan.root.children} == nodes
        assert nodes[("save", None)].label.plain.endswith("needs you")


async def test_elements_stand_in_their_order_however_they_arrive(table):
    async with table() as it:
        run = await it.start()
        started = [
            ev.StepStarted(step="pages", item=(place,), tool="read_page", args={"url": str(place)})
            for place in (4, 3, 5)
        ]
        it.butler.play(run, *dinner(), *started)
        await it.settle()
        pages = next(one for one in it.bench.plan.root.children if one.data == ("pages", None))
        assert [node.data[1][1][0] for node in pages.children] == [0, 1, 2, 3, 4, 5]


async def test_many_elements_are_folded(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        for place in range(3, 500):
            it.butler.play(run, ev.StepStarted(step="pages", item=(place,), tool="read_page"))
        await it.settle()
        pages = next(one for one in it.bench.plan.root.children if one.data == ("pages", None))
        assert len(pages.children) == 500
        assert not pages.is_expanded


async def test_statements_that_a_refused_answer_took_back_are_gone(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, proposed("wrong", "wrong = answer('x')", answer=["text"]))
        await it.settle()
        it.butler.play(run, ev.PlanRefused(answer=1, problems=["there is no tool answr"]))
        await it.settle()
        assert [node.data for node in it.bench.plan.root.children] == [OVERVIEW]
        assert "there is no tool answr" in it.screen()
        it.butler.play(run, *dinner())
        await it.settle()
        assert "Find Italian restaurants" in it.screen()


async def test_the_cursor_follows_what_goes_on_until_the_person_steers(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        assert it.bench.key == ("pages", ("pages", (2,)))
        await it.pilot.press("up")
        await it.settle()
        assert it.bench.key == ("pages", ("pages", (1,)))
        it.butler.play(run, held(), ev.RunFinished(answer="done"))
        await it.settle()
        assert it.bench.key == ("pages", ("pages", (1,)))


async def test_the_answer_is_shown_when_the_run_is_over(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), ev.RunFinished(answer="Saved in **dinner.md**."))
        await it.settle()
        assert it.bench.key == OVERVIEW
        assert "Saved in dinner.md." in it.screen()
