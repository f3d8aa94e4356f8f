"""A leading block of thoughts is taken out, wherever the chunks are cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.language.thinking import AnswerText

texts = st.text(alphabet="<>/think \nab", max_size=30)
cuts = st.lists(st.integers(0, 60), max_size=8)


@given(texts.filter(lambda text: not text.lstrip().startswith("<think>")), cuts)
def test_what_does_not_begin_with_thoughts_comes_through_unchanged(
    text: str, at: list[int]
) -> None:
    assert _read(text, at) == text


@given(st.sampled_from(["", " ", "\n\n"]), texts, texts, cuts)
def test_leading_thoughts_are_taken_out(
    before: str, thoughts: str, answer: str, at: list[int]
) -> None:
    text = f"{before}<think>{thoughts}</think>{answer}"
    rest = text.split("<think>", 1)[1].split("</think>", 1)[1]
    assert _read(text, at) == rest.lstrip()


@given(texts.filter(lambda text: "</think>" not in text), cuts)
def test_thoughts_without_an_end_are_no_answer(thoughts: str, at: list[int]) -> None:
    assert _read(f"<think>{thoughts}", at) == ""


def test_text_is_given_on_as_soon_as_it_is_known_to_be_the_answers() -> None:
    reader = AnswerText()
    assert reader.feed("<th") == ""
    assert reader.feed("e end>") == "<the end>"
    assert reader.feed("<think>") == "<think>"


def _read(text: str, at: list[int]) -> str:
    places = [0, *sorted(min(one, len(text)) for one in at), len(text)]
    reader = AnswerText()
    chunks = [text[start:end] for start, end in pairwise(places)]
    return "".join(reader.feed(chunk) for chunk in chunks) + reader.finish()
