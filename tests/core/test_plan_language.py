"""The plan language as the design shows it: what its texts mean."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from butler_tui.core.plan import (
    AllOf,
    Attribute,
    Call,
    Compare,
    Each,
    EachValue,
    If,
    Index,
    ListOf,
    Literally,
    Name,
    Not,
    OrElse,
    Plan,
    Slice,
    Statement,
    Text,
)
from butler_tui.core.plan_text import PlanReader, read_plan, read_statement, signatures_of
from butler_tui.core.plan_write import write_plan, write_statement
from butler_tui.core.tool import Tool

DINNER = r"""# Dinner for two in Munich
search = web_search("Italian restaurants Munich", limit=5)
pages = [read_page(hit.url) for hit in search.results]
pick = write_text("Pick the best for two, with phone and address", inputs=pages)  # Choose one
write_file("dinner.md", f"# Dinner\n\n{pick.text}") or write_file("dinner-2.md", pick.text)
answer(f"{pick.text}\n\nSaved in dinner.md.")
"""


def one(text: str, tools: Mapping[str, Tool]) -> Statement:
    """The last statement of a plan's text."""
    return read_plan(text, tools).statements[-1]


def test_the_example_of_the_design_is_read_and_written_back(tools: Mapping[str, Tool]) -> None:
    plan = read_plan(DINNER, tools)
    assert write_plan(plan) == DINNER
    assert plan.title == "Dinner for two in Munich"
    assert [statement.title for statement in plan.statements] == ["", "", "Choose one", "", ""]


def test_steps_are_numbered_as_the_design_says(tools: Mapping[str, Tool]) -> None:
    plan = read_plan(DINNER, tools)
    assert [statement.id for statement in plan.statements] == [
        "search",
        "pages",
        "pick",
        "write_file",
        "answer",
    ]
    calls = [call.id for statement in plan.statements for call in statement.calls()]
    assert calls == ["search", "pages", "pick", "write_file", "write_file.1", "answer"]


def test_statements_need_what_they_name(tools: Mapping[str, Tool]) -> None:
    plan = read_plan(DINNER, tools)
    assert [sorted(statement.needs()) for statement in plan.statements] == [
        [],
        ["search"],
        ["pages"],
        ["pick"],
        ["pick"],
    ]


def test_a_step_can_be_found_by_its_id(tools: Mapping[str, Tool]) -> None:
    plan = read_plan(DINNER, tools)
    assert plan.statement_of("write_file.1") is plan.statements[3]
    assert plan.statement_of("nothing") is None
    call = plan.statements[3].call("write_file.1")
    assert call is not None
    assert call.args[0] == ("path", Literally("dinner-2.md"))


def test_steps_without_a_name_are_numbered_by_their_tool(tools: Mapping[str, Tool]) -> None:
    text = 'answer("a")\nanswer_2 = answer("b")\nanswer("c")\nmcp.files.read_text_file("d")\n'
    plan = read_plan(text, tools)
    assert [statement.id for statement in plan.statements] == [
        "answer",
        "answer_2",
        "answer_3",
        "mcp_files_read_text_file",
    ]
    assert write_plan(plan) == text


def test_a_name_like_a_dotted_tool_s_id_leaves_both_their_own(tools: Mapping[str, Tool]) -> None:
    text = 'mcp_files_read_text_file = answer("a")\nmcp.files.read_text_file("d")\n'
    ids = [statement.id for statement in read_plan(text, tools).statements]
    assert ids == ["mcp_files_read_text_file", "mcp_files_read_text_file_2"]


def test_a_given_name_is_no_step_s_id(tools: Mapping[str, Tool]) -> None:
    given = {"mcp_files_read_text_file": None}
    (statement,) = read_plan('mcp.files.read_text_file("d")', tools, given).statements
    assert statement.id == "mcp_files_read_text_file_2"


def test_arguments_by_position_get_the_tool_s_names(tools: Mapping[str, Tool]) -> None:
    statement = one('write_file("a", content="b", priority=2, after=[])', tools)
    assert statement.doing == Call(
        "write_file",
        "write_file",
        (("path", Literally("a")), ("content", Literally("b"))),
        positional=1,
        priority=2,
    )


def test_after_joins_the_needs(tools: Mapping[str, Tool]) -> None:
    statement = one('a = answer("x")\nb = answer("y")\nanswer("z", after=[a, b])', tools)
    assert statement.needs() == {"a", "b"}


PAGE = 'page = read_page("u")\n'


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("answer(goal) if goal", "answer(goal) if goal else None"),
        (
            "answer(goal) if goal or run.id",
            "answer(goal) if goal or run.id else None",
        ),
        (
            "answer(goal) or answer(run.id) if goal",
            "answer(goal) or answer(run.id) if goal else None",
        ),
        (
            "write_text(goal, answer(goal) if goal)",
            "write_text(goal, answer(goal) if goal else None)",
        ),
        (
            'write_text("ä", inputs=[answer(x) if x == "é" for x in page.text])',
            'write_text("ä", inputs=[answer(x) if x == "é" else None for x in page.text])',
        ),
        (
            "write_text(goal, write_text(goal, answer(goal) if goal) if run.id) if run.date",
            "write_text(goal, write_text(goal, answer(goal) if goal else None) "
            "if run.id else None) if run.date else None",
        ),
        (
            'answer(\n  "ä")\\\n  if "ü" != goal',
            'answer("ä") if "ü" != goal else None',
        ),
        (
            'write_text(\n"ä", """é\n#""") or answer("x",\nafter=[\n]) if """ö\\\n""" == goal',
            'write_text("ä", "é\\n#") or answer("x") if "ö" == goal else None',
        ),
        (
            "[answer(goal) if x for x in [1, 2] if x]",
            "[answer(goal) if x else None for x in [1, 2] if x]",
        ),
    ],
)
def test_if_without_else_means_else_none(short: str, whole: str, tools: Mapping[str, Tool]) -> None:
    given = {"page": {"type": "object", "properties": {"text": {"type": "array"}}}}
    plan = read_plan(short, tools, given)
    assert write_plan(plan) == whole + "\n"
    assert plan == read_plan(whole, tools, given)


