"""Where statements end: the same wherever the stream is cut, and nothing is lost."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from butler_tui.core.plan_stream import LONGEST_STATEMENT, Piece, StatementStream

awkward = st.text(st.sampled_from("\"'\\\n\r#()[]{}a =,.\u2028é"), max_size=60)


def pieces_of(chunks: Sequence[str]) -> list[Piece]:
    stream = StatementStream()
    found = [piece for chunk in chunks for piece in stream.feed(chunk)]
    return found + stream.close()


@settings(max_examples=400)
@given(awkward, st.lists(st.integers(0, 60), max_size=12))
def test_any_text_is_cut_the_same_however_it_arrives(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:stop] for start, stop in pairwise(edges)]
    assert pieces_of(chunks) == pieces_of([text])


@given(awkward)
def test_character_by_character_is_the_same_too(text: str) -> None:
    assert pieces_of(list(text)) == pieces_of([text])


@given(awkward.map(lambda text: text.replace("#", "")))
def test_no_character_of_a_statement_is_lost(text: str) -> None:
    found = "\n".join(piece.text for piece in pieces_of([text]))
    assert re.sub(r"\s", "", found) == re.sub(r"\s", "", text)


@given(st.text(st.sampled_from("a =#\n\té"), max_size=60))
def test_no_character_of_a_comment_is_lost(text: str) -> None:
    found = "\n".join(
        piece.text + ("" if piece.comment is None else "#" + piece.comment)
        for piece in pieces_of([text])
    )
    assert re.sub(r"\s", "", found) == re.sub(r"\s", "", text)


@given(awkward)
def test_pieces_come_in_order_with_the_lines_they_begin_on(text: str) -> None:
    found = pieces_of([text])
    lines = text.replace("\r\n", "\n").split("\n")
    assert [piece.line for piece in found] == sorted({piece.line for piece in found})
    for piece in found:
        first = piece.text.split("\n")[0]
        assert first in lines[piece.line - 1]


SPREAD = '''# A title
a = make(
    "one (", 'two [',  # not a title
    [1,

     2], {"k": "}"},
)  # The first

b = make("""three
# no comment
"quoted" "" and \\""" more""") or \\
    make('it''s', "\\\\")
c = make(\'\'\'x"""y\'\'\')  # "third
'''


def test_statements_may_spread_over_lines() -> None:
    found = pieces_of([SPREAD])
    assert [(piece.line, piece.comment) for piece in found] == [
        (1, " A title"),
        (2, " The first"),
        (9, None),
        (13, ' "third'),
    ]
    body = ast.parse(SPREAD).body
    assert [ast.dump(ast.parse(piece.text).body[0]) for piece in found[1:]] == [
        ast.dump(statement) for statement in body
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_spread_statements_are_the_same_in_chunks_of_any_size(size: int) -> None:
    chunks = [SPREAD[at : at + size] for at in range(0, len(SPREAD), size)]
    assert pieces_of(chunks) == pieces_of([SPREAD])


def test_line_ends_of_another_system_are_line_ends() -> None:
    text = "a = make(1)  # one\r\n\r\nb = make(\r\n2)\r\n"
    expected = [Piece("a = make(1)  ", " one", 1), Piece("b = make(\n2)", None, 3)]
    assert pieces_of([text]) == expected
    assert pieces_of(list(text)) == expected


def test_a_byte_order_mark_is_no_part_of_the_first_statement() -> None:
    assert pieces_of(["\ufeff", "a()\n"]) == [Piece("a()", None, 1)]


def test_a_statement_closes_at_the_end_of_its_line_and_not_before() -> None:
    stream = StatementStream()
    assert stream.feed('a("x") # t') == []
    assert stream.feed("\n") == [Piece('a("x") ', " t", 1)]


def test_a_quote_that_is_never_closed_ends_with_its_line() -> None:
    assert [piece.text for piece in pieces_of(["a('x\nb('y')\n"])] == ["a('x\nb('y')"]
    assert [piece.text for piece in pieces_of(["'x\nb('y')\n"])] == ["'x", "b('y')"]


@pytest.mark.parametrize("endless", ["(", "'''", "a", '"', "\\", "(é\n"])
def test_a_statement_without_end_is_given_out_in_parts(endless: str) -> None:
    stream = StatementStream()
    for _ in range(LONGEST_STATEMENT + 10):
        if found := stream.feed(endless):
            assert not found[0].whole
            assert len(found[0].text) <= LONGEST_STATEMENT + 3
            return
    pytest.fail("it was never given out")
