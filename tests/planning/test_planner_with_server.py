"""The planner over real LiteLLM and a scripted model behind HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

import pytest
from model_server import Answer, ModelServer
from planned import Run

from butler_tui.core.errors import ModelError
from butler_tui.core.events import ModelCalled, PlanProposed, PlanRefused, StepProposed
from butler_tui.core.tool import Tool
from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel
from butler_tui.planning.planner import ModelPlanner
from butler_tui.planning.recipes import Recipes

Tools = Mapping[str, Tool]


def planner(server: ModelServer) -> ModelPlanner:
    choice = ModelChoice("openai/scripted", server.url)
    model = LiteLlmModel({"planner": choice}, lambda _name: "key")
    return ModelPlanner(model, Recipes.load(None))


async def test_a_goal_is_planned_over_http(tools: Tools, model_server: ModelServer) -> None:
    model_server.add(
        Answer("Here you are:\n\n```python\n# Look\na = lst_files('.')\n```\nBye.\n"),
        Answer("# Look\na = list_files('.')\nanswer(f'{a.files}')\n", when="lst_files"),
    )
    run = Run("Look around", tools)
    await run.planned_by(planner(model_server))
    assert [one.text for one in run.of(StepProposed)] == [
        'a = list_files(".")',
        'answer(f"{a.files}")',
    ]
    assert len(run.of(PlanRefused)) == 1
    assert all(one.tokens_in > 0 for one in run.of(ModelCalled))
    assert run.of(PlanProposed)[0].title == "Look"
    first = model_server.requests[0]
    assert "# The plan language" in first.system
    assert "<goal>\nLook around\n</goal>" in first.last
    assert "tools" not in first.body


async def test_closing_the_planner_hangs_up(tools: Tools, model_server: ModelServer) -> None:
    model_server.add(Answer("a = list_files('.')\nb", fault="hang", after=11))
    async with aclosing(planner(model_server).plan(Run("Look", tools).request)) as events:
        assert isinstance(await anext(events), StepProposed)
    assert model_server.requests[0].left.wait(5)


async def test_a_stream_that_breaks_off_keeps_its_statements(
    tools: Tools, model_server: ModelServer
) -> None:
    model_server.add(Answer("a = list_files('.')\nb = list_files('..')\n", fault="reset", after=12))
    run = Run("Look", tools)
    with pytest.raises(ModelError):
        await run.planned_by(planner(model_server))
    assert [one.step for one in run.of(StepProposed)] == ["a"]
    assert len(run.of(ModelCalled)) == 1
    assert not run.of(PlanProposed)
