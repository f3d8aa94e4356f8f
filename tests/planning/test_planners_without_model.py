"""Plans from recipes and from the person's own text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from planned import Run

from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.events import PlanProposed, StepProposed, StepStarted
from butler_tui.core.labels import Source
from butler_tui.core.tool import Tool
from butler_tui.planning.brought import TextPlanner
from butler_tui.planning.recipes import RecipePlanner, Recipes

Tools = Mapping[str, Tool]
RECIPES = Recipes.load(None)
SUMMARISE = {"path": "a.md", "sentences": 5}


async def test_a_recipes_values_are_the_goals_and_its_words_the_recipes(tools: Tools) -> None:
    run = Run("Summarise a.md", tools, "summarise-file", dict(SUMMARISE))
    await run.planned_by(RecipePlanner(RECIPES))
    ready = run.state.front().ready[0]
    assert ready.args["path"].value == "a.md"
    assert ready.args["path"].labels.own.sources == {Source("goal")}
    assert run.of(PlanProposed)[0].title == "Summarise a text file"
    assert [one.by for one in run.of(StepProposed)] == ["recipe"] * 3


@pytest.mark.parametrize(
    ("recipe", "parameters", "said"),
    [
        ("sumarise", {}, "no recipe sumarise; the nearest are"),
        (None, {}, "No recipe fits this goal"),
        ("summarise-file", {}, r"needs path \(the text file\)"),
        ("summarise-file", {"path": "a.md"}, "sentences has to be filled in first"),
        ("summarise-file", {"path": "a.md", "sentences": "5"}, "in its own type"),
        ("summarise-file", {"path": "a.md", "sentences": "many"}, "sentences must be a whole"),
        ("summarise-file", {**SUMMARISE, "size": 1}, "no parameter size"),
    ],
)
async def test_what_a_recipe_needs_is_said(
    tools: Tools, recipe: str | None, parameters: dict, said: str
) -> None:
    run = Run("Summarise", tools, recipe, parameters)
    with pytest.raises(UsageError, match=said):
        await run.planned_by(RecipePlanner(RECIPES))
    assert not run.of(StepProposed)


async def test_a_recipe_that_misses_its_tool_names_file_and_line(tools: Tools) -> None:
    few = {name: tool for name, tool in tools.items() if name != "summarise_text"}
    run = Run("Summarise", few, "summarise-file", dict(SUMMARISE))
    with pytest.raises(PlanError, match=r"line 1\d, .*summarise-file.recipe: there is no tool"):
        await run.planned_by(RecipePlanner(RECIPES))
    assert not run.of(StepProposed)


async def test_an_interrupted_recipe_goes_on_with_what_has_started(tools: Tools) -> None:
    run = Run("Summarise a.md", tools, "summarise-file", dict(SUMMARISE))
    run.record(
        StepProposed(
            step="source",
            text="source = read_file(path)  # Read the file",
            signatures={"read_file": ["path", "max_chars"]},
            by="recipe",
        )
    )
    run.record(StepStarted(step="source", tool="read_file"))
    await run.planned_by(RecipePlanner(RECIPES))
    assert [one.step for one in run.of(StepProposed)] == ["source", "summary", "answer"]
    assert list(run.state.statements) == ["source", "summary", "answer"]
    assert run.of(PlanProposed)[0].text.startswith("# Summarise a text file\nsource = ")


async def test_the_persons_text_is_taken_as_it_stands(tools: Tools) -> None:
    text = "\ufeff# Mine\r\na = list_files('.')  # Look\r\nanswer(f'{a.files} {run.date}')\r\n"
    run = Run("", tools, plan=text)
    await run.planned_by(TextPlanner())
    assert [one.by for one in run.of(StepProposed)] == ["person", "person"]
    assert run.of(PlanProposed)[0].text == (
        '# Mine\na = list_files(".")  # Look\nanswer(f"{a.files} {run.date}")\n'
    )
    assert run.state.front().ready[0].args["path"].labels.own.sources == {Source("person")}


async def test_a_text_that_does_not_fit_starts_nothing(tools: Tools) -> None:
    run = Run("", tools, plan="a = list_files('.')\nb = nothing(a)\nanswer(path)\n")
    with pytest.raises(PlanError) as refused:
        await run.planned_by(TextPlanner())
    assert [problem.line for problem in refused.value.problems] == [2, 3]
    assert not run.of(StepProposed)


async def test_no_text_is_a_mistake(tools: Tools) -> None:
    with pytest.raises(UsageError, match="--plan FILE"):
        await Run("", tools).planned_by(TextPlanner())
