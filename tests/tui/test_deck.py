"""Held calls are dealt into cards; the card on top does not change while it can be decided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scripted_butler import BEGAN, held

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


def test_the_elements_stand_in_their_order_whichever_came_first():
    deck = Deck()
    deck.deal([call("c", item=(2,)), call("a", item=(0,)), call("b", item=(1,))], keep_top=False)
    assert ids(deck) == ["a+b+c"]


def test_calls_asked_for_other_reasons_have_cards_of_their_own():
    deck = Deck()
    other = call("b", item=(1,), because="path comes from what strangers may write")
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


def test_what_was_decided_is_gone_at_once_and_comes_back_when_it_was_refused():
    deck = Deck()
    deck.deal([call("a"), call("b")], keep_top=False)
    assert deck.top is not None
    deck.decided(one.id for one in deck.top.asks)
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


def test_the_calls_of_a_sheet_share_a_card_and_the_others_do_not():
    deck = Deck()
    sheet = ev.PlanOffered(id="plan", revision=1, approvals=["a", "b"])
    deck.deal([call("a"), call("b", step="other"), call("c")], keep_top=False, sheet=sheet)
    assert ids(deck) == ["plan:a+b", "c"]
    assert [card.sheet for card in deck.cards] == [sheet, None]
    deck.deal([call("b", step="other"), call("c")], keep_top=True, sheet=sheet)
    assert ids(deck) == ["plan:b", "c"]
