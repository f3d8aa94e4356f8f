"""Notices cover neither plan nor card, tell no secret, and what stands is said for as long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_butler import HandClock, ScriptedButler, accepted, dinner, held

from butler_tui.core import events as ev
from butler_tui.core.errors import UsageError
from butler_tui.settings import KNOWN

SECRET = "hunter2-planted"


@pytest.fixture
def planted() -> Iterator[None]:
    KNOWN.learn("PLANTED", SECRET)
    yield
    KNOWN.forget()


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20), (40, 12)])
async def test_a_long_notice_lies_over_neither_plan_nor_card(table, size):
    async with table(size=size, notifications=True) as it:
        await it.card()
        it.app.notify("What is wrong is said here, and what to do. " * 4, severity="error")
        await it.settle()
        assert "✗ What is wrong" in it.screen()
        notice = it.app.main.notices.region
        for shown in ("#plan", "#needs", "#detail", "#goal", "#keys"):
            widget = it.app.main.query_one(shown)
            if widget.display and widget.region.area:
                assert not notice.overlaps(widget.region)
        assert "y once" in it.screen()
        assert not it.app.main.query("Toast")
        await it.pilot.click("#notices")
        await it.settle()
        assert "What is wrong" not in it.screen()


async def test_a_notice_goes_by_itself(table):
    async with table() as it:
        it.app.notify("Short.", timeout=0.05)
        await it.until(lambda: "Short." in it.screen())
        await it.until(lambda: "Short." not in it.screen())


async def test_a_run_that_nobody_carries_on_says_so_for_as_long(table):
    butler = ScriptedButler(HandClock())
    butler.play("r1", accepted("old"), *dinner(), held(), ev.RunWaiting(because="needs 1 approval"))
    async with table(butler=butler, size=(80, 24), notifications=True) as it:
        await it.pilot.press("ctrl+r")
        await it.until(lambda: it.app.screen.query_one("#runs").option_count)
        await it.pilot.press("enter")
        await it.until(lambda: "stands still: decide, or o" in it.screen())
        assert not it.app.main.query("Toast")
        it.clock.advance(30)
        await it.settle()
        assert "stands still" in it.screen()
        await it.pilot.press("o")
        await it.until(lambda: butler.driven == ["r1"])
        await it.until(lambda: "stands still" not in it.screen())


async def test_a_fault_in_the_history_tells_no_secret(table, planted):
    butler = ScriptedButler(HandClock())

    async def broken(_limit=0, _offset=0, **_more):
        raise UsageError(f"The database says: {SECRET}.")

    async with table(butler=butler, notifications=True) as it:
        butler.runs = butler.search = broken
        await it.pilot.press("ctrl+r")
        await it.until(lambda: "The database says: [secret PLANTED]." in it.screen())
        await it.pilot.press("slash", "x")
        await it.until(lambda: it.screen().count("[secret PLANTED]") >= 1)
        assert SECRET not in it.screen()


@pytest.mark.parametrize("fault", [UsageError, ValueError])
async def test_a_fault_of_a_run_tells_no_secret(table, planted, fault):
    butler = ScriptedButler(HandClock())

    async def fails(_run: str) -> None:
        raise fault(f"It broke at {SECRET}.")

    butler.script = fails
    async with table(butler=butler, notifications=True) as it:
        await it.start()
        await it.until(lambda: "It broke at [secret PLANTED]." in it.screen())
        assert SECRET not in it.screen()


async def test_a_goal_that_is_not_taken_tells_no_secret(table, planted):
    async with table() as it:
        it.butler.refuse = UsageError(f"No recipe fits {SECRET}.")
        it.app.main.goal.value = f"use {SECRET}"
        await it.pilot.press("enter")
        await it.until(lambda: "No recipe fits [secret PLANTED]." in it.screen())
        assert SECRET not in it.screen()


async def test_a_form_tells_no_secret(table, planted):
    async with table() as it:
        await it.card()
        await it.pilot.press("A")
        await it.until(lambda: it.app.screen is not it.app.main)
        it.app.screen.query_one("#expires").value = SECRET
        await it.settle()
        said = it.app.screen.query_one("#comes-to").render().plain
        assert SECRET not in said
        assert "[secret PLANTED]" in said


async def test_a_fault_that_ends_the_app_tells_no_secret_and_no_values(table, planted, capsys):
    with pytest.raises(ValueError, match="planted"):
        async with table() as it:
            held_value = "value-of-a-local"

            def fails() -> None:
                local = held_value  # noqa: F841  (what Textual would print)
                raise ValueError(f"broke at {SECRET}")

            it.app.call_later(fails)
            await it.until(lambda: it.app._exit_renderables)
            told = "".join(str(one) for one in it.app._exit_renderables)
            it.app._print_error_renderables()
    out, err = capsys.readouterr()
    assert "broke at [secret PLANTED]" in err + out + told
    for one in (SECRET, "value-of-a-local"):
        assert one not in err + out
