"""The page about recipes speaks of those that are there, and its example is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from butler_tui.core.tool import Tool
from butler_tui.planning.recipe_file import read_recipe
from butler_tui.planning.recipes import Recipes

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()


def test_every_built_in_recipe_is_listed_with_its_example() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    every = Recipes.load(None).all().values()
    assert [row for row in rows if "-" in row[0]] == [
        (one.name, one.title, one.examples[0]) for one in every
    ]


def test_the_pages_example_is_a_recipe_that_works(
    tmp_path: Path, tools: Mapping[str, Tool]
) -> None:
    text = PAGE.partition("```\n+++")[2].partition("```")[0]
    example = read_recipe(f"+++{text}", Path("tasks.recipe"))
    assert example.plan(tools).statements
    folder = tmp_path / "recipes"
    folder.mkdir(mode=0o700)
    (folder / "tasks.recipe").write_text(f"+++{text}")
    (folder / "tasks.recipe").chmod(0o600)
    recipes = Recipes.load(folder)
    assert recipes.broken == []
    saved = [recipes.match(one) for one in example.examples]
    assert [one and one.recipe.name for one in saved] == ["tasks", "tasks"]
    assert saved[1] is not None
    assert dict(saved[1].parameters) == {"folder": "~/work", "save_to": "tasks.md"}