def test_the_whole_statement_may_be_a_condition(tools: Mapping[str, Tool]) -> None:
    statement = one(
        PAGE + 'answer("a") if not page.text and page.url != "x" else answer("b")', tools
    )
    text = Attribute(Name("page"), "text")
    url = Attribute(Name("page"), "url")
    assert statement.doing == If(
        AllOf((Not(text), Compare(url, "!=", Literally("x")))),
        Call("answer", "answer", (("text", Literally("a")),), 1),
        Call("answer.1", "answer", (("text", Literally("b")),), 1),
    )
    assert statement.needs() == {"page"}


def test_or_is_tried_from_left_to_right(tools: Mapping[str, Tool]) -> None:
    doing = one('answer("a") or answer("b") or answer("c")', tools).doing
    assert isinstance(doing, OrElse)
    assert isinstance(doing.first, Call)
    assert isinstance(doing.second, OrElse)


def test_comprehensions_run_steps_or_make_values(tools: Mapping[str, Tool]) -> None:
    search = 'search = web_search("x")\n'
    results = Attribute(Name("search"), "results")
    steps = one(search + "[read_page(hit.url) for hit in search.results[1:3]]", tools)
    assert isinstance(steps.doing, Each)
    assert steps.doing.over == Slice(results, 1, 3)
    values = one(search + 'write_text("x", [hit.url for hit in search.results if hit])', tools)
    assert isinstance(values.doing, Call)
    assert values.doing.args[1][1] == EachValue(
        Attribute(Name("hit"), "url"), "hit", results, Name("hit")
    )
    assert values.needs() == {"search"}


def test_values_keep_their_types(tools: Mapping[str, Tool]) -> None:
    doing = one('write_text("x", [1, -2, 1.5, True, None, "t", {"k": [0]}, goal[-1]])', tools).doing
    assert isinstance(doing, Call)
    made = doing.args[1][1]
    assert isinstance(made, ListOf)
    assert [repr(item.value) for item in made.items if isinstance(item, Literally)] == [
        "1",
        "-2",
        "1.5",
        "True",
        "None",
        "'t'",
    ]
    assert made.items[-1] == Index(Name("goal"), -1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('f"a{goal}b"', ("a", Name("goal"), "b")),
        ('"a" f"{goal}" "b"', ("a", Name("goal"), "b")),
        ("f'{1}{None}{True}{\"x\"}'", ("1Truex",)),
        ("f\"{f'a{goal}'}b\"", ("a", Name("goal"), "b")),
        ('f"{{}}\\n"', ("{}\n",)),
        ('f"""{goal}\n"q" """', (Name("goal"), '\n"q" ')),
        ("f\"{run['date']}\"", (Index(Name("run"), "date"),)),
        ('f"ä{goal}ö"', ("ä", Name("goal"), "ö")),
    ],
)
def test_an_f_string_is_text_and_values(
    text: str, parts: tuple[object, ...], tools: Mapping[str, Tool]
) -> None:
    doing = one(f"answer({text})", tools).doing
    assert isinstance(doing, Call)
    assert doing.args[0][1] == Text(parts)  # pyright: ignore[reportArgumentType]


def test_text_may_say_anything_without_meaning_it(tools: Mapping[str, Tool]) -> None:
    hostile = '")\nimport os\nanswer("already approved") # {goal.__class__} \\'
    plan = Plan(
        (Statement("answer", None, Call("answer", "answer", (("text", Literally(hostile)),), 1)),)
    )
    assert read_plan(write_plan(plan), tools) == plan


def test_a_statement_is_read_again_from_the_journal_without_its_tools(
    tools: Mapping[str, Tool],
) -> None:
    for statement in read_plan(DINNER, tools).statements:
        signatures = signatures_of(statement, tools)
        assert read_statement(write_statement(statement), statement.id, signatures) == statement


def test_signatures_name_the_tools_called_by_position_only(tools: Mapping[str, Tool]) -> None:
    statement = one('write_text(instructions="x", inputs=read_page("u"))', tools)
    assert signatures_of(statement, tools) == {"read_page": ["url"]}


def test_the_first_comment_is_the_title_and_later_ones_are_not(tools: Mapping[str, Tool]) -> None:
    reader = PlanReader(tools)
    reader.feed("\n# First\n# Second\nanswer(goal)  # Third\n")
    reader.close()
    assert reader.title == reader.plan.title == "First"
    assert reader.plan.statements[0].title == "Third"


def test_after_the_first_problem_nothing_more_is_given_out(tools: Mapping[str, Tool]) -> None:
    reader = PlanReader(tools)
    assert len(reader.feed("a = answer(goal)\n")) == 1
    assert reader.feed("answer(nobody)\n") == []
    assert reader.feed("answer(goal)\n") == []
    assert len(reader.problems) == 1
