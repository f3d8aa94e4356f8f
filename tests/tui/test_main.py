"""Goals are started, followed, cancelled and left; nothing that runs is lost."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from scripted_butler import HandClock, ScriptedButler, accepted, dinner, held

from butler_tui.core import events as ev
from butler_tui.core.errors import UsageError
from butler_tui.tui.app import ButlerApp


async def test_enter_starts_the_goal_and_goes_to_its_plan(table):
    async with table() as it:
        run = await it.start("Dinner")
        it.butler.play(run, *dinner())
        await it.settle()
        assert it.butler.requests[0].goal == "Dinner"
        assert it.app.focused is it.bench.plan
        assert it.app.main.goal.value == ""
        assert "plan · revision 1 · accepted" in it.screen()
        assert "0.4 ct" in it.screen()


async def test_a_goal_that_nothing_can_plan_is_explained(table):
    async with table() as it:
        it.butler.refuse = UsageError("No recipe fits. These do: list files in FOLDER.")
        await it.pilot.press(*"fly", "enter")
        await it.until(lambda: "No recipe fits" in it.screen())
        assert it.app.focused is it.app.main.goal


async def test_past_goals_come_back_and_the_draft_is_kept(table):
    butler = ScriptedButler(HandClock())
    butler.play("r1", accepted("the first"))
    butler.play("r2", accepted("the second"))
    async with table(butler=butler) as it:
        goal = it.app.main.goal
        await it.pilot.press(*"draft", "up")
        assert goal.value == "the second"
        await it.pilot.press("up", "up")
        assert goal.value == "the first"
        await it.pilot.press("down", "down")
        assert goal.value == "draft"


async def test_a_new_goal_runs_beside_the_old_one(table):
    async with table() as it:
        first = await it.start("one")
        it.butler.play(first, *dinner(), held())
        await it.settle()
        await it.pilot.press("ctrl+n")
        assert it.app.focused is it.app.main.goal
        second = await it.start("two")
        assert it.butler.driven == [first, second]
        await it.pilot.press("left_square_bracket")
        await it.settle()
        assert it.app.desk.current.run == first
        assert "needs you" in it.screen()


async def test_the_model_is_loaded_after_the_first_paint(table):
    async with table() as it:
        await it.until(lambda: it.butler.preloaded)
        assert it.butler.preloaded == 1


async def test_runs_that_wait_are_named_at_the_start(table):
    butler = ScriptedButler(HandClock())
    for run in ("r1", "r2"):
        butler.play(run, accepted(run), *dinner(), held(run))
    async with table(butler=butler) as it:
        assert "2 runs need you: ctrl+r" in it.screen()


async def test_x_cancels_after_a_y_that_was_meant(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        await it.pilot.press("x", "y")
        await it.pilot.pause()
        assert "Stop this run for good?" in it.screen()
        it.clock.advance(1)
        await it.pilot.press("enter")
        await it.pilot.press("y")
        await it.settle()
        assert it.app.desk.current.state.status == "cancelled"


async def test_q_asks_while_a_run_goes_on_and_interrupts_it(table):
    butler = ScriptedButler(HandClock())
    async with table(butler=butler) as it:
        await it.start()
        await it.pilot.press("q")
        await it.pilot.pause()
        assert "can be resumed" in it.screen()
        assert "A run is going on." in it.screen()
        await it.pilot.press("n")
        assert it.app.is_running
        it.clock.advance(1)
        await it.pilot.press("q")
        await it.pilot.pause()
        it.clock.advance(1)
        await it.pilot.press("y")
        await it.until(lambda: it.app._exit)
    assert butler.closed


async def test_q_quits_at_once_when_nothing_runs(table):
    async with table() as it:
        await it.pilot.press("ctrl+c")
        await it.until(lambda: it.app._exit)


async def test_a_waiting_run_without_an_engine_goes_on_after_the_decision(table):
    butler = ScriptedButler(HandClock())
    butler.play("r1", accepted("old"), *dinner(), held(), ev.RunWaiting(because="needs 1 approval"))
    async with table(butler=butler) as it:
        await it.pilot.press("ctrl+r")
        await it.until(lambda: it.app.screen.query_one("#runs").option_count)
        await it.pilot.press("enter")
        await it.listen()
        await it.pilot.press("y")
        await it.until(lambda: butler.driven == ["r1"])
        assert butler.resumed == ["r1"]


async def test_g_runs_a_past_goal_again_the_same_way(table):
    butler = ScriptedButler(HandClock())
    past = accepted("list files", recipe="list_files", parameters={"folder": "notes"})
    butler.play("r1", past, ev.RunFinished(answer="none"))
    async with table(butler=butler) as it:
        await it.pilot.press("ctrl+r")
        await it.until(lambda: it.app.screen.query_one("#runs").option_count)
        await it.pilot.press("enter")
        await it.settle()
        await it.pilot.press("g")
        await it.until(lambda: len(butler.journals) == 2)
        request = butler.requests[0]
        assert (request.recipe, request.parameters) == ("list_files", {"folder": "notes"})


async def test_a_fault_of_the_engine_is_told(table):
    butler = ScriptedButler(HandClock())

    async def fail(_run: str) -> None:
        raise UsageError("Run r001 is being carried on by process 7.")

    butler.script = fail
    async with table(butler=butler, notifications=True) as it:
        await it.start()
        await it.until(lambda: "carried on by process 7" in it.screen())


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 20), (40, 12), (40, 10), (120, 10)])
async def test_every_size_can_be_used(table, size):
    async with table(size=size) as it:
        await it.card()
        assert "needs you" in it.screen()
        assert "y once" in it.screen()
        await it.pilot.press("d", "escape", "f1", "escape")
        await it.listen()
        await it.pilot.press("y")
        await it.settle()
        assert len(it.butler.decisions) == 1


@pytest.mark.parametrize("size", [(39, 20), (80, 9), (10, 3), (1, 1)])
async def test_a_terminal_that_is_too_small_says_so_and_recovers(table, size):
    async with table() as it:
        await it.card()
        await it.pilot.resize_terminal(*size)
        await it.pilot.pause()
        if size[0] >= 10:
            assert "Too small" in " ".join(it.screen().split())
        await it.pilot.resize_terminal(120, 36)
        await it.pilot.pause()
        assert "y once" in it.screen()


async def test_help_names_every_key(table):
    async with table(size=(120, 140)) as it:
        await it.pilot.press("f1")
        await it.pilot.pause()
        for words in ("Allow this call", "Past runs", "Cancel this run for good", "first click"):
            assert words in it.screen()
        await it.pilot.press("escape")
        assert it.app.screen is it.app.main


async def test_the_bell_rings_when_a_run_needs_the_person_and_nobody_looks(table, monkeypatch):
    rung = []
    async with table() as it:
        monkeypatch.setattr(it.app, "bell", lambda: rung.append(True))
        run = await it.start()
        it.app.app_focus = False
        it.butler.play(run, *dinner(), held())
        await it.app.desk.count_waiting()
        assert rung == [True]


async def test_a_goal_typed_before_butler_is_open_waits_for_it_and_keys_go_on():
    butler, gate = ScriptedButler(HandClock()), asyncio.Event()

    @asynccontextmanager
    async def slow():
        await gate.wait()
        async with butler.open() as opened:
            yield opened

    app = ButlerApp(slow, folder=Path("/home/me"), clock=butler.clock)
    async with app.run_test() as pilot, asyncio.timeout(20):
        await pilot.press(*"early", "enter", *"late")
        assert app.main.goal.value == "late"
        gate.set()
        while not butler.driven:
            await pilot.pause(0.01)
        assert butler.requests[0].goal == "early"


async def test_leaving_while_butler_opens_does_not_hang():
    @asynccontextmanager
    async def never():
        await asyncio.Event().wait()
        yield

    app = ButlerApp(never, folder=Path("/home/me"), clock=HandClock())
    async with app.run_test() as pilot, asyncio.timeout(20):
        await pilot.press(*"early", "enter", "ctrl+c")
        while not app._exit:
            await pilot.pause(0.01)


@pytest.mark.parametrize("keys", ["nn", "escape escape"])
async def test_a_question_that_was_left_hears_no_second_key(table, keys: str):
    async with table() as it:
        await it.start("Dinner")
        await it.pilot.press("ctrl+q")
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.pilot.press(*(keys.split() if " " in keys else keys))
        await it.until(lambda: it.app.screen is it.app.main)
        assert it.app.is_running


async def test_the_history_is_left_once(table):
    async with table() as it:
        run = await it.start("Dinner")
        it.butler.play(run, *dinner())
        await it.settle()
        await it.pilot.press("ctrl+r")
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.settle()
        await it.pilot.press("enter", "enter")
        await it.until(lambda: it.app.screen is it.app.main)
        assert it.app.is_running
