"""Calls of one comprehension are rows of one card: looked at, marked, and decided one by one."""

from __future__ import annotations

import pytest
from scripted_butler import dinner, held
from textual.widgets import Input


async def several(it, count: int, **more) -> str:
    run = await it.start()
    cards = [
        held(
            f"id{number}",
            step="pages",
            item=(number,),
            args={"path": f"{number}.md", "content": f"content of {number}"},
            preview=f"+preview of {number}",
            **more,
        )
        for number in range(count)
    ]
    it.butler.play(run, *dinner(), *cards)
    await it.listen()
    return run


async def pick(it, *keys: str) -> None:
    it.bench.needs.focus()
    await it.pilot.press(*keys)
    await it.pilot.pause()
    it.clock.advance(2)


def decided(it) -> list[tuple[str, str]]:
    return [(one.id, one.decision) for one in it.butler.decisions]


async def test_one_key_decides_all_calls_of_a_card_each_by_itself(table):
    async with table() as it:
        await several(it, 3)
        assert "3 calls" in it.screen()
        assert "y all 3" in it.screen()
        await it.pilot.press("y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["id0", "id1", "id2"]
        assert not it.bench.needs.display


async def test_up_and_down_show_all_of_a_row(table):
    async with table() as it:
        await several(it, 3)
        assert "+preview of 0" in it.screen()
        await pick(it, "down", "down", "down")
        assert "+preview of 2" in it.screen()
        assert "+preview of 0" not in it.screen()
        await pick(it, "up")
        assert "+preview of 1" in it.screen()


async def test_space_marks_rows_and_Y_allows_those_alone(table):  # noqa: N802  (the key's name)
    async with table() as it:
        await several(it, 4)
        await pick(it, "space", "down", "down", "space")
        assert "Y allow 2 marked" in it.screen()
        await it.pilot.press("Y")
        await it.settle()
        assert decided(it) == [("id0", "allow"), ("id2", "allow")]
        assert it.bench.needs.card.id == "id1+id3"


@pytest.mark.parametrize("key", ["y", "r"])
async def test_with_marks_the_other_keys_mean_the_marked_rows_too(table, key):
    async with table() as it:
        await several(it, 3)
        await pick(it, "down", "space")
        await it.pilot.press(key)
        await it.settle()
        assert decided(it) == [("id1", "allow")]


async def test_n_denies_the_marked_rows(table):
    async with table() as it:
        await several(it, 3)
        await pick(it, "space")
        await it.pilot.press("n")
        await it.until(lambda: isinstance(it.app.focused, Input))
        await it.pilot.press(*"no", "enter")
        await it.settle()
        assert decided(it) == [("id0", "deny")]
        assert it.butler.decisions[0].reason == "no"


async def test_n_denies_all_rows_when_none_is_marked(table):
    async with table() as it:
        await several(it, 2)
        await it.pilot.press("n")
        await it.until(lambda: isinstance(it.app.focused, Input))
        await it.pilot.press("enter")
        await it.settle()
        assert decided(it) == [("id0", "deny"), ("id1", "deny")]


async def test_space_again_takes_a_mark_away_and_Y_without_marks_does_nothing(table):  # noqa: N802
    async with table() as it:
        await several(it, 2)
        await pick(it, "space", "space")
        await it.pilot.press("Y")
        await it.settle()
        assert it.butler.decisions == []


async def test_space_on_a_card_that_has_just_come_marks_nothing(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.listen()
        it.butler.play(run, held())
        await it.settle()
        it.bench.needs.focus()
        it.clock.advance(0.4)
        await it.pilot.press("space")
        it.clock.advance(3)
        await it.pilot.press("Y")
        await it.settle()
        assert it.butler.decisions == []


async def test_cards_are_marked_one_after_the_other_and_allowed_together(table):
    async with table() as it:
        await it.card(held("second00", args={"path": "two.md", "content": ""}))
        await pick(it, "space", "tab")
        await it.listen()
        await pick(it, "space")
        assert "Y allow 2 marked" in it.screen()
        await it.pilot.press("Y")
        await it.settle()
        assert sorted(decided(it)) == [("a1b2c3d4", "allow"), ("second00", "allow")]


async def test_a_call_asked_anew_is_not_marked(table):
    async with table() as it:
        run = await it.card()
        await pick(it, "space")
        it.butler.play(run, held("asked000"))
        await it.settle()
        await it.listen()
        assert it.bench.needs._selection.marked == {"a1b2c3d4"}
        await it.pilot.press("Y")
        await it.settle()
        assert decided(it) == [("a1b2c3d4", "allow")]


async def test_e_changes_the_row_that_is_looked_at(table):
    async with table() as it:
        await several(it, 3)
        await pick(it, "down")
        await it.pilot.press("e")
        await it.until(lambda: it.app.screen is not it.app.main)
        it.app.focused.text = "elsewhere.md"
        await it.keep()
        await it.keep("y")
        assert decided(it) == [("id1", "allow")]
        assert it.butler.decisions[0].args["path"] == "elsewhere.md"


async def test_a_call_that_comes_later_is_not_decided_by_a_key_for_those_before(table):
    async with table() as it:
        run = await several(it, 2)
        late = held("late", step="pages", item=(9,), args={"path": "late.md", "content": ""})
        it.butler.play(run, late)
        await it.settle()
        assert it.bench.needs.card.id == "id0+id1"
        await it.pilot.press("y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["id0", "id1"]
        assert it.bench.needs.card.id == "late"


async def test_many_rows_say_how_many_are_not_shown_and_d_shows_all(table):
    async with table(size=(120, 60)) as it:
        await several(it, 20)
        assert "… 12 more below" in it.screen()
        await pick(it, *["down"] * 10)
        assert "more above" in it.screen()
        await it.pilot.press("d")
        await it.pilot.pause()
        text = "\n".join(str(part) for part in it.bench.needs.view().parts)
        assert all(f"content of {number}" in text for number in range(20))


async def test_one_that_somebody_else_decided_does_not_keep_the_others_back(table):
    async with table(notifications=True) as it:
        await several(it, 3)
        allow = it.butler.allow

        async def first_elsewhere(approval, **more):
            if approval == "id0":
                from butler_tui.core.errors import UsageError

                raise UsageError("id0 was decided already: denied by you.")
            await allow(approval, **more)

        it.butler.allow = first_elsewhere
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == [("id1", "allow"), ("id2", "allow")]
        assert "id0 was decided already" in it.screen()


async def test_r_says_what_it_allows_although_it_would_be_asked(table):
    concern = {"kind": "untrusted", "argument": "path", "origins": ["web page example.org"]}
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), held(concerns=[concern], because="path comes from ..."))
        await it.listen()
        assert "r this run, even if untrusted" in it.screen()
        await it.pilot.press("question_mark")
        await it.pilot.pause()
        assert "path comes from web page example.org, which strangers" in it.screen()


async def test_why_says_what_the_keys_do_on_a_card_of_several_calls(table):
    async with table() as it:
        await several(it, 3)
        await it.pilot.press("question_mark")
        await it.pilot.pause()
        assert "y allows all 3 calls of this card." in it.screen()
        assert "n denies all 3 calls" in it.screen()


async def test_a_click_looks_at_a_row_and_another_marks_it(table):
    async with table() as it:
        await several(it, 3)
        row = next(y for y, line in enumerate(it.screen().split("\n")) if "[ ] pages[1]" in line)
        for _ in range(2):  # the first brings the focus too
            it.clock.advance(2)
            await it.pilot.click(offset=(60, row))
            await it.settle()
        assert "+preview of 1" in it.screen()
        assert "[x] pages[1]" in it.screen()
        assert it.butler.decisions == []
