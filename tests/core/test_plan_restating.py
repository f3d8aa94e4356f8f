"""An answer may say again what has started: it is that same step, and numbering goes on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from butler_tui.core.errors import PlanError
from butler_tui.core.plan import Statement
from butler_tui.core.plan_text import PlanReader, read_plan
from butler_tui.core.plan_write import write_plan
from butler_tui.core.tool import Tool

STARTED = """search = web_search("x")
answer("one")  # Say one
page = read_page(search.results[0].url)
"""


@pytest.fixture
def kept(tools: Mapping[str, Tool]) -> tuple[Statement, ...]:
    return read_plan(STARTED, tools).statements


def read(text: str, tools: Mapping[str, Tool], kept: tuple[Statement, ...]) -> PlanReader:
    reader = PlanReader(tools, kept=kept)
    reader.feed(text)
    reader.close()
    return reader


def test_what_is_restated_is_the_same_step(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    reader = PlanReader(tools, kept=kept)
    new = [*reader.feed(STARTED + "answer(page.text)\n"), *reader.close()]
    assert [statement.id for statement in new] == ["answer_2"]
    assert reader.plan.statements[:3] == kept
    assert write_plan(reader.plan) == STARTED + "answer(page.text)\n"


def test_it_need_not_be_restated_to_be_used(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    reader = read("answer(page.text)\n", tools, kept)
    assert [statement.id for statement in reader.plan.statements] == ["answer_2"]
    assert reader.plan.statements[0].needs() == {"page"}


def test_its_shape_is_known(tools: Mapping[str, Tool], kept: tuple[Statement, ...]) -> None:
    with pytest.raises(PlanError, match="page has no field body"):
        read("answer(page.body)\n", tools, kept)


def test_the_title_makes_no_other_step(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    reader = read('answer("one")  # Another title\n', tools, kept)
    assert reader.plan.statements == (kept[1],)


def test_said_twice_the_second_is_a_new_step(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    reader = read('answer("one")\nanswer("one")\n', tools, kept)
    assert [statement.id for statement in reader.plan.statements] == ["answer", "answer_2"]


def test_a_kept_name_for_something_else_is_refused(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    with pytest.raises(PlanError, match="the name search is already given; use another name"):
        read('search = web_search("y")\n', tools, kept)


def test_a_name_that_is_not_kept_may_be_given_again(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    reader = read('page = read_page("other")\nanswer(page.text)\n', tools, kept[:2])
    assert [statement.id for statement in reader.plan.statements] == ["page", "answer_2"]


def test_what_has_started_counts_once(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    reader = PlanReader(tools, kept=kept, most_steps=4)
    reader.feed(STARTED + "answer(page.text)\n")
    reader.close()
    with pytest.raises(PlanError, match="more than 4 steps"):
        PlanReader(tools, kept=kept, most_steps=4).feed("answer(goal)\nanswer(run.id)\n")


def test_a_plan_of_nothing_new_is_a_plan(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    assert read(STARTED, tools, kept).plan.statements == kept


def test_a_kept_step_whose_tool_is_gone_is_still_a_name(
    tools: Mapping[str, Tool], kept: tuple[Statement, ...]
) -> None:
    fewer = {name: one for name, one in tools.items() if name != "read_page"}
    reader = read("answer(page.text)\n", fewer, kept)
    assert reader.plan.statements[0].needs() == {"page"}
