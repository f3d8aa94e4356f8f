"""A host that is asked too often is left alone, by everybody, for as long as it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.resting import FIRST, MOST, Resting


def test_what_one_call_is_told_holds_for_the_others() -> None:
    resting = Resting()
    assert resting.left("a", 10.0) == 0
    assert resting.told("a", 10.0, 5.0, 0.0) == 5.0
    assert resting.left("a", 12.0) == 3.0
    assert resting.left("b", 12.0) == 0
    assert resting.left("a", 15.0) == 0


def test_calls_that_were_under_way_together_count_once() -> None:
    resting = Resting()
    first = resting.told("a", 0.0, None, 0.5)
    assert first == FIRST
    assert resting.told("a", 0.25, None, 0.5) == first - 0.25
    assert resting.told("a", 2.0, None, 0.5) == 2 * FIRST


def test_an_answer_makes_the_next_wait_short_again() -> None:
    resting = Resting()
    resting.told("a", 0.0, None, 0.5)
    resting.answered("a")
    assert resting.told("a", 10.0, None, 0.5) == FIRST


def test_a_shorter_wait_does_not_cut_a_longer_one() -> None:
    resting = Resting()
    resting.told("a", 0.0, 20.0, 0.0)
    assert resting.told("a", 1.0, 2.0, 0.0) == 19.0


@given(st.integers(1, 40), st.floats(0, 1))
def test_without_a_word_the_wait_doubles_to_a_bound(times: int, chance: float) -> None:
    resting, now, before = Resting(), 0.0, 0.0
    for _ in range(times):
        wait = resting.told("a", now, None, chance)
        assert before * 0.99 <= wait <= MOST * 1.25 + 1e-6
        before, now = wait, now + wait
