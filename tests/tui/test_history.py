"""Past runs are listed, found, opened, and run again."""

from __future__ import annotations

import time

from scripted_butler import HandClock, ScriptedButler, accepted, dinner, held

from butler_tui.core import events as ev


def many(count: int) -> ScriptedButler:
    clock = HandClock()
    butler = ScriptedButler(clock)
    for number in range(count):
        butler.play(f"r{number:05d}", accepted(f"goal number {number}"), ev.RunFinished())
    return butler


async def opened(it) -> None:
    await it.pilot.press("ctrl+r")
    await it.until(lambda: it.app.screen.id != "main" and it.app.screen.query("#runs"))
    await it.until(lambda: it.app.screen.query_one("#runs").option_count)


async def test_the_newest_run_is_first_and_opens_read_only(table):
    butler = many(3)
    butler.play("last", accepted("dinner"), *dinner(), ev.RunFinished(answer="Saved."))
    async with table(butler=butler) as it:
        await opened(it)
        assert "Dinner for two in Munich" in it.screen()
        await it.pilot.press("enter")
        await it.settle()
        assert it.app.focused is it.bench.plan
        assert "Saved." in it.screen()
        assert butler.driven == []


async def test_ten_thousand_runs_are_windowed(table):
    butler = many(10_000)
    async with table(butler=butler) as it:
        begun = time.perf_counter()
        await opened(it)
        assert time.perf_counter() - begun < 5
        runs = it.app.screen.query_one("#runs")
        assert runs.option_count < 1000
        await it.pilot.press("end")
        await it.until(lambda: runs.option_count > 300)


async def test_the_search_finds_while_one_types(table):
    async with table(butler=many(30)) as it:
        await opened(it)
        await it.pilot.press("slash", *"number_2".replace("_", " ").replace(" ", "space ").split())
        await it.pilot.pause()
        it.app.screen.query_one("#search").value = "number 21"
        await it.until(lambda: it.app.screen.query_one("#runs").option_count == 1)
        assert "goal number 21" in it.screen()
        await it.pilot.press("enter", "enter")
        await it.settle()
        assert it.app.desk.current.run == "r00021"


async def test_nothing_found_is_said(table):
    async with table(butler=many(3)) as it:
        await opened(it)
        it.app.screen.query_one("#search").value = "dragon"
        await it.until(lambda: "Nothing found" in it.screen())


async def test_escape_leaves_the_search_then_the_history(table):
    async with table(butler=many(3)) as it:
        await opened(it)
        await it.pilot.press("slash", "x", "escape")
        await it.until(lambda: it.app.screen.query_one("#runs").option_count == 3)
        await it.pilot.press("escape")
        assert it.app.screen is it.app.main


async def test_a_run_that_waits_says_so_and_is_answered_here(table):
    butler = many(2)
    butler.play("wait", accepted("dinner"), *dinner(), held())
    async with table(butler=butler) as it:
        await opened(it)
        assert "? needs you" in it.screen()
        await it.pilot.press("enter")
        await it.listen()
        await it.pilot.press("y")
        await it.settle()
        assert [one.decision for one in butler.decisions] == ["allow"]


async def test_o_goes_on_with_a_run(table):
    butler = ScriptedButler(HandClock())
    butler.play("cut", accepted("dinner"), *dinner())
    async with table(butler=butler) as it:
        await opened(it)
        await it.pilot.press("o")
        await it.until(lambda: butler.driven == ["cut"])


async def test_a_run_that_is_over_cannot_go_on(table):
    async with table(butler=many(1), notifications=True) as it:
        await opened(it)
        await it.pilot.press("o")
        await it.until(lambda: "nothing to go on with" in it.screen())


async def test_a_run_that_waits_says_so_when_it_is_found_too(table):
    butler = ScriptedButler(HandClock())
    butler.play("r1", accepted("dinner"), *dinner(), held())
    butler.play("r2", accepted("dinner again"), *dinner())
    butler.owners["r2"] = "process 7"
    async with table(butler=butler) as it:
        await opened(it)
        it.app.screen.query_one("#search").value = "dinner"
        await it.until(lambda: it.app.screen.query_one("#runs").border_title == "found · 2")
        await it.pilot.pause()
        lines = it.screen().split("\n")
        assert [one.split()[2] for one in lines if "Dinner for two" in one] == ["running", "needs"]
