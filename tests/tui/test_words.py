"""Numbers and long text as they are put on the screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.labels import Label, Source
from butler_tui.tui import words
from butler_tui.tui.text import PAGE_LENGTH, PAGE_LINES, pages, shown_line
from butler_tui.tui.values import sources_in_words

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (0.84, "0.8 s"),
        (9.96, "10 s"),
        (59, "59 s"),
        (187, "3:07 min"),
        (3727, "1:02:07 h"),
    ],
)
def test_durations(seconds, said):
    assert words.seconds(seconds) == said


@pytest.mark.parametrize(
    ("dollars", "priced", "said"),
    [
        (0.004, True, "0.4 ct"),
        (1.239, True, "$1.24"),
        (0, False, "cost unknown"),
        (0.02, False, "over 2.0 ct"),
    ],
)
def test_costs(dollars, priced, said):
    assert words.cost(dollars, priced=priced) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(hours=1), "08:00"),
        (timedelta(days=2), "Thu 09:00"),
        (timedelta(days=30), "2026-10-22"),
    ],
)
def test_moments(ago, said):
    assert words.day_and_time(NOW - ago, NOW) == said


def test_every_state_has_a_word_beside_its_sign():
    for status in ("held", "running", "done", "failed", "denied", "skipped", "unknown", "asking"):
        mark = words.mark_of_call(status)
        assert mark.sign
        assert mark.word


@given(st.text(st.sampled_from("ab\n"), max_size=4000).map(lambda text: text * 50))
def test_pages_hold_all_of_a_long_text(text):
    made = pages(text)
    assert "\n".join(made) == text
    assert all(page.count("\n") < PAGE_LINES for page in made)


def test_one_endless_line_is_cut_into_pages_and_nothing_is_lost():
    text = "x" * (3 * PAGE_LENGTH + 7)
    assert "".join(pages(text)).replace("\n", "") == text


def test_a_line_is_cut_with_a_sign():
    assert shown_line("a" * 20, "", 10).plain == "a" * 9 + "…"


def test_sources_of_one_step_are_named_together_and_the_rest_counted():
    pages_read = [
        Source("step", "pages", f"file n{number}.md", private=True) for number in range(9)
    ]
    (said,) = sources_in_words(Label.of(*pages_read))
    assert said.startswith("from step pages: file n0.md, file n1.md")
    assert said.endswith("file n5.md and 3 more, private")
