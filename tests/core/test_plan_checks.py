"""What flows between steps is checked before anything runs, as far as shapes are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from butler_tui.core.errors import PlanError
from butler_tui.core.plan_check import literal_value, nearest
from butler_tui.core.plan_text import read_plan, read_statement
from butler_tui.core.tool import Effect, Tool, ToolContext, tool

BEFORE = """search = web_search("x")
pages = [read_page(hit.url) for hit in search.results]
page = read_page("u")
typed = write_text("x", page.text, schema={"name": "text"})
"""


@tool(effect=Effect.OBSERVE)
async def join_texts(context: ToolContext, texts: list[str], sizes: list[int] | None = None) -> Any:
    """Join texts."""


@pytest.fixture(scope="module")
def more(tools: Mapping[str, Tool]) -> Mapping[str, Tool]:
    return {**tools, "join_texts": join_texts}


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("answer(pages[0].body)", "pages[0] has no field body; it has text, title, url"),
        ("answer(pages[0])", "pages[0] is an object; write pages[0].text or pages[0].title"),
        ("answer(pages.text)", "pages is a list; write [x.text for x in pages] or pages[0].text"),
        ('answer(pages["text"])', 'pages is a list; write [x["text"] for x in pages]'),
        ("answer(pages)", "text must be text, and pages is a list of an object"),
        ("answer([page.text for page2 in pages])", "text must be text"),
        ("answer([p.body for p in pages][0])", "p has no field body"),
        ("[answer(p.body) for p in pages]", "p has no field body; it has text, title, url"),
        ("[answer(p) for p in pages]", "text must be text, and p is an object; write p.text"),
        ("[answer(h.url) for h in search.results if h.link]", "h has no field link"),
        ("[answer(h.url) for h in search.results[0]]", "search.results[0] is an object, not"),
        ("[answer(h.url) for h in search.results[1:] if not h.nope]", "h has no field nope"),
        ('answer(page["body"])', "page has no field body; it has text, title, url"),
        ('answer(f"{page.body}")', "page has no field body"),
        ("answer(goal) if page.body == 1 or goal", "page has no field body"),
        ("answer(goal) if goal and not page.body", "page has no field body"),
        ("answer(goal) if [h.nope for h in search.results]", "h has no field nope"),
        ('write_text("x", read_page(page.body))', "page has no field body"),
        ("answer(read_page(goal) or read_page(run.id))", "the call's output is an object"),
        ("answer(read_page(goal) if run.id)", "the call's output is an object"),
        ("join_texts(page.text)", "texts must be a list of text, and page.text is text"),
        ("join_texts(pages)", "texts must be a list of text, and pages is a list of an object"),
        ("join_texts([p for p in pages])", "texts must be a list of text"),
        ('join_texts(["a", 1])', "texts[1]: input should be a valid string"),
        ("join_texts([page, page])", "texts must be a list of text"),
        (
            "web_search(goal, limit=page.text)",
            "limit must be a whole number, and page.text is text",
        ),
        ("web_search(goal, limit=[page.text])", "limit must be a whole number"),
        ('write_text("x", {"a": page.nope})', "page has no field nope"),
    ],
)
def test_a_misfit_is_told(statement: str, problem: str, more: Mapping[str, Tool]) -> None:
    with pytest.raises(PlanError) as refused:
        read_plan(BEFORE + statement, more)
    assert [problem.line for problem in refused.value.problems] == [5]
    assert problem in refused.value.problems[0].message


@pytest.mark.parametrize(
    "statement",
    [
        "answer(page.text)",
        "answer(pages[-1].text)",
        'answer(pages[0]["text"])',
        "answer(search.results[0].url)",
        'answer(search["results"][0]["url"])',
        "[answer(h.title) for h in search.results[:2] if h.snippet]",
        "answer(typed.name)",
        "answer(typed.anything.at.all[0])",
        "[answer(t) for t in typed]",
        "answer(typed)",
        "join_texts([p.text for p in pages])",
        'join_texts([page.text, goal, "x"], sizes=None)',
        "join_texts([])",
        'write_text("x", pages)',
        'write_text("x", {"a": page})',
        'write_text("x", read_page(goal))',
        "web_search(goal, limit=5)",
        "answer(page.text) if page else answer(goal)",
        "made = join_texts([goal])\nanswer(made.whatever)",
        "mcp.files.read_text_file(goal)",
        "either = read_page(goal) or web_search(goal)\nanswer(either.whatever)",
        "both = read_page(goal) or read_page(run.id)\nanswer(both.text)",
    ],
)
def test_what_may_fit_is_let_through(statement: str, more: Mapping[str, Tool]) -> None:
    read_plan(BEFORE + statement, more)


def test_a_schema_changes_the_shape_and_without_one_it_is_known(
    tools: Mapping[str, Tool],
) -> None:
    read_plan('w = write_text("x", [], schema={"a": "text"})\nanswer(w.a)', tools)
    with pytest.raises(PlanError, match="w has no field a; it has text"):
        read_plan('w = write_text("x", [])\nanswer(w.a)', tools)


def test_parameters_of_a_recipe_have_shapes_too(tools: Mapping[str, Tool]) -> None:
    given = {"count": {"type": "integer"}}
    read_plan("web_search(goal, limit=count)", tools, given)
    with pytest.raises(PlanError, match="text must be text, and count is a whole number"):
        read_plan("answer(count)", tools, given)


def test_the_nearest_words_are_named() -> None:
    assert nearest("serach", ["search", "page"]) == "; did you mean search?"
    assert nearest("xyzzy", ["search", "page"]) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["a", [1, {"k": None}]]', (["a", [1, {"k": None}]],)),
        ('f"a{1}"', ("a1",)),
        ("None", (None,)),
        ("[a]", None),
        ('{"k": a}', None),
        ('f"{a}"', None),
        ("a.b", None),
    ],
)
def test_a_value_is_literal_when_no_run_decides_it(text: str, value: object) -> None:
    statement = read_statement(f"t({text})", "t", {"t": ["a"]})
    (call,) = statement.calls()
    assert literal_value(call.args[0][1]) == value  # pyright: ignore[reportArgumentType]
