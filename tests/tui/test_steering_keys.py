"""A run is steered from its plan: instructions, pauses, single steps, the plan's text."""

from __future__ import annotations

from scripted_butler import accepted, dinner, held, proposed
from textual.widgets import TextArea

from butler_tui.core import events as ev
from butler_tui.core.errors import UsageError


async def goes_on(it) -> str:
    run = await it.start()
    it.butler.play(run, *dinner())
    await it.settle()
    return run


async def to_row(it, statement: str) -> None:
    it.bench.plan.focus()
    await it.pilot.press("home")
    while it.bench.key[0] != statement:
        await it.pilot.press("down")
        await it.pilot.pause()


async def typed(it, text: str) -> None:
    await it.pilot.press("i")
    it.app.main.goal.value = text
    await it.pilot.pause()


async def test_enter_instructs_the_run_that_goes_on(table):
    async with table() as it:
        run = await goes_on(it)
        await it.pilot.press("i")
        await it.settle()
        assert "type an instruction for this run; ctrl+n makes it a new goal" in it.screen()
        assert "enter instruct" in it.screen()
        await typed(it, "only vegetarian places")
        await it.pilot.press("enter")
        await it.settle()
        assert it.butler.steering.asked == [("instruct", "only vegetarian places")]
        assert list(it.butler.journals) == [run]
        assert it.app.main.goal.value == ""
        assert it.app.focused is it.bench.plan
        assert "plan · revision 1 · planning anew" in it.screen()
        assert "planning anew" in it.screen().splitlines()[0]


async def test_a_key_makes_a_goal_of_it_instead_and_loses_nothing(table):
    async with table() as it:
        await goes_on(it)
        await typed(it, "call Anna")
        await it.pilot.press("ctrl+n")
        await it.settle()
        assert it.app.main.goal.value == "call Anna"
        assert len(it.butler.journals) == 1
        await it.pilot.press("enter")
        await it.settle()
        assert [one.goal for one in it.butler.requests] == ["Dinner for two", "call Anna"]
        assert it.butler.steering.asked == []


async def test_what_cannot_be_an_instruction_comes_back(table):
    async with table() as it:
        await goes_on(it)
        it.butler.steering.refuse = UsageError("none is set up")
        await typed(it, "only vegetarian")
        await it.pilot.press("enter")
        await it.settle()
        assert "none is set up" in it.screen()
        assert it.app.main.goal.value == "only vegetarian"


async def test_an_instruction_never_becomes_a_goal_because_the_run_ended_meanwhile(table):
    async with table() as it:
        run = await goes_on(it)
        await typed(it, "only vegetarian")
        it.butler.play(run, ev.RunFinished(answer="Saved."))
        await it.settle()
        await it.pilot.press("enter")
        await it.settle()
        assert len(it.butler.journals) == 1
        assert it.app.main.goal.value == "only vegetarian"
        assert "Enter again starts it as a new goal" in it.screen()
        await it.pilot.press("enter")
        await it.settle()
        assert it.butler.requests[-1].goal == "only vegetarian"


async def test_p_pauses_and_lets_go_on(table):
    async with table() as it:
        await goes_on(it)
        await it.pilot.press("p")
        await it.settle()
        assert "revision 1 · paused · accepted" in it.screen()
        assert "paused" in it.screen().splitlines()[0]
        await it.pilot.press("ctrl+r")
        await it.until(lambda: "= paused" in it.screen())
        await it.pilot.press("escape")
        await it.settle()
        await it.pilot.press("p")
        await it.settle()
        assert "· paused" not in it.screen()


async def test_s_skips_a_step_and_t_takes_it_in_again(table):
    async with table() as it:
        run = await goes_on(it)
        it.butler.play(run, held())
        await it.settle()
        await to_row(it, "save")
        await it.pilot.press("s")
        await it.settle()
        assert it.butler.steering.asked == [("skip", "save")]
        assert not it.bench.needs.display
        assert "Skipped save; t takes it in again." in it.screen()
        await it.pilot.press("t")
        await it.settle()
        assert it.butler.steering.asked[1:] == [("retry", "save")]


async def test_t_lets_a_failed_run_go_on(table):
    async with table() as it:
        run = await goes_on(it)
        plan = [
            accepted("try"),
            proposed("a", 'a = read_page("x")', read_page=["url"]),
            ev.PlanProposed(revision=1),
            ev.StepStarted(step="a", tool="read_page", effect="fetch"),
            ev.StepFailed(step="a", code="timeout", error="too slow"),
            ev.RunFailed(error="too slow"),
        ]
        it.butler.play("x1", *plan)
        await it.app.desk.open_run("x1")
        await it.settle()
        await to_row(it, "a")
        await it.pilot.press("t")
        await it.settle()
        assert it.butler.steering.asked == [("retry", "a")]
        assert it.butler.driven == [run, "x1"]


async def test_the_plan_is_edited_as_text_with_its_problems_below(table):
    async with table() as it:
        it.butler.steering.problems = ["line 5: there is no tool fly"]
        await goes_on(it)
        await it.pilot.press("E")
        await it.until(lambda: it.app.screen.query("#plan-text"))
        area = it.app.screen.query_one(TextArea)
        assert area.text.startswith("# Dinner for two in Munich")
        assert "staying as it is: search, pages" in it.screen()
        area.text += "fly()"
        await it.until(lambda: "there is no tool fly" in it.screen())
        await it.pilot.press("ctrl+s")
        await it.settle()
        assert it.butler.steering.asked == []
        area.text = area.text.replace("fly", "answer")
        await it.until(lambda: "It fits: ctrl+s makes it the plan." in it.screen())
        await it.pilot.press("ctrl+s")
        await it.until(lambda: it.app.screen is it.app.main)
        assert it.butler.steering.asked[0][1].endswith("answer()")


async def test_a_changed_plan_is_not_lost_by_escape(table):
    async with table() as it:
        await goes_on(it)
        await it.pilot.press("E")
        await it.until(lambda: it.app.screen.query("#plan-text"))
        it.app.screen.query_one(TextArea).text += "# more"
        await it.pilot.press("escape")
        await it.until(lambda: "What you changed here is lost." in it.screen())
        await it.pilot.press("n")
        await it.until(lambda: it.app.screen.query("#plan-text"))
        assert it.app.screen.query_one(TextArea).text.endswith("# more")


async def test_what_the_plan_became_meanwhile_is_replaced_only_when_said_again(table):
    async with table() as it:
        run = await goes_on(it)
        await it.pilot.press("E")
        await it.until(lambda: it.app.screen.query("#plan-text"))
        it.app.screen.query_one(TextArea).text += "# more"
        it.butler.play(run, ev.PlanProposed(revision=2, steps=["search", "pages"]))
        await it.until(lambda: it.app.desk.current.state.revision == 2)
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "The plan is at revision 2 meanwhile" in it.screen())
        assert it.butler.steering.asked == []
        await it.pilot.press("ctrl+s")
        await it.until(lambda: it.app.screen is it.app.main)
        assert it.butler.steering.asked[0][0] == "edit"
