"""A held call is decided by a key meant for it, and by nothing else."""

from __future__ import annotations

import pytest
from scripted_butler import dinner, held
from textual.widgets import Input

from butler_tui.core import events as ev
from butler_tui.core.errors import UsageError


async def test_y_allows_the_call_once(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("y")
        await it.settle()
        (decision,) = it.butler.decisions
        assert (decision.id, decision.decision, decision.scope) == ("a1b2c3d4", "allow", "once")
        assert not it.bench.needs.display


@pytest.mark.parametrize("key", ["y", "r", "A", "e", "n"])
async def test_a_card_hears_nothing_in_its_first_half_second(table, key):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.listen()
        it.butler.play(run, held())
        await it.settle()
        it.clock.advance(0.4)
        await it.pilot.press(key)
        await it.pilot.pause()
        assert it.butler.decisions == []
        assert "y once" in it.screen()


async def test_a_card_hears_nothing_within_a_second_of_another_key(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("down")
        it.clock.advance(0.9)
        await it.pilot.press("y")
        it.clock.advance(0.9)
        await it.pilot.press("y")
        await it.pilot.pause()
        assert it.butler.decisions == []
        it.clock.advance(1.1)
        await it.pilot.press("y")
        await it.settle()
        assert len(it.butler.decisions) == 1


async def test_typing_a_goal_through_an_arriving_card_decides_nothing_and_loses_nothing(table):
    typed = "yes_remind_me_to_say_yes_and_no_rAny_time_yyyy"
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        await it.pilot.press("i")
        for place, key in enumerate(typed):
            if place == 12:
                it.butler.play(run, held())
            await it.pilot.press(key)
            it.clock.advance(0.05)
        await it.settle()
        assert it.app.main.goal.value == typed
        assert it.app.focused is it.app.main.goal
        assert it.butler.decisions == []
        assert it.bench.needs.display


async def test_typing_into_the_plan_through_an_arriving_card_decides_nothing(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        for place in range(60):
            if place == 10:
                it.butler.play(run, held())
            await it.pilot.press("y")
            it.clock.advance(0.05)
        await it.settle()
        assert it.bench.needs.display
        assert it.butler.decisions == []


@pytest.mark.parametrize("key", ["enter", "escape", "space", "Y", "a"])
@pytest.mark.parametrize("focused", ["plan", "needs"])
async def test_no_other_key_decides(table, focused, key):
    async with table() as it:
        await it.card()
        it.bench.query_one(f"#{focused}").focus()
        await it.pilot.press(key)
        await it.pilot.pause()
        assert it.butler.decisions == []


async def test_an_arriving_card_takes_no_focus(table):
    async with table() as it:
        run = await it.start()
        it.app.main.goal.focus()
        it.butler.play(run, *dinner(), held())
        await it.listen()
        assert it.app.focused is it.app.main.goal
        await it.pilot.press("y")
        assert it.app.main.goal.value == "y"
        assert it.butler.decisions == []


async def test_the_next_card_starts_to_listen_anew(table):
    async with table() as it:
        run = await it.card(held("second00", args={"path": "two.md", "content": ""}))
        await it.pilot.press("y", "y", "y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["a1b2c3d4"]
        assert "two.md" in it.screen()
        it.clock.advance(1.1)
        await it.pilot.press("y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["a1b2c3d4", "second00"]
        assert run in it.butler.journals


async def test_a_card_stays_while_others_arrive_and_tab_shows_the_next(table):
    async with table() as it:
        run = await it.card()
        it.butler.play(run, held("second00", args={"path": "two.md", "content": ""}))
        await it.settle()
        assert it.bench.needs.border_title == "needs you · 1 of 2"
        assert it.bench.needs.card.id == "a1b2c3d4"
        await it.pilot.press("tab")
        assert it.bench.needs.border_title == "needs you · 2 of 2"
        await it.pilot.press("y")
        assert it.butler.decisions == []
        await it.listen()
        await it.pilot.press("y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["second00"]
        assert it.bench.needs.card.id == "a1b2c3d4"


async def test_a_card_decided_elsewhere_goes_and_its_keys_with_it(table):
    async with table() as it:
        run = await it.card()
        it.butler.play(run, ev.ApprovalDecided(id="a1b2c3d4", decision="deny", by="person"))
        await it.listen()
        await it.pilot.press("y")
        await it.pilot.pause()
        assert not it.bench.needs.display
        assert it.butler.decisions == []
        assert "denied" in it.screen()


async def test_r_allows_for_this_run(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("r")
        await it.settle()
        assert it.butler.decisions[0].scope == "run"


async def test_n_denies_with_a_reason(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("n")
        await it.until(lambda: isinstance(it.app.focused, Input))
        await it.pilot.press(*"yes_not_there", "enter")
        await it.settle()
        (decision,) = it.butler.decisions
        assert (decision.decision, decision.reason) == ("deny", "yes_not_there")
        assert it.app.focused is it.bench.plan


async def test_escape_from_the_reason_denies_nothing(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("n")
        await it.until(lambda: isinstance(it.app.focused, Input))
        await it.pilot.press("escape")
        await it.pilot.pause()
        assert it.butler.decisions == []
        assert "y once" in it.screen()


async def test_a_first_click_only_focuses(table):
    async with table() as it:
        await it.card()
        it.app.main.goal.focus()
        await it.listen()
        await it.pilot.click("#card-keys", offset=(1, 0))
        assert it.bench.needs.has_focus
        assert it.butler.decisions == []
        it.clock.advance(1.1)
        await it.pilot.click("#card-keys", offset=(1, 0))
        await it.settle()
        assert [one.decision for one in it.butler.decisions] == ["allow"]


async def test_the_palette_leads_to_the_card_and_decides_nothing(table):
    async with table(notifications=True) as it:
        await it.card()
        commands = {one.title: one.callback for one in it.app.get_system_commands(it.app.screen)}
        commands["Once (y on the card)"]()
        await it.settle()
        assert it.bench.needs.has_focus
        assert it.butler.decisions == []


async def test_a_decision_that_cannot_be_kept_is_told_and_the_card_stays(table):
    async with table(notifications=True) as it:
        await it.card()

        async def refuse(*_args, **_options):
            raise UsageError("It was decided already, at 09:01:00.")

        it.butler.allow = refuse
        await it.pilot.press("y")
        await it.pilot.pause()
        assert "It was decided already" in it.screen()
        assert "y once" in it.screen()


async def test_a_card_says_where_a_path_really_leads(table):
    async with table() as it:
        run = await it.start()
        seen = {"path": "/home/me/elsewhere/dinner.md", "content": "x"}
        args = {"path": "dinner.md", "content": "x"}
        it.butler.play(run, *dinner(), held(args=args).model_copy(update={"seen": seen}))
        await it.listen()
        assert "path is /home/me/elsewhere/dinner.md" in it.screen()


async def test_why_explains_and_goes_back(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("question_mark")
        await it.pilot.pause()
        assert "why this is asked" in it.screen()
        await it.pilot.press("question_mark")
        await it.pilot.pause()
        assert "what it would do" in it.screen()


async def test_a_card_that_goes_on_below_says_so_until_its_end_was_seen(table):
    async with table() as it:
        run = await it.start()
        text = "\n".join(f"line {number}" for number in range(60))
        it.butler.play(run, *dinner(), held(args={"path": "a.md", "content": text}, preview=""))
        await it.listen()
        await it.until(lambda: "more below: c, then pgdn" in it.screen())
        await it.pilot.press("c", *["pagedown"] * 9)
        it.clock.advance(2)
        await it.until(lambda: "line 59" in it.screen() and "more below" not in it.screen())
        assert it.butler.decisions == []
