"""What the run itself asks is answered by numbered keys, which are as deaf as every card."""

from __future__ import annotations

import pytest
from scripted_butler import dinner

from butler_tui.core import events as ev

UNKNOWN = ["retry", "mark as done", "skip", "stop"]
STUCK = ["retry", "skip", "stop"]


async def asks(it, about: str, *, listen: bool = True) -> None:
    run = await it.start()
    choices = UNKNOWN if about == "unknown" else STUCK
    asked = ev.QuestionAsked(
        id="q1",
        step="pages",
        item=(2,),
        question="read_page had started and was not seen to finish",
        choices=choices,
        about=about,
    )
    unknown = ev.StepUnknown(step="pages", item=(2,), evidence="not seen to finish")
    it.butler.play(run, *dinner(), *([unknown] if about == "unknown" else []), asked)
    if not listen:
        await it.settle()
        return
    await it.settle()
    await it.until(lambda: it.app.quiet.card == "q1")
    it.clock.advance(5)
    await it.pilot.pause(0.2)


@pytest.mark.parametrize(("key", "said"), list(zip("1234", UNKNOWN, strict=True)))
async def test_a_number_answers_what_may_have_happened(table, key, said):
    async with table() as it:
        await asks(it, "unknown")
        assert "this may have happened" in it.screen()
        assert "read_page had started and was not seen to finish" in it.screen()
        assert "if it did happen, it happens twice" in it.screen()
        await it.pilot.press(key)
        await it.settle()
        assert [one.answer for one in it.butler.decisions] == [said]
        assert not it.bench.needs.display


async def test_a_number_that_comes_too_soon_answers_nothing(table):
    async with table() as it:
        await asks(it, "unknown", listen=False)
        await it.pilot.press("4")
        await it.settle()
        assert it.butler.decisions == []
        assert "pressed too soon" in it.screen()


@pytest.mark.parametrize("key", ["enter", "y", "5", "space", "a"])
async def test_nothing_else_answers_it(table, key):
    async with table() as it:
        await asks(it, "unknown")
        await it.pilot.press(key, "enter")
        await it.settle()
        assert it.butler.decisions == []


async def test_a_run_that_is_stuck_takes_an_instruction(table):
    async with table() as it:
        await asks(it, "stuck")
        assert "the run does not get further by itself" in it.screen()
        await it.pilot.press("a")
        await it.settle()
        await it.pilot.press("enter")
        assert it.butler.decisions == []
        await it.pilot.press(*"go", "enter")
        await it.settle()
        assert [one.answer for one in it.butler.decisions] == ["go"]


async def test_escape_goes_back_from_the_instruction_to_the_choices(table):
    async with table() as it:
        await asks(it, "stuck")
        await it.pilot.press("a", "x", "escape")
        await it.settle()
        it.clock.advance(2)
        await it.pilot.press("3")
        await it.settle()
        assert [one.answer for one in it.butler.decisions] == ["stop"]
