"""A card hears a key only after it was there for a moment, and after a moment without keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.tui.quiet import AFTER_KEY, AFTER_OWN, ARRIVAL, Quiet

TIMES = st.floats(0, 100, allow_nan=False)


def test_a_card_that_was_never_painted_hears_nothing():
    quiet = Quiet()
    quiet.pressed(10)
    assert not quiet.hears("a", 10)


def test_the_deciding_key_is_no_keystroke_before_itself():
    quiet = Quiet()
    quiet.arrived("a", 0)
    quiet.pressed(10)
    assert quiet.hears("a", 10)
    assert not quiet.hears("a", 10, key=False)


def test_two_keys_at_the_same_moment_decide_nothing():
    quiet = Quiet()
    quiet.arrived("a", 0)
    quiet.pressed(10)
    quiet.pressed(10)
    assert not quiet.hears("a", 10)


def test_keys_typed_later_do_not_make_an_early_key_count():
    quiet = Quiet()
    quiet.arrived("a", 9.8)
    quiet.pressed(10)
    quiet.pressed(12)
    assert not quiet.hears("a", 10)


def test_telling_of_the_same_card_again_changes_nothing():
    quiet = Quiet()
    quiet.arrived("a", 0)
    quiet.arrived("a", 9.9)
    quiet.pressed(10)
    assert quiet.hears("a", 10)


@given(arrived=TIMES, keys=st.lists(TIMES, max_size=20), at=TIMES)
def test_whatever_is_typed_a_key_is_heard_only_after_silence(arrived, keys, at):
    quiet = Quiet()
    quiet.arrived("a", arrived)
    for key in sorted([*keys, at]):
        quiet.pressed(key)
    before = sorted(key for key in [*keys, at] if key <= at)
    before.remove(at)
    silent = all(at - key >= AFTER_KEY for key in before)
    assert quiet.hears("a", at) == (silent and at - arrived >= ARRIVAL)


def test_a_key_of_the_cards_own_restarts_nothing_but_what_follows_on_its_heels_is_not_heard():
    quiet = Quiet()
    quiet.arrived("a", 0)
    quiet.pressed(10)
    quiet.own("a", 10)
    quiet.pressed(10 + AFTER_OWN / 2)
    assert not quiet.hears("a", 10 + AFTER_OWN / 2)
    other = Quiet()
    other.arrived("a", 0)
    other.pressed(10)
    other.own("a", 10)
    other.pressed(10 + AFTER_OWN)
    assert other.hears("a", 10 + AFTER_OWN)


def test_a_key_pressed_while_the_card_is_deaf_is_nobodys_own():
    quiet = Quiet()
    quiet.arrived("a", 0)
    for at in (0.2, 10.0, 10.5):
        quiet.pressed(at)
    quiet.own("a", 0.2)  # the card had just appeared
    quiet.own("a", 10.5)  # the key at 10.0 was something else's
    quiet.own("b", 10.0)  # of a card that is not on the screen
    assert not quiet.hears("a", 11.4, key=False)
    assert quiet.hears("a", 11.5, key=False)


def test_another_card_hears_after_its_half_second_though_the_key_that_turned_to_it_was_own():
    quiet = Quiet()
    quiet.arrived("a", 0)
    quiet.pressed(10)
    quiet.own("a", 10)
    quiet.forget()
    quiet.arrived("b", 10)
    assert not quiet.hears("b", 10.49, key=False)
    assert quiet.hears("b", 10.5, key=False)


typed = st.lists(st.tuples(st.booleans(), st.floats(0.01, AFTER_OWN * 0.99)), max_size=40)


@given(keys=typed)
def test_of_a_text_typed_without_a_stop_only_its_first_key_is_ever_heard(keys):
    """Each key may be one that the card takes for itself, in any order."""
    quiet = Quiet()
    quiet.arrived("a", 0)
    at = 10.0
    for place, (own, gap) in enumerate(keys):
        quiet.pressed(at)
        assert quiet.hears("a", at) == (place == 0)
        if own:
            quiet.own("a", at)
        at += gap


@given(keys=st.lists(st.tuples(st.booleans(), st.floats(0.01, 3)), max_size=40))
def test_whatever_the_card_takes_for_itself_a_key_that_was_not_its_own_makes_it_deaf(keys):
    quiet = Quiet()
    quiet.arrived("a", 0)
    at, others = 10.0, [-10.0]
    for own, gap in keys:
        quiet.pressed(at)
        if quiet.hears("a", at):
            assert at - max(others) >= AFTER_KEY
        before = at - max(others) >= AFTER_KEY
        if own:
            quiet.own("a", at)
        if not (own and before):
            others.append(at)
        at += gap
