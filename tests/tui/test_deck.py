"""Held calls are dealt into cards; the card on top does not change while it can be decided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scripted_butler import BEGAN, dinner, held

from butler_tui.core import events as ev
from butler_tui.core.calls import ApprovalState, QuestionState
from butler_tui.tui.deck import Deck


def call(
    identity: str, *, step: str = "moves", item: tuple[int, ...] = (), **more
) -> ApprovalState:
    return ApprovalState(
        held(identity, step=step, item=item, args={"path": identity}, **more), BEGAN
    )


def question(identity: str) -> QuestionState:
    return QuestionState(ev.QuestionAsked(id=identity, step="ask", question="?"), BEGAN)


def ids(deck: Deck) -> list[str]:
    return [card.id for card in deck.cards]


def test_calls_of_one_comprehension_share_a_card():
    deck = Deck()
    deck.deal([call("a", item=(0,)), question("q"), call("b", item=(1,))], keep_top=False)
    assert ids(deck) == ["a+b", "q"]


def test_calls_asked_for_other_reasons_have_cards_of_their_own():
    deck = Deck()
    other = call("b", item=(1,), because="rule 1: path is untrusted")
    deck.deal([call("a", item=(0,)), other, call("c", step="other"), call("d")], keep_top=False)
    assert ids(deck) == ["a", "b", "c", "d"]


def test_the_top_card_gets_no_more_calls_while_it_is_kept():
    deck = Deck()
    deck.deal([call("a", item=(0,))], keep_top=False)
    later = [call("a", item=(0,)), call("b", item=(1,)), call("c", item=(2,))]
    deck.deal(later, keep_top=True)
    assert ids(deck) == ["a", "b+c"]
    deck.deal(later, keep_top=False)
    assert ids(deck) == ["a+b+c"]


def test_a_card_loses_what_was_decided_elsewhere_and_is_another_card():
    deck = Deck()
    deck.deal([call("a", item=(0,)), call("b", item=(1,))], keep_top=False)
    deck.deal([call("b", item=(1,))], keep_top=True)
    assert ids(deck) == ["b"]


def test_a_card_is_split_into_its_calls():
    deck = Deck()
    deck.deal([call("a", item=(0,)), call("b", item=(1,))], keep_top=False)
    assert deck.split()
    assert ids(deck) == ["a", "b"]
    assert deck.top is not None
    assert deck.top.id == "a"
    assert not deck.split()


def test_what_was_decided_is_gone_at_once_and_comes_back_when_it_was_refused():
    deck = Deck()
    deck.deal([call("a"), call("b")], keep_top=False)
    assert deck.top is not None
    deck.decided(deck.top)
    assert ids(deck) == ["b"]
    deck.refused()
    assert ids(deck) == ["a", "b"]


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 3)), max_size=12), st.booleans())
def test_every_call_is_on_exactly_one_card(places, keep_top):
    wanted = [call(f"{n}", step=step, item=(item,)) for n, (step, item) in enumerate(places)]
    deck = Deck()
    deck.deal(wanted[: len(wanted) // 2], keep_top=False)
    deck.deal(wanted, keep_top=keep_top)
    dealt = sorted(one.id for card in deck.cards for one in card.asks)
    assert dealt == sorted(one.requested.id for one in wanted)


async def several(it, count: int) -> str:
    run = await it.start()
    cards = [
        held(
            f"id{number}",
            step="pages",
            item=(number,),
            args={"path": f"{number}.md", "content": ""},
        )
        for number in range(count)
    ]
    it.butler.play(run, *dinner(), *cards)
    await it.listen()
    return run


async def test_one_key_decides_all_calls_of_a_card_each_by_itself(table):
    async with table() as it:
        await several(it, 3)
        assert "3 calls" in it.screen()
        assert "y all 3" in it.screen()
        await it.pilot.press("y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["id0", "id1", "id2"]
        assert not it.bench.needs.display


async def test_s_shows_them_one_by_one(table):
    async with table() as it:
        await several(it, 3)
        await it.pilot.press("s")
        assert it.bench.needs.border_title == "needs you · 1 of 3"
        await it.listen()
        await it.pilot.press("y")
        await it.settle()
        assert [one.id for one in it.butler.decisions] == ["id0"]


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


async def test_neither_a_rule_nor_an_edit_is_offered_for_several(table):
    async with table() as it:
        await several(it, 2)
        for key in ("A", "e"):
            await it.pilot.press(key)
            it.clock.advance(2)
        await it.pilot.pause()
        assert it.app.screen is it.app.main
        assert (it.butler.decisions, it.butler.rules) == ([], [])
