"""Two past runs are shown side by side."""

from __future__ import annotations

import pytest
from scripted_butler import HandClock, ScriptedButler, accepted

from butler_tui.core import events as ev


def two_runs() -> ScriptedButler:
    butler = ScriptedButler(HandClock())
    butler.play("r1", accepted("dinner for two"), ev.RunFinished(answer="Anna's, at seven"))
    butler.play("r2", accepted("dinner for four"), ev.RunFailed(error="No table is free."))
    return butler


async def opened(it) -> None:
    await it.pilot.press("ctrl+r")
    await it.until(lambda: it.app.screen.id != "main" and it.app.screen.query("#runs"))
    await it.until(lambda: it.app.screen.query_one("#runs").option_count == 2)


async def test_the_marked_run_and_another_stand_side_by_side(table):
    async with table(butler=two_runs()) as it:
        await opened(it)
        await it.pilot.press("space", "down", "D")
        await it.until(lambda: it.app.screen.query("#full"))
        await it.pilot.pause()
        line = next(one for one in it.screen().split("\n") if "goal" in one)
        assert line.index("dinner for four") < line.index("| dinner for two")
        assert "No table is free." in it.screen()
        assert "Anna's, at seven" in it.screen()
        await it.pilot.press("escape")
        await it.pilot.pause()
        assert it.app.screen.query("#runs")


@pytest.mark.parametrize("size", [(60, 20), (40, 12)])
async def test_a_narrow_screen_shows_one_below_the_other(table, size):
    async with table(butler=two_runs(), size=size) as it:
        await opened(it)
        await it.pilot.press("space", "down", "D")
        await it.until(lambda: it.app.screen.query("#full"))
        await it.pilot.press("pagedown")
        await it.pilot.pause()
        await it.pilot.press("pageup", "pageup")
        await it.pilot.pause()
        assert "run r2 | run r1" in it.screen()


async def test_without_a_mark_it_says_what_to_do(table):
    async with table(butler=two_runs()) as it:
        await opened(it)
        await it.pilot.press("D")
        await it.pilot.pause()
        assert "mark a run with space first" in it.screen()
