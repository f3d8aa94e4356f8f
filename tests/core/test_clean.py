"""What reaches the screen holds nothing that a terminal obeys or hides."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.clean import visible, visible_line

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\x9b31m", "a⟨U+009B⟩31m"),
        ("\x7f", "␡"),
        ("harm\u202eless", "harm⟨U+202E⟩less"),
        ("pay\u200bpal", "pay⟨U+200B⟩pal"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("line\r\n", "line␍\n"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_shown_as_a_symbol(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["plain", "zwei\n\tZeilen", "naïve café", "日本語", "❤\ufe0f", "👍🏽"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert visible(text) == text


def test_a_row_of_variation_selectors_is_shown_because_it_can_carry_text():
    assert visible("x\ufe00\ufe01") == "x\ufe00⟨U+FE01⟩"


def test_a_line_stays_a_line():
    assert visible_line("a\nb\tc\r\n") == "a␤b c␍␤"


@given(ANY_TEXT)
def test_no_control_or_format_character_but_newline_and_tab_is_left(text):
    left = [
        char
        for char in visible(text)
        if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} and char not in "\n\t"
    ]
    assert left == []
    assert not set("\u202e\u2066\u200b\u200d\ufeff") & set(visible(text))


@given(ANY_TEXT)
def test_what_is_visible_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)
