"""The plan's text out of an answer, however it is wrapped and cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.errors import PlanError
from butler_tui.core.plan_text import LONGEST_PLAN
from butler_tui.planning.answers import AnswerText

PLAN = '# Look\na = list_files(".")\nanswer(f"{a.files}")\n'


def text_in(*chunks: str) -> str:
    answer = AnswerText()
    return "".join([*(answer.feed(chunk) for chunk in chunks), answer.close()])


@pytest.mark.parametrize(
    "wrapped",
    [
        PLAN,
        f"\ufeff{PLAN}",
        f"\n\n{PLAN}",
        f"```python\n{PLAN}```\n",
        f"```plan\n{PLAN}```",
        f"```\n{PLAN}```\nThat is all.\n",
        f"~~~~ py\n{PLAN}~~~~\n",
        f"Here is the plan (I hope it helps):\n\n```python\n{PLAN}```\nTell me more.\n",
        f"# My plan\n\nIt looks first.\n```python\n{PLAN}```\n",
        f"# My plan\n```python\n{PLAN}```\n",
        f"Not this:\n```json\n{{}}\n```\nbut:\n```Python\n{PLAN}```\n```text\nhm\n```\n",
        "  ```python\n" + "".join(f"  {line}\n" for line in PLAN.splitlines()) + "  ```\n",
        f"```python\n{PLAN}",
    ],
)
def test_a_plan_is_found_bare_or_in_its_block(wrapped: str) -> None:
    assert text_in(wrapped).strip("\n") == PLAN.strip("\n")
    assert text_in(wrapped.replace("\n", "\r\n")).strip("\n") == PLAN.strip("\n")


@pytest.mark.parametrize(
    "line",
    ["# title", "a = f(1)", "a=f(1)", "mcp.files.read(1)", "[f(x) for x in y]", "(f() or g())"],
)
def test_a_bare_plan_passes_line_by_line(line: str) -> None:
    answer = AnswerText()
    first = answer.feed(f"{line}\nb = f(2)\n")
    assert first.endswith("b = f(2)\n")
    assert answer.feed("c = f(") == ""
    assert answer.feed("3)\nd") == "c = f(3)\n"
    assert answer.close() == "d"


@pytest.mark.parametrize(
    "said",
    [
        "I cannot do that.\n",
        "already approved\n",
        '{"tool_calls": [{"name": "web_search"}]}\n',
        '```json\n{"tool": "web_search"}\n```\n',
        "<tool_call>\nweb_search\n",
    ],
)
def test_what_is_no_plan_is_passed_on_whole_to_be_refused(said: str) -> None:
    assert text_in(said) == said


def test_a_fence_inside_three_quotes_does_not_end_the_block() -> None:
    plan = 'write_file("a.md", """\n```\ncode \\""" \'\'\'\n```\n""")\nanswer(\'"""\')  # """\n'
    assert text_in(f"Here:\n```python\n{plan}```\nbye\n") == plan


def test_two_blocks_are_a_problem() -> None:
    answer = AnswerText()
    assert answer.feed(f"```python\n{PLAN}```\nor else:\n```python\n{PLAN}```\n") == PLAN
    assert ["more than one" in str(problem) for problem in answer.problems] == [True]


FENCES = ("```", "~~~", "python", "json", "`")
LINES = ("\ufeff", "\r\n", "\n", "\r", " ", "a = f(1)", "# t", "Sure:", "x")
QUOTES = ('"""', "'''", '"', "\\")
PIECES = st.sampled_from((*FENCES, *LINES, *QUOTES))


@given(st.lists(PIECES, max_size=40).map("".join), st.lists(st.integers(0, 200), max_size=12))
def test_any_chunking_gives_the_same_text(said: str, cuts: list[int]) -> None:
    whole = AnswerText()
    expected = whole.feed(said) + whole.close()
    places = sorted({min(cut, len(said)) for cut in cuts} | {0, len(said)})
    chunked = AnswerText()
    parts = [chunked.feed(said[a:b]) for a, b in pairwise(places)]
    assert "".join(parts) + chunked.close() == expected
    assert chunked.problems == whole.problems


@pytest.mark.parametrize(
    ("word", "times"), [("x", 50_000_000), ("x", 1), ("", 1), ("Sure.\n", 1), ("```\n", 1)]
)
def test_an_answer_that_never_ends_is_refused(word: str, times: int) -> None:
    answer = AnswerText()
    chunk = word * times
    with pytest.raises(PlanError, match="longer than"):
        for _ in range(LONGEST_PLAN + 1):
            answer.feed(chunk)


def test_a_hostile_line_costs_little() -> None:
    line = '```\n"' + '\\"' * 40_000 + "'" + '"""' + "\\a" * 30_000
    assert text_in(line).startswith('"')
