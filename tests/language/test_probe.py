"""`butler doctor` learns what a model can do by asking it."""

from __future__ import annotations

from collections.abc import Sequence

from model_server import Answer, ModelServer, ToolUse

from butler_tui.language.probe import probe

PLAN = 'notes = read_file("notes.txt")\nanswer(notes.text)'
PLANS = Answer(f"```python\n{PLAN}\n```", when="notes.txt")
CALLS = Answer(when="weather", tools=[ToolUse("weather", {"city": "Munich"})])


def problems_of(text: str) -> Sequence[str]:
    return [] if text == PLAN else ["line 1, column 1: this is no call"]


async def test_a_model_that_can_all(make_model, model_server: ModelServer) -> None:
    model_server.add(PLANS, CALLS)
    report = await probe(make_model("openai/m"), "planner", problems_of)
    assert report.works
    assert report.plans is not None
    assert report.calls_tools is not None
    assert (report.plans.works, report.calls_tools.works) == (True, True)
    assert report.seconds is not None
    assert report.seconds > 0
    assert len(report.calls) == 2


async def test_a_model_that_calls_no_tools_still_plans(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(PLANS, Answer("It is sunny.", when="weather"))
    report = await probe(make_model("openai/m"), "planner", problems_of)
    assert report.works
    assert report.calls_tools is not None
    assert not report.calls_tools.works
    assert report.calls_tools.advice == (
        "openai/m does not call tools, "
        "so it can plan and write, but not be an agent for `delegate`."
    )


async def test_a_model_whose_tool_calls_cannot_be_used(
    make_model, model_server: ModelServer
) -> None:
    for tool in (Answer(tools=[ToolUse("weather", "{broken")]), Answer(status=400)):
        model_server.add(PLANS, tool)
        report = await probe(make_model("openai/m"), "planner", problems_of)
        assert report.works
        assert report.calls_tools is not None
        assert not report.calls_tools.works
        assert "not be an agent for `delegate`" in report.calls_tools.advice


async def test_a_model_that_cannot_plan(make_model, model_server: ModelServer) -> None:
    model_server.add(Answer("First, read the file!", when="notes.txt"), CALLS)
    report = await probe(make_model("openai/m"), "planner", problems_of)
    assert not report.works
    assert report.plans is not None
    assert "(line 1, column 1: this is no call): choose a larger model" in report.plans.advice


async def test_a_model_that_does_not_answer(make_model, model_server: ModelServer) -> None:
    model_server.add(Answer(status=404))
    report = await probe(make_model("openai/m"), "planner", problems_of)
    assert not report.works
    assert "There is no model openai/m" in report.answers.advice
    assert (report.plans, report.calls_tools) == (None, None)
