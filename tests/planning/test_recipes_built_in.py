"""The built-in recipes: each fits the tools, answers to its examples, and does what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from planned import Run

from butler_tui.butler import GoalRequest, open_butler
from butler_tui.core.errors import UsageError
from butler_tui.core.run import RunState, RunStatus
from butler_tui.core.tool import Tool
from butler_tui.planning.recipe import Recipe
from butler_tui.planning.recipes import RecipePlanner, Recipes
from butler_tui.settings import Places, Settings

RECIPES = Recipes.load(None)
EVERY = pytest.mark.parametrize("recipe", RECIPES.all().values(), ids=lambda one: one.name)


def test_none_is_broken() -> None:
    assert RECIPES.broken == []


@EVERY
async def test_its_plan_fits_the_tools_and_is_proposed(
    recipe: Recipe, tools: Mapping[str, Tool]
) -> None:
    match = RECIPES.match(recipe.examples[0])
    assert match is not None
    run = Run(recipe.examples[0], tools, recipe.name, dict(match.parameters))
    await run.planned_by(RecipePlanner(RECIPES))
    assert run.state.planned
    assert run.state.title == recipe.title
    assert run.state.plan.statements == recipe.plan(tools).statements
    assert {one.by for one in run.state.statements.values()} == {"recipe"}
    assert run.state.front().broken == []
    assert run.state.plan.statements[-1].id.startswith("answer")


@EVERY
def test_each_statement_has_a_title_of_its_own(recipe: Recipe, tools: Mapping[str, Tool]) -> None:
    titles = [one.title for one in recipe.plan(tools).statements]
    assert all(titles)
    assert titles[-1] == "Tell you"
    assert len(set(titles)) == len(titles)


@EVERY
def test_each_example_finds_its_own_recipe(recipe: Recipe) -> None:
    for example in recipe.examples:
        match = RECIPES.match(example)
        assert match is not None
        assert match.recipe.name == recipe.name
        for name, value in match.parameters.items():
            parameter = recipe.parameter(name)
            assert parameter is not None
            assert parameter.value(value) == value


@EVERY
def test_every_parameter_is_explained_and_used(recipe: Recipe) -> None:
    for one in recipe.parameters:
        assert one.description
        assert re.search(rf"\b{one.name}\b", recipe.text)
        if one.required:
            assert all(one.name in phrase.slots for phrase in recipe.phrases)


@EVERY
def test_every_phrasing_can_be_said(recipe: Recipe) -> None:
    """A goal made of a phrasing's own words and sample values finds its recipe."""
    samples = {
        "path": "x.log",
        "url": "https://a.de/x",
        "whole": "3",
        "text": "'word'",
        "moment": "tomorrow",
        "period": "today",
    }
    for phrasing in recipe.phrasings:
        plain = re.sub(r"\(([^|()]*)\|[^()]*\)", r"\1", phrasing)
        while "[" in plain:
            plain = re.sub(r"\[[^\[\]]*\]", "", plain)
        for one in recipe.parameters:
            value = samples.get(one.type) or one.choices[0]
            if one.endings:
                value = "x/" if "/" in one.endings else f"x{one.endings[0]}"
            plain = plain.replace(f"{{{one.name}}}", value)
        match = RECIPES.match(plain)
        assert match is not None, plain
        assert match.recipe.name == recipe.name, plain


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with something for every recipe."""
    folder = tmp_path / "work"
    for name, text in {
        "a.txt": "Anna likes apples.\nShe has a tree in her garden.\n",
        "b.txt": "Anna likes pears.\nShe has a tree in her garden.\n",
        "page.html": "<html><body><p>Owls hunt at night. They hear mice.</p></body></html>",
        "sales.csv": 'region,unit price\nnorth,2\nsouth,3\nnorth,4\n"o""x",1\n',
        "notes/one.md": "Bees make honey. They dance.",
        "notes/two.md": "Ants carry leaves. They walk.",
        "mess/x.pdf": "x",
        "mess/y.TXT": "y",
        "mess/noending": "z",
        "mess/pdf/old.pdf": "old",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


async def carried_out(goal: str, work: Path, site: str) -> tuple[RunState, str]:
    """The run of a goal by a Butler without a model that is allowed everything."""
    settings = Settings.model_validate(
        {"network": {"allow": [site]}, "search": {"searxng": site, "order": ["searxng"]}}
    )
    async with open_butler(settings, Places.below(work.parent / "home")) as butler:
        run = await butler.accept(GoalRequest(goal, work))
        status = await butler.drive(run, answers="yes")
        state = await butler.state(run)
    assert status is RunStatus.DONE, (state.error, state.status)
    return state, state.answer


@pytest.mark.parametrize(
    ("goal", "recipe", "answer"),
    [
        ("summarise a.txt in 1 sentence", "summarise-file", "tree in her garden"),
        ("summarise page.html", "summarise-document", "Owls hunt"),
        (
            "summarise the notes folder",
            "summarise-folder",
            "Bees make honey. They dance. Ants carry leaves. They walk.",
        ),
        ("summarise SITE/owls", "summarise-page", "SITE/owls"),
        ("search the web for owls", "search-web", "- [Owl facts](https://owls.example/)\n  Soft."),
        ("find files named *.csv", "find-files-by-name", "sales.csv"),
        ("find files named *.xyz", "find-files-by-name", "No file in . is named *.xyz."),
        ("find files containing PEARS", "find-files-with-text", "b.txt, line 1: Anna likes pears."),
        ("find 'nowhere' in notes/", "find-files-with-text", "No file in notes/ contains: nowhere"),
        ("describe sales.csv", "describe-table", "4 rows.\n\n- region: text, 4 filled\n- unit "),
        (
            "draw the column 'unit price' of sales.csv",
            "draw-column",
            "- unit price: whole number, 4 filled, from 1 to 4\n",
        ),
        ("total 'unit price' by region in sales.csv", "total-by-group", "- north: 6\n- south: 3\n"),
        ("compare a.txt with b.txt", "compare-files", "Lines added: 1, removed: 1.\n\n```diff\n"),
        ("compare a.txt with a.txt", "compare-files", "a.txt and a.txt are the same."),
    ],
)
async def test_recipes_that_answer(
    work: Path, site: str, goal: str, recipe: str, answer: str
) -> None:
    state, said = await carried_out(goal.replace("SITE", site), work, site)
    assert state.recipe == recipe
    assert answer.replace("SITE", site) in said


@pytest.mark.parametrize(
    ("goal", "recipe", "files"),
    [
        ("summarise a.txt", "summarise-file-to-file", {"summary.md": "tree in her garden"}),
        ("summarise page.html", "summarise-document-to-file", {"summary.md": "Owls hunt"}),
        ("summarise notes/", "summarise-folder-to-file", {"summary.md": "Ants carry"}),
        ("summarise SITE/owls", "summarise-page-to-file", {"summary.md": "# Owls\n\n"}),
        ("open SITE/owls", "save-page", {"page.md": "four mice a night"}),
        ("search the web for owls", "search-web-to-file", {"results.md": "# owls\n\n- [Owl"}),
    ],
)
async def test_recipes_that_save(
    work: Path, site: str, goal: str, recipe: str, files: dict[str, str]
) -> None:
    state, said = await carried_out(goal.replace("SITE", site) + " and save it", work, site)
    assert state.recipe == recipe
    for name, text in files.items():
        assert text in (work / name).read_text()
        assert name in said


async def test_a_file_is_downloaded_under_its_own_name(work: Path, site: str) -> None:
    _, said = await carried_out(f"download {site}/data.zip", work, site)
    assert (work / "data.zip").read_bytes() == b"PK data"
    assert said == "Saved 7 bytes in data.zip."


async def test_a_folder_is_tidied_by_kind(work: Path, site: str) -> None:
    _, said = await carried_out("tidy mess/", work, site)
    there = {str(one.relative_to(work / "mess")) for one in (work / "mess").rglob("*.*")}
    assert there == {"pdf/x.pdf", "pdf/old.pdf", "txt/y.TXT"}
    assert (work / "mess" / "noending").read_text() == "z"
    assert "- mess/pdf/x.pdf" in said
    _, again = await carried_out("tidy mess/", work, site)
    assert again == "There is nothing to tidy in mess/."


async def test_files_are_renamed_by_a_prefix(work: Path, site: str) -> None:
    goal = "rename the files in notes/ matching *.md by adding the prefix 'my '"
    await carried_out(goal, work, site)
    assert {one.name for one in (work / "notes").iterdir()} == {"my one.md", "my two.md"}


async def test_a_column_cannot_break_out_of_its_quotes(work: Path, site: str) -> None:
    settings = Settings.model_validate({})
    async with open_butler(settings, Places.below(work.parent / "home")) as butler:
        evil = {"path": "sales.csv", "column": 'x") FROM t1; --', "group": "region"}
        with pytest.raises(UsageError, match="column cannot hold"):
            await butler.accept(GoalRequest("t", work, recipe="total-by-group", parameters=evil))
