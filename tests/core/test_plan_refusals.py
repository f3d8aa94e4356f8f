"""What is no plan is refused: where it is wrong, what to write instead, and quickly."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest

from butler_tui.core.errors import PlanError
from butler_tui.core.plan_check import MOST_PROBLEMS
from butler_tui.core.plan_stream import LONGEST_STATEMENT
from butler_tui.core.plan_text import LONGEST_PLAN, PlanReader, read_plan, read_statement
from butler_tui.core.tool import Tool

PAGE = 'page = read_page("u")\n'

CASES: list[tuple[str, int, int, str]] = [
    # The line, the column (0: whichever), and a part of the message, which says what to write.
    # Names
    ("a = answer(a)", 1, 1, "a is not known here; a statement may use earlier names only"),
    ('a = answer(b)\nb = answer("x")', 1, 1, "b is not known here"),
    ('answer("x", after=[later])', 1, 1, "later is not known here"),
    ('page = read_page("u")\nanswer(pag.text)', 2, 1, "did you mean page?"),
    ('a = answer("x")\na = answer("y")', 2, 1, "the name a is already given; use another"),
    ('goal = answer("x")', 1, 1, "the name goal is already given; use another"),
    ('answer = read_page("u")', 1, 1, "answer is a tool's name; use another"),
    ('_a = answer("x")', 1, 1, "a name does not start with _; use another"),
    ('a, b = answer("x")', 1, 1, "give one name: name = tool(...)"),
    ('a = b = answer("x")', 1, 1, "give one name: name = tool(...)"),
    ('a.b = answer("x")', 1, 1, "give one name: name = tool(...)"),
    ('a["b"] = answer("x")', 1, 1, "give one name: name = tool(...)"),
    ('[a] = answer("x")', 1, 1, "give one name: name = tool(...)"),
    (f'{"a" * 101} = answer("x")', 1, 1, "a name has at most 100 characters"),
    ('\N{FULLWIDTH LATIN SMALL LETTER A}nswer("x")', 1, 1, "a name has plain letters a to z"),
    ('größe = answer("x")', 1, 1, "a name has plain letters a to z"),
    ('answer("é", t\N{CYRILLIC SMALL LETTER IE}xt="x")', 1, 13, "a name has plain letters a to z"),
    ("answer(\N{FULLWIDTH LATIN SMALL LETTER G}oal)", 1, 8, "a name has plain letters a to z"),
    ("answer(run.\N{FULLWIDTH LATIN SMALL LETTER D}ate)", 1, 8, "a name has plain letters a to z"),
    (
        'answer(f"{\N{FULLWIDTH LATIN SMALL LETTER R}un.date}")',
        1,
        11,
        "a name has plain letters a to z",
    ),
    ('[read_page(x) for goal in ["u"]]', 1, 1, "the name goal is taken; use another"),
    ('[read_page(_x) for _x in ["u"]]', 1, 20, "a name does not start with _; use another"),
    ('[read_page(a, after=[a]) for a in ["u"]]', 1, 1, "a is not known here"),
    # Tools and arguments
    ('read_pag("u")', 1, 1, "there is no tool read_pag; did you mean read_page?"),
    ('xyzzy("u")', 1, 1, "there is no tool xyzzy; use one of the tools you were given"),
    ('exec("x")', 1, 1, "there is no tool exec; use one of the tools"),
    ('eval("x")', 1, 1, "there is no tool eval; use one of the tools"),
    ('__import__("os").system("x")', 1, 1, "only a tool can be called, by its name"),
    ('print("x")', 1, 1, "there is no tool print"),
    ('mcp.files.write("x")', 1, 1, "there is no tool mcp.files.write; did you mean mcp.files"),
    (f"{PAGE}page.text.upper()", 2, 1, "page is a value and has no methods; call a tool"),
    ('answer("x".upper())', 1, 8, "a value has no methods"),
    ("answer()", 1, 1, "answer needs text (text)"),
    ('answer("x", "y")', 1, 13, "answer takes 1 arguments (text); leave the others out"),
    ('answer(txt="x")', 1, 1, "answer has no argument txt; it takes text"),
    ('answer("x", text="y")', 1, 18, "answer is given text twice; leave one out"),
    ("answer(3)", 1, 1, "text must be text: input should be a valid string"),
    ('web_search("x", limit="5")', 1, 1, "limit must be a whole number"),
    ('web_search("x", limit=5.5)', 1, 1, "limit must be a whole number"),
    ('web_search("x", limit=True)', 1, 1, "limit must be a whole number"),
    ("answer(None)", 1, 1, "text must be text"),
    ('write_text("x", [], {"a": 1})', 1, 1, "schema['a']: input should be a valid string"),
    (f"{PAGE}answer(page)", 2, 1, "page is an object; write page.text or page.title"),
    ('answer(read_page("u"))', 1, 1, "give the call a name on a line of its own first"),
    (f"{PAGE}answer(page.body)", 2, 1, "page has no field body; it has text, title, url"),
    (f"{PAGE}answer(page[0])", 2, 1, "page is an object; it has text, title, url"),
    (f"{PAGE}answer(page.text.first)", 2, 1, "page.text is text and has no fields; write page"),
    (f"{PAGE}[read_page(x) for x in page]", 2, 1, "page is an object, not a list; give a list"),
    (
        's = web_search("x")\n[read_page(h.url) for h in s]',
        2,
        1,
        "s is an object, not a list; write s.results",
    ),
    ('s = web_search("x")\nanswer(s.results.url)', 2, 1, "write [x.url for x in s.results]"),
    ('answer(*["x"])', 1, 8, "a plan has no * arguments; write each argument out"),
    ('answer(**{"text": "x"})', 1, 10, "a plan has no ** arguments; write each argument out"),
    ('answer("x", after=goal)', 1, 19, "after is a list of names: after=[first, second]"),
    ('answer("x", after=["goal"])', 1, 19, "after is a list of names: after=[first, second]"),
    ('answer("x", priority="1")', 1, 22, "priority is a whole number: priority=1"),
    ('answer("x", priority=True)', 1, 22, "priority is a whole number: priority=1"),
    ('answer("x", priority=1.5)', 1, 22, "priority is a whole number: priority=1"),
    # Fields that lead out of the data
    ("answer(goal.__class__)", 1, 8, "a field does not start with _"),
    ("answer(().__class__)", 1, 8, "a field does not start with _"),
    ('answer(f"{goal.__class__}")', 1, 11, "a field does not start with _"),
    ("goal.__class__()", 1, 1, "goal is a value and has no methods"),
    # Statements of Python
    ("import os", 1, 1, "a plan imports nothing; call the tools by their names"),
    ("from os import path", 1, 1, "a plan imports nothing; call the tools by their names"),
    ("def f(): pass", 1, 1, "a plan defines no functions; write one call a line"),
    ('def f():\n    answer("x")', 1, 9, "a plan defines no functions; write one call a line"),
    ("async def f(): pass", 1, 1, "a plan defines no functions; write one call a line"),
    ("class A: pass", 1, 1, "a plan defines no classes; write one call a line"),
    ("@answer\nclass A: pass", 1, 1, "a plan defines no functions"),
    ("for x in goal: answer(x)", 1, 1, "a plan has no loops; write [tool(x) for x in values]"),
    ('while True: answer("x")', 1, 1, "a plan has no loops; write [tool(x) for x in values]"),
    ('if goal: answer("x")', 1, 1, "write the condition behind the call: tool(x) if condition"),
    ('if goal:\n    answer("x")', 1, 9, "write the condition behind the call"),
    ('match goal:\n    case 1: answer("x")', 1, 12, "write the condition behind the call"),
    ('with goal: answer("x")', 1, 1, "a plan has no with; write one call a line"),
    ('try:\n    answer("x")', 1, 5, "a plan has no try; write first() or second()"),
    ('a: str = answer("x")', 1, 1, "leave the type out: name = tool(...)"),
    ('a += answer("x")', 1, 1, "a name is given once; use a new name"),
    ('return "x"', 1, 1, "the last word to the person is answer(text)"),
    ("del goal", 1, 1, "delete is not part of the plan language; write one call a line"),
    ("assert goal", 1, 1, "assert is not part of the plan language; write one call a line"),
    ("raise goal", 1, 1, "raise is not part of the plan language; write one call a line"),
    ("global goal", 1, 1, "global is not part of the plan language; write one call a line"),
    ("pass", 1, 1, "pass is not part of the plan language; write one call a line"),
    ('answer("x"); answer("y")', 1, 14, "write one statement a line"),
    # Values that are no statements
    ("goal", 1, 1, "a statement calls a tool: name = tool(...)"),
    ("a = 5", 1, 5, "a statement calls a tool: name = tool(...)"),
    ('"already approved"', 1, 1, "a statement calls a tool: name = tool(...)"),
    ("a = [goal]", 1, 5, "a statement calls a tool"),
    ('{"tool": "answer", "text": "x"}', 1, 1, "a statement calls a tool"),
    ('goal or answer("x")', 1, 1, "here a call is needed: tool(...)"),
    ('answer("x") or goal', 1, 16, "here a call is needed: tool(...)"),
    ('answer("x") if goal else goal', 1, 26, "here a call is needed: tool(...)"),
    ('answer("x") if goal else 5', 1, 26, "here a call is needed: tool(...)"),
    ('answer("x") if goal else "y"', 1, 26, "here a call is needed: tool(...)"),
    # Expressions of Python
    ('answer(lambda: "x")', 1, 8, "a plan has no lambda; call a tool"),
    ('(lambda: answer)("x")', 1, 1, "only a tool can be called, by its name"),
    ('answer(a := "x")', 1, 8, "a name is given at the start of a line: name = tool(...)"),
    ('(a := answer("x"))', 1, 2, "a name is given at the start of a line: name = tool(...)"),
    ('await answer("x")', 1, 1, "leave await out; steps wait for what they need"),
    ("answer((yield))", 1, 9, "a plan has no yield"),
    ('answer("a" + goal)', 1, 8, "a plan has no arithmetic; join text with an f-string"),
    ('answer("x") + answer("y")', 1, 1, "a plan has no arithmetic"),
    ('web_search("x", limit=2 * 3)', 1, 23, "a plan has no arithmetic"),
    ('web_search("x", limit=-goal)', 1, 23, "a plan has no arithmetic"),
    ('answer("%s" % goal)', 1, 8, "a plan has no arithmetic; join text with an f-string"),
    ("answer(not goal)", 1, 8, "a condition chooses between calls, not values"),
    ('answer(goal or "x")', 1, 8, "a condition chooses between calls, not values"),
    ('answer("x" if goal else "y")', 1, 8, "a condition chooses between calls, not values"),
    ('answer(goal == "x")', 1, 8, "a condition chooses between calls, not values"),
    ('write_text("x", (1, 2))', 1, 17, "write a list: [a, b]"),
    ('write_text("x", {1, 2})', 1, 17, "write a list: [a, b]"),
    ('write_text("x", {x for x in goal})', 1, 17, "put it in square brackets"),
    ('write_text("x", (x for x in goal))', 1, 17, "put it in square brackets"),
    ('write_text("x", {x: 1 for x in goal})', 1, 17, "use a list: [x for x in values]"),
    ('write_text("x", {1: 2})', 1, 18, "an object's keys are plain text in quotes"),
    ('write_text("x", {goal: 2})', 1, 18, "an object's keys are plain text in quotes"),
    ('write_text("x", {**goal})', 1, 17, "an object's keys are plain text in quotes"),
    ('write_text("x", {"a": 1, "a": 2})', 1, 26, "a key stands twice in this object"),
    ('write_text("x", [*goal])', 1, 18, "a plan has no * arguments"),
    ('write_text("x", [x for x in goal for y in x])', 1, 17, "write one `for` a comprehension"),
    ('write_text("x", [x for x in goal if x if x])', 1, 17, "write one `if` in a comprehension"),
    ('write_text("x", [x for x, y in goal])', 1, 17, "a comprehension binds one name"),
    ('write_text("x", [x async for x in goal])', 1, 17, "a comprehension binds one name"),
    ('write_text("x", [x for x in read_page("u")])', 1, 29, "give the call a name on a line of"),
    ('answer("x") if read_page("u") else None', 1, 16, "give the call a name on a line of its"),
    ('answer("x") if 1 < 2 < 3 else None', 1, 16, "compare two values at a time and join"),
    ('answer("x") if goal is None else None', 1, 16, "compare with == or !=, not with `is`"),
    ('answer("x") if goal is not None else None', 1, 16, "compare with == or !=, not with `is`"),
    ("answer(goal[1:2:3])", 1, 8, "a slice is [start:stop] with whole numbers"),
    ("answer(goal[run:])", 1, 8, "a slice is [start:stop] with whole numbers"),
    ("answer(goal[run])", 1, 8, "an index is a whole number or a key in quotes"),
    ("answer(goal[1.5])", 1, 8, "an index is a whole number or a key in quotes"),
    ("answer(goal[True])", 1, 8, "an index is a whole number or a key in quotes"),
    ("answer(goal[1, 2])", 1, 8, "an index is a whole number or a key in quotes"),
    ('answer(b"x")', 1, 8, "a value is text, a number, True, False, None, a list or an object"),
    ("answer(...)", 1, 8, "a value is text, a number, True, False, None, a list or an object"),
    ("answer(1j)", 1, 8, "a value is text, a number, True, False, None, a list or an object"),
    # Numbers and text
    ('web_search("x", limit=nan)', 1, 1, "nan is not known here"),
    ('web_search("x", limit=1e400)', 1, 23, "a number must be finite; put this one in quotes"),
    ('web_search("x", limit=-1e400)', 1, 23, "a number must be finite; put this one in quotes"),
    (f'web_search("x", limit={"9" * 19})', 1, 23, "a whole number has at most 18 digits"),
    (f'web_search("x", limit={"9" * 40_000})', 1, 1, "a whole number has at most 18 digits"),
    (f'web_search("x", limit=0x{"f" * 40_000})', 1, 23, "a whole number has at most 18 digits"),
    (f"answer(goal[{'9' * 18}])", 1, 8, "an index is a whole number or a key in quotes"),
    ('answer("\\ud800")', 1, 8, "the text holds half a character; write the whole character"),
    ('answer(f"{goal}\\udfff")', 1, 0, "the text holds half a character"),
    ('answer("\ud800")', 1, 9, "leave the character U+D800 out"),
    ('answer("a\x00b")', 1, 10, "leave the character U+0000 out"),
    ('a\x00 = answer("x")', 1, 2, "leave the character U+0000 out"),
    ('answer(\n"a",\n  "\x1b[2J")', 3, 4, "leave the character U+001B out"),
    # f-strings, in which Pythons before 3.12 do not know the column
    ('answer(f"{goal!r}")', 1, 0, "an f-string has plain {name} parts, without = ! or : formats"),
    ('answer(f"{goal:>10}")', 1, 0, "an f-string has plain {name} parts"),
    ('answer(f"{goal:{run.id}}")', 1, 0, "an f-string has plain {name} parts"),
    ('answer(f"{goal=}")', 1, 0, "an f-string has plain {name} parts"),
    ('answer(f"{goal + goal}")', 1, 11, "a plan has no arithmetic"),
    ('answer(f"{read_page(goal)}")', 1, 11, "give the call a name on a line of its own first"),
    ("answer(f\"{[f'{goal}']}\")", 1, 12, "no object or f-string inside an f-string's braces"),
    ("answer(f\"{[{'a': 1}]}\")", 1, 12, "no object or f-string inside an f-string's braces"),
    ('answer(f"""{goal[\'a"b\']}""")', 1, 0, "inside an f-string's braces, text is plain"),
    (
        'answer(f"""{[x for x in run if x == \'a"b\']}""")',
        1,
        0,
        "inside an f-string's braces, text is plain",
    ),
    (
        f"answer(f'{'{goal}' * 2_001}')",
        1,
        1,
        "an f-string has too many parts; use fewer, or a list",
    ),
    # Text that Python itself cannot read
    ('answer("x"', 1, 7, "'(' was never closed); write name = tool(argument, ...)"),
    ('answer("x', 1, 8, "unterminated string literal"),
    ('answer("""x', 1, 8, "unterminated triple-quoted string literal"),
    ('answer("x"))', 1, 12, "unmatched ')'"),
    ('answer(["x")', 1, 12, "closing parenthesis ')' does not match opening parenthesis '['"),
    ('answer("x" "y" goal)', 1, 8, "this is not a plan statement"),
    ("Here is the plan:", 1, 0, "this is not a plan statement"),
    ("I cannot do that.", 1, 0, "write name = tool(argument, ...)"),
    ('None = answer("x")', 1, 1, "cannot assign to None"),
    ('answer(text="x", "y")', 1, 0, "positional argument follows keyword argument"),
    ("```python", 1, 1, "leave the ``` out; the answer is the plan's text alone"),
    ('   answer("x")', 1, 0, "start each statement at the line's beginning"),
    ("answer(“x”)", 1, 8, "invalid character"),
    # Depth
    (f"answer({'[' * 41}{']' * 41})", 1, 0, "nested more than 40 deep; use names for the parts"),
    (f"answer({'[' * 1_000}{']' * 1_000})", 1, 0, "too many nested parentheses"),
    (f"answer({'(' * 1_000}{')' * 1_000})", 1, 0, "too many nested parentheses"),
    (f'answer({"answer(" * 41}"x"{")" * 41})', 1, 0, "nested more than 40 deep"),
    (f"answer(goal{'.a' * 1_000})", 1, 0, "deep"),
    (f"answer(goal{'[0]' * 1_000})", 1, 0, "deep"),
    (f"answer({'not ' * 10_000}goal)", 1, 0, "deep"),
    (f"answer({'-' * 10_000}1)", 1, 0, "deep"),
    (f"answer({'goal if goal else ' * 2_000}goal)", 1, 0, "deep"),
    (f"answer({'goal if goal,' * 3_000})", 1, 1, "too many conditions in one statement"),
    (f'answer("x") if {"not " * 100}goal', 1, 0, "nested more than 40 deep"),
    # Whole texts
    ("", 0, 0, "the plan is empty; write at least one call, such as answer(text)"),
    ("  \n\n\t\n", 0, 0, "the plan is empty"),
    ("# Only a title\n# and more\n", 0, 0, "the plan is empty"),
    ('answer("x")\n' * 500, 201, 1, "the plan has more than 200 steps"),
    (f"answer({'[' * 60_000}", 1, 1, "a statement is longer than 50,000 characters"),
    (f'answer("{"x" * 60_000}")', 1, 1, "a statement is longer than 50,000 characters"),
    ("x" * 50_000_000, 0, 0, "the plan is longer than 200,000 characters; write a shorter one"),
]


