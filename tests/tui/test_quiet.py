"""A card hears a key only after it was there for a moment, and after a moment without keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.tui.quiet import AFTER_KEY, ARRIVAL, Quiet

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
