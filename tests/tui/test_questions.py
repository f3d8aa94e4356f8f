"""A step's question is answered by choice, by line or by fields, and never by accident."""

from __future__ import annotations

from scripted_butler import dinner
from textual.widgets import Input, OptionList

from butler_tui.core import events as ev


async def asked(it, **question) -> None:
    run = await it.start()
    it.butler.play(run, *dinner(), ev.QuestionAsked(id="q1", step="answer", **question))
    await it.listen()


async def test_a_choice_is_made_with_enter(table):
    async with table() as it:
        await asked(it, question="Which one?", choices=["Trattoria", "Osteria"])
        assert "Which one?" in it.screen()
        await it.pilot.press("a")
        assert isinstance(it.app.focused, OptionList)
        it.clock.advance(0.5)
        await it.pilot.press("down", "enter")
        await it.settle()
        assert it.butler.decisions[0].answer == "Osteria"
        assert it.app.focused is it.bench.plan


async def test_a_line_is_typed(table):
    async with table() as it:
        await asked(it, question="For how many?")
        await it.pilot.press("a", *"four", "enter")
        await it.settle()
        assert it.butler.decisions[0].answer == "four"


async def test_fields_are_filled_in_one_after_the_other(table):
    async with table() as it:
        await asked(it, question="Where?", fields={"street": "text", "town": "text"})
        await it.pilot.press("a", *"Main", "enter", *"Graz", "enter")
        await it.settle()
        assert it.butler.decisions[0].answer == {"street": "Main", "town": "Graz"}


async def test_an_arriving_question_takes_no_focus_and_no_letter(table):
    async with table() as it:
        run = await it.start()
        it.app.main.goal.focus()
        it.butler.play(
            run, ev.QuestionAsked(id="q1", step="ask", question="Who?", choices=["A", "B"])
        )
        await it.settle()
        await it.pilot.press(*"abc")
        assert it.app.main.goal.value == "abc"
        assert it.butler.decisions == []


async def test_an_empty_line_is_no_answer(table):
    async with table() as it:
        await asked(it, question="For how many?")
        await it.pilot.press("a", "enter")
        assert it.butler.decisions == []
        assert isinstance(it.app.focused, Input)


async def test_escape_goes_back_to_the_plan(table):
    async with table() as it:
        await asked(it, question="For how many?")
        await it.pilot.press("a", "escape")
        assert it.app.focused is it.bench.plan
