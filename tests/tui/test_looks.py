"""How the screens look: pictures that change only when somebody means it.

After a wanted change: `pytest tests/tui/test_looks.py --snapshot-update`, and look at the report.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from scripted_butler import HandClock, ScriptedButler, accepted, dinner, held
from test_sheet import plan
from textual.pilot import Pilot

from butler_tui.core import events as ev
from butler_tui.tui.app import ButlerApp
from butler_tui.tui.widgets.card_pane import DEAF

SIZE = (120, 36)


def app_over(butler: ScriptedButler) -> ButlerApp:
    app = ButlerApp(butler.open, folder=Path("/home/me"), clock=butler.clock)
    app.main.goal.cursor_blink = False
    return app


def past() -> ScriptedButler:
    """A Butler with five runs behind it."""
    clock = HandClock()
    butler = ScriptedButler(clock)
    clock.advance(-timedelta(days=40).total_seconds())
    butler.play("r1", accepted("Sort the holiday photos by month"), ev.RunFinished())
    clock.advance(timedelta(days=38).total_seconds())
    butler.play("r2", accepted("Remind me of the dentist"), ev.RunFailed(error="No recipe fits."))
    clock.advance(timedelta(days=1).total_seconds())
    butler.play("r3", accepted("Who wrote to me this week?"), ev.RunCancelled())
    clock.advance(timedelta(hours=20).total_seconds())
    butler.play("r4", accepted("Dinner for two"), *dinner(), held())
    clock.advance(timedelta(hours=4).total_seconds())
    butler.play("r5", accepted("Sum up the notes in ~/notes"), ev.RunFinished(answer="Done."))
    return butler


async def until(pilot: Pilot, test) -> None:
    while not test():
        await pilot.pause(0.01)
    await pilot.pause()


def test_the_beginning(snap_compare):
    app = app_over(ScriptedButler(HandClock(), model=None))

    async def opened(pilot: Pilot) -> None:
        await until(pilot, app.opened.is_set)

    assert snap_compare(app, terminal_size=SIZE, run_before=opened)


def test_a_run_that_needs_the_person(snap_compare):
    butler = ScriptedButler(HandClock())
    app = app_over(butler)

    async def asked(pilot: Pilot) -> None:
        await until(pilot, app.opened.is_set)
        app.main.goal.value = "Find three Italian restaurants in Munich and save a short list"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.shows_run)
        butler.play("r001", *dinner(), held())
        await until(pilot, lambda: app.quiet.card == "a1b2c3d4")
        butler.clock.advance(7)
        butler.progress("r001", "pages", (2,), done=0.6)
        await until(
            pilot, lambda: "60 %" in app.main.bench.plan.row(("pages", ("pages", (2,)))).state
        )
        await until(pilot, lambda: app.main.status.standing.time == "00:07")
        await until(pilot, lambda: app.main.bench.needs.border_subtitle != DEAF)

    assert snap_compare(app, terminal_size=SIZE, run_before=asked)


def test_a_plans_sheet(snap_compare):
    butler = ScriptedButler(HandClock())
    app = app_over(butler)

    async def offered(pilot: Pilot) -> None:
        await until(pilot, app.opened.is_set)
        app.main.goal.value = "Write two notes and a mail"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.shows_run)
        butler.play("r001", *plan())
        await until(pilot, lambda: app.quiet.card == "sheet000:idone+idtwo")
        butler.clock.advance(3)
        await until(pilot, lambda: app.main.status.standing.time == "00:03")
        await until(pilot, lambda: app.main.bench.needs.border_subtitle != DEAF)

    assert snap_compare(app, terminal_size=SIZE, run_before=offered)


def test_the_history(snap_compare):
    app = app_over(past())

    async def listed(pilot: Pilot) -> None:
        await until(pilot, app.opened.is_set)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen.query("#runs"))
        await until(pilot, lambda: app.screen.query_one("#runs").option_count)
        await pilot.press("down")

    assert snap_compare(app, terminal_size=SIZE, run_before=listed)