def _named(case: tuple[str, int, int, str]) -> str:
    return f"{case[0][:40]!r}".encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_what_is_no_plan_is_refused(
    case: tuple[str, int, int, str], tools: Mapping[str, Tool]
) -> None:
    text, line, column, part = case
    begun = time.process_time()
    with pytest.raises(PlanError) as refused:
        read_plan(text, tools)
    assert time.process_time() - begun < 1
    first = refused.value.problems[0]
    assert part in first.message
    assert first.line == line
    if column:
        assert first.column == column
    assert len(str(refused.value)) < 10_000
    assert str(refused.value).isprintable() or "\n" in str(refused.value)


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_nothing_of_a_bad_statement_starts(
    case: tuple[str, int, int, str], tools: Mapping[str, Tool]
) -> None:
    """Whole statements before the fault may have started; from the fault on, none does."""
    reader = PlanReader(tools)
    made = 0
    with pytest.raises(PlanError) as refused:
        for line in case[0][:70_000].splitlines(keepends=True):
            made += len(reader.feed(line))
        reader.close()
    first = refused.value.problems[0]
    assert made < (first.line or 1)


ENDLESS: Mapping[str, str] = {
    "statements": "answer(goal)\n",
    "comments": "# on and on\n",
    "blank lines": "\n",
    "blanks": " \t\n",
    "one statement": "answer(goal,\n",
    "one string": "answer('''and on\n",
    "one line": "x",
    "quotes": '"',
    "unknown names": "answer(nobody)\n",
    "unknown tools": "nothing()\n",
    "no statements": "for x in y:\n",
    "large statements": f"answer([{'goal,' * 9_000}])\n",
    "large texts": f"answer(f'{'{goal}' * 2_000}')\n",
    "large calls": f"answer({'x=goal,' * 6_000}\n",
    "large texts of letters": f"answer('ä', {'goal,' * 9_000})\n",
    "long names": f"{'a' * 9_000} = answer({'b' * 9_000})\n",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_stream_is_stopped(kind: str, tools: Mapping[str, Tool]) -> None:
    fed = 0

    def stream() -> Iterator[str]:
        nonlocal fed
        while True:
            fed += len(ENDLESS[kind])
            yield ENDLESS[kind]

    reader = PlanReader(tools)
    begun = time.process_time()
    with pytest.raises(PlanError) as refused:
        for chunk in stream():
            reader.feed(chunk)
    assert time.process_time() - begun < 1
    assert fed <= LONGEST_PLAN + len(ENDLESS[kind])
    assert len(refused.value.problems) <= MOST_PROBLEMS


def test_every_problem_is_told_at_once(tools: Mapping[str, Tool]) -> None:
    text = "a = nothing()\nanswer(a)\nanswer()\nb = answer(5)\nimport os\n"
    with pytest.raises(PlanError) as refused:
        read_plan(text, tools)
    assert [problem.line for problem in refused.value.problems] == [1, 3, 4, 5]
    assert str(refused.value).splitlines()[0].startswith("line 1, column 5: there is no tool")


def test_a_problem_is_found_where_it_stands_behind_an_else_that_was_left_out(
    tools: Mapping[str, Tool],
) -> None:
    text = 'write_file("ä", "b") if goal or answer("é") if goal.é'
    with pytest.raises(PlanError) as refused:
        read_plan(text, tools)
    assert refused.value.problems[0].column == text.index("goal.é") + 1


def test_a_statement_of_the_journal_is_one_statement(tools: Mapping[str, Tool]) -> None:
    for text in ("", "# title", "a()\nb()", "a = ", "a(x)"):
        with pytest.raises(PlanError):
            read_statement(text, "a", {"b": ["x"]})
    assert LONGEST_STATEMENT < LONGEST_PLAN
