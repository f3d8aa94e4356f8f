"""Typing at 20 keys a second while cards keep arriving loses no character and decides nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scripted_butler import dinner, held, proposed

from butler_tui.core import events as ev
from butler_tui.core.tool import Effect

KEY_SECONDS = 0.05
TYPED = "yes_YArn_ye_olde_Anna_ran_by_Yarmouth_nary_any_Rye_"
DECIDING = ["y", "Y", "A", "r", "n", "e", "space", "enter", "y", "n", "v", "escape"] * 4
"""What decides a card, marks it, or could be taken to; `v` opens what Escape leaves."""


def arriving(number: int) -> list[ev.Event]:
    """The next thing to need the person: a card, a row, a sheet, a question, a call to send."""
    step = f"s{number}"
    text = f"{step} = write_file('{number}.md', 'c')"
    plan = proposed(step, text, write_file=["path", "content"])
    args = {"path": f"{number}.md", "content": "c"}
    match number % 4:
        case 0:
            return [plan, held(f"card{number}", step=step, args=args)]
        case 1:
            rows = [held(f"row{number}{n}", step=step, item=(n,), args=args) for n in range(3)]
            return [plan, *rows]
        case 2:
            asked = [held(f"on{number}{n}", step=f"{step}{n}", args=args) for n in range(2)]
            ids = [one.id for one in asked]
            sheet = ev.PlanOffered(id=f"sheet{number}", revision=1, approvals=ids)
            return [plan, *asked, sheet]
        case _:
            return [plan, ev.QuestionAsked(id=f"q{number}", step=step, question="Which?")]


async def types(it, run: str, keys, *, every: int = 4) -> None:
    for place, key in enumerate(keys):
        if place % every == 0:
            it.butler.play(run, *arriving(place // every))
        await it.pilot.press(key)
        it.clock.advance(KEY_SECONDS)
    await it.settle()


def decided(it, run: str) -> list[ev.Event]:
    kinds = (ev.ApprovalDecided, ev.PlanAccepted, ev.QuestionAnswered, ev.SendReleased)
    return [one.event for one in it.butler.journals[run] if isinstance(one.event, kinds)]


@pytest.mark.timeout(120)
async def test_a_goal_is_typed_through_arriving_cards(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner()[:-6])
        await it.settle()
        before = decided(it, run)
        await it.pilot.press("ctrl+n")
        await types(it, run, TYPED)
        assert it.app.main.goal.value == TYPED
        assert it.app.focused is it.app.main.goal
        assert it.bench.needs.display
        await it.pilot.press("enter")
        await it.until(lambda: len(it.butler.requests) == 2)
        await it.settle()
        assert it.butler.requests[1].goal == TYPED
        assert decided(it, run) == before
        assert it.butler.rules == []


@pytest.mark.timeout(120)
async def test_keys_that_decide_are_typed_into_the_plan_through_arriving_cards(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner()[:-6])
        await it.settle()
        before = decided(it, run)
        await types(it, run, DECIDING)
        assert decided(it, run) == before
        assert (it.butler.rules, it.butler.signed, it.butler.acceptances) == ([], [], [])
        assert it.bench.needs.display


@pytest.mark.timeout(120)
async def test_keys_are_typed_into_the_card_itself_through_arriving_cards(table):
    async with table() as it:
        run = await it.card()
        it.bench.needs.focus()
        await it.pilot.press("down")  # the card hears again only after a second without keys
        before = decided(it, run)
        await types(it, run, [key for key in DECIDING if key not in ("escape", "v")])
        assert decided(it, run) == before
        assert it.butler.rules == []


async def test_a_call_in_the_outbox_is_not_sent_by_what_is_typed(table):
    async with table() as it:
        run = await it.start()
        plan = proposed("mail", "mail = send_mail('a', 'b')", send_mail=["to", "body"])
        asked = held("m1", step="mail", tool="send_mail", effect=Effect.SEND, undoable=False)
        until = it.clock.now() + timedelta(seconds=60)
        allowed = ev.ApprovalDecided(id="m1", decision="allow")
        it.butler.play(run, plan, asked, allowed, ev.SendHeld(step="mail", until=until))
        await it.settle()
        for key in ["enter", "y", "enter", "Y", "tab", "enter", "n"] * 3:
            await it.pilot.press(key)
            it.clock.advance(KEY_SECONDS)
        await it.settle()
        assert not any(isinstance(one, ev.SendReleased) for one in decided(it, run))


GOALS = ["what did you read?   and any new", "   yes you may", "? yes y n A r"]
"""None begins with a letter that decides: that alone nobody can tell from one that was meant."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("focused", "gap"), [("plan", KEY_SECONDS), ("needs", KEY_SECONDS), ("needs", 0.2)]
)
@pytest.mark.parametrize("goal", GOALS)
async def test_the_words_of_a_goal_typed_at_a_card_that_hears_decide_nothing(
    table, goal: str, focused: str, gap: float
):
    async with table() as it:
        run = await it.card(held("second00", args={"path": "two.md", "content": ""}))
        it.bench.query_one(f"#{focused}").focus()
        await it.pilot.pause()
        before = decided(it, run)
        for key in goal:
            name = {" ": "space", "?": "question_mark"}.get(key, key)
            await it.pilot.press(name)
            it.clock.advance(gap)
        await it.settle()
        assert decided(it, run) == before
        assert (it.butler.rules, it.butler.signed, it.butler.acceptances) == ([], [], [])
