"""Butler is left when it was meant, and what is left behind is said as it is."""

from __future__ import annotations

import pytest
from scripted_butler import BEGAN, accepted, dinner, held

from butler_tui.core import events as ev
from butler_tui.core.run import fold
from butler_tui.tui.leaving import question
from butler_tui.tui.watch import Watch


@pytest.mark.parametrize("way", ["d", "f1", "R"])
async def test_a_q_pressed_twice_leaves_the_view_and_not_butler(table, way):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), ev.RunFinished(answer="Saved."))
        await it.settle()
        await it.pilot.press(way)
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.pilot.press("q", "q", "q")
        await it.settle()
        assert it.app.screen is it.app.main
        assert not it.app._exit
        assert "To quit Butler, press q again in a moment." in it.screen()
        it.clock.advance(0.9)
        await it.pilot.press("q")  # held down, it comes again and again
        it.clock.advance(0.9)
        await it.pilot.press("q")
        assert not it.app._exit
        it.clock.advance(1.1)
        await it.pilot.press("q")
        await it.until(lambda: it.app._exit)


async def test_a_q_behind_the_escape_that_left_a_form_does_not_quit(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("A")
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.pilot.press("escape", "q")
        await it.settle()
        assert it.app.screen is it.app.main
        assert not it.app._exit


async def test_the_question_says_that_the_run_only_waits(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner()[:7], held())
        await it.settle()
        await it.pilot.press("q")
        await it.until(lambda: "A run waits for you. What is finished" in it.screen())


def watch(*more: ev.Event) -> Watch:
    one = Watch("r1", lambda _watch: None)
    events = [accepted("dinner"), *dinner()[:6], *more]
    at = [ev.Recorded(run="r1", seq=n, at=BEGAN, event=e) for n, e in enumerate(events, 1)]
    one.state = fold(at)
    return one


def test_the_question_counts_what_goes_on_and_what_waits():
    going, waiting = watch(), watch(held())
    both = watch(held(), ev.StepStarted(step="search", tool="web_search", effect="fetch"))
    kept = " What is finished is kept, and the rest can be resumed."
    assert question([going]) == "A run is going on." + kept
    assert question([both]) == "A run is going on." + kept
    assert question([waiting]) == "A run waits for you." + kept
    assert question([waiting, waiting]) == "2 runs wait for you." + kept
    said = "2 runs are going on, and a run waits for you."
    assert question([going, waiting, both]) == said + kept
