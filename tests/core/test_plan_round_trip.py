"""What is written is what was meant: any plan, written and read, is the same plan."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_strategies import TOOLS, plans, statements

from butler_tui.core.plan import Plan, Statement
from butler_tui.core.plan_text import PlanReader, clean_title, read_plan, read_statement
from butler_tui.core.plan_write import write_plan, write_statement
from butler_tui.core.tool import Tool, ToolContext, tool


async def _make(context: ToolContext, a: Any = 1, b: Any = 1, c: Any = 1) -> Any:
    """Make something."""


async def _take(context: ToolContext, thing: Any = 1, _count: Any = 1, schema: Any = 1) -> Any:
    """Take something."""


async def _open(context: ToolContext, lid: Any = 1) -> Any:
    """Open something."""


ANY: dict[str, Tool] = {
    name: tool(effect=None, name=name)(function)
    for name, function in zip(TOOLS, (_make, _take, _open), strict=True)
}


@settings(max_examples=120)
@given(statements())
def test_a_statement_is_read_as_it_was_written(statement: Statement) -> None:
    text = write_statement(statement)
    assert "\n" not in text
    assert read_statement(text, statement.id, TOOLS) == statement


@settings(max_examples=60)
@given(statements())
def test_writing_is_canonical(statement: Statement) -> None:
    text = write_statement(statement)
    assert write_statement(read_statement(text, statement.id, TOOLS)) == text


@settings(max_examples=60)
@given(plans())
def test_a_plan_is_read_as_it_was_written(plan: Plan) -> None:
    text = write_plan(plan)
    read = read_plan(text, ANY)
    assert read == plan
    assert write_plan(read) == text


@settings(max_examples=60)
@given(plans(), st.data())
def test_a_stream_cut_anywhere_gives_the_same_statements(plan: Plan, data: st.DataObject) -> None:
    text = write_plan(plan)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    reader = PlanReader(ANY)
    made: list[Statement] = []
    for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True):
        made += reader.feed(text[start:stop])
    made += reader.close()
    assert tuple(made) == plan.statements
    assert reader.plan == plan


@settings(max_examples=40)
@given(plans())
def test_a_statement_is_there_as_soon_as_its_line_is_closed(plan: Plan) -> None:
    reader = PlanReader(ANY)
    for statement in plan.statements:
        assert reader.feed(write_statement(statement)) == []
        assert reader.feed("\n") == [statement]


@given(st.text())
def test_a_title_is_one_clean_line(comment: str) -> None:
    title = clean_title(comment)
    assert clean_title(title) == title
    assert title.isprintable()
    assert len(title) <= 120
