"""On start the app says what waits and what was interrupted, and goes on with it."""

from __future__ import annotations

from scripted_butler import HandClock, ScriptedButler, accepted, dinner, held

from butler_tui.core import events as ev


def left_from_before() -> ScriptedButler:
    butler = ScriptedButler(HandClock())
    butler.play("w1", accepted("ask Anna"), *dinner(), held("h1"))
    butler.play("w2", accepted("ask Bob"), *dinner(), held("h2"), ev.RunWaiting(because="x"))
    butler.play("i1", accepted("read all mail"), *dinner()[:5])
    butler.play("d1", accepted("all done"), *dinner()[:5], ev.RunFinished(answer="x"))
    butler.play("e1", accepted("goes on elsewhere"), *dinner()[:5])
    butler.owners["e1"] = "process 4711"
    return butler


async def test_what_is_left_is_counted_and_listed(table):
    async with table(butler=left_from_before()) as it:
        await it.until(lambda: "2 runs wait for you, 1 was interrupted: ctrl+o" in it.screen())
        assert "all done" not in it.screen()
        assert "elsewhere" not in it.screen()
        assert "! interrupted" in it.screen()


async def test_a_key_goes_on_with_one_after_the_other(table):
    async with table(butler=left_from_before()) as it:
        await it.until(lambda: "was interrupted" in it.screen())
        for _ in range(3):
            await it.pilot.press("ctrl+o")
            await it.settle()
        assert it.butler.driven == ["i1", "w2", "w1"]
        assert it.app.desk.current.run == "w1"


async def test_one_is_picked_from_the_list(table):
    async with table(butler=left_from_before()) as it:
        await it.until(lambda: "was interrupted" in it.screen())
        await it.pilot.press("escape", "down", "enter")
        await it.settle()
        assert it.butler.driven == ["w2"]


async def test_with_nothing_left_there_is_no_list(table):
    async with table() as it:
        await it.settle()
        assert not it.app.main.unfinished.display
        await it.pilot.press("ctrl+o")
        await it.settle()
        assert "No other run waits" in it.screen()
