"""Looking at a card and marking its calls leave it awake; a key that it missed is named."""

from __future__ import annotations

import pytest
from scripted_butler import dinner, held, proposed

from butler_tui.core import events as ev

CALM = 0.4
"""Seconds between the keys of somebody who reads."""


async def rows(it) -> str:
    """A card of three rows, which hears and has the focus."""
    run = await it.start()
    plan = proposed("s", "s = [write_file(n, 'c') for n in goal]", write_file=["path", "content"])
    args = [{"path": f"{n}.md", "content": "c"} for n in range(3)]
    it.butler.play(run, plan, *[held(f"r{n}", step="s", item=(n,), args=args[n]) for n in range(3)])
    await it.listen()
    it.bench.needs.focus()
    await it.settle()
    return run


async def calmly(it, *keys: str) -> None:
    for key in keys:
        await it.pilot.press(key)
        await it.pilot.pause()
        it.clock.advance(CALM)


def decided(it) -> list[str]:
    return [one.id for one in it.butler.decisions]


async def test_mark_two_and_allow_them_without_waiting_a_second(table):
    async with table() as it:
        await rows(it)
        await calmly(it, "space", "down", "down", "space", "Y")
        await it.settle()
        assert sorted(decided(it)) == ["r0", "r2"]


@pytest.mark.parametrize(
    "keys",
    [
        ["question_mark"],
        ["question_mark", "escape"],
        ["question_mark", "question_mark"],
        ["down", "up"],
        ["pagedown", "pageup"],
        ["space", "space"],
        ["d", "escape"],
        ["d", "down", "pagedown", "q"],
        ["v", "space", "escape"],
    ],
)
async def test_a_card_hears_right_after_a_key_of_its_own(table, keys):
    async with table() as it:
        await it.card()
        it.bench.needs.focus()
        await calmly(it, *keys)
        assert it.app.screen is it.app.main
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == ["a1b2c3d4"]


@pytest.mark.parametrize("keys", [["l"], ["space", "l"], ["z", "space"], ["escape", "c"], ["J"]])
async def test_any_other_key_makes_it_deaf_and_it_says_so(table, keys):
    async with table() as it:
        await it.card()
        it.bench.needs.focus()
        await calmly(it, *keys)
        await it.pilot.press("y")
        await it.pilot.pause()
        assert decided(it) == []
        assert "pressed too soon: wait a moment" in it.screen()
        it.clock.advance(1.1)
        await it.until(lambda: "pressed too soon: press again" in it.screen())
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == ["a1b2c3d4"]


async def test_own_keys_pressed_before_the_card_hears_make_it_wait(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), held())
        await it.settle()
        it.bench.needs.focus()
        await calmly(it, "down", "down", "y")
        assert decided(it) == []


async def test_a_plan_that_has_the_focus_lends_the_card_no_keys(table):
    async with table() as it:
        await it.card()
        assert it.app.focused is it.bench.plan
        await calmly(it, "question_mark", "y")
        assert decided(it) == []
        assert "pressed too soon" in it.screen()


async def test_tab_turns_to_a_card_that_is_deaf_for_its_own_half_second(table):
    async with table() as it:
        await it.card(held("second00", args={"path": "two.md", "content": ""}))
        it.bench.needs.focus()
        await it.pilot.press("tab")
        await it.until(lambda: it.app.quiet.card == "second00")
        it.clock.advance(0.45)
        await it.pilot.press("tab")
        await it.until(lambda: it.app.quiet.card == "a1b2c3d4")
        it.clock.advance(1.1)
        await it.pilot.press("tab")
        await it.until(lambda: it.app.quiet.card == "second00")
        it.clock.advance(0.55)
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == ["second00"]


async def test_a_card_that_came_behind_a_full_view_is_not_decided_before_it_was_seen(table):
    async with table() as it:
        args = {"path": "two.md", "content": ""}
        run = await it.card(held("second00", step="other", args=args))
        it.bench.needs.focus()
        await calmly(it, "d")
        it.butler.play(run, ev.ApprovalDecided(id="a1b2c3d4", decision="deny"))
        await it.until(lambda: it.bench.needs.card.id == "second00")
        it.clock.advance(5)
        await it.pilot.press("escape")
        await it.until(lambda: it.app.quiet.card == "second00")
        it.clock.advance(CALM)
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == []


async def test_a_key_that_would_decide_nothing_is_not_called_too_soon(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("down", "Y")
        await it.pilot.pause()
        assert "pressed too soon" not in it.screen()
