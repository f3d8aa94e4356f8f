"""Recipes' files: what is in them, and what is said of those that are none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.tool import Tool
from butler_tui.planning.recipe_file import RecipeFileError, read_recipe
from butler_tui.planning.recipes import Recipes

GOOD = """\
+++
title = "Weigh a parcel"
examples = ["weigh a big parcel of 3.5 kilos"]
phrasings = ["weigh [a {size}] parcel of {kilos} kilos [for {whom}]"]
on_failure = "answer('no')"

[parameters.size]
type = "choice"
choices = ["big", "Extra large"]
default = "big"

[parameters.kilos]
type = "number"
description = "how heavy"

[parameters.whom]
type = "text"
default = "me"
without = "'"
+++
# Weigh it

answer(f"{size} {kilos} {whom}")
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{name}.recipe"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_recipe_is_read_whole() -> None:
    recipe = read_recipe(GOOD, Path("weigh-it.recipe"))
    assert (recipe.name, recipe.title) == ("weigh-it", "Weigh a parcel")
    assert recipe.on_failure == "answer('no')"
    assert recipe.first_line == 21
    assert recipe.text.startswith("# Weigh it\n")
    assert [(one.name, one.required) for one in recipe.parameters] == [
        ("size", False),
        ("kilos", True),
        ("whom", False),
    ]
    windows = read_recipe("\ufeff" + GOOD.replace("\n", "\r\n"), Path("weigh-it.recipe"))
    assert windows == recipe


def test_parameters_are_filled_in_from_text_too() -> None:
    recipe = read_recipe(GOOD, Path("weigh-it.recipe"))
    assert recipe.filled({"kilos": "3.5"}) == {"size": "big", "kilos": 3.5, "whom": "me"}
    assert recipe.filled({"kilos": 2, "size": "EXTRA LARGE"})["size"] == "Extra large"
    assert recipe.filled(recipe.filled({"kilos": "3.5"})) == recipe.filled({"kilos": 3.5})


@pytest.mark.parametrize(
    ("given_values", "said"),
    [
        ({}, "needs kilos \\(how heavy\\); for example: weigh a big parcel"),
        ({"kilos": 1, "colour": "red"}, "no parameter colour; its parameters are: size, kilos"),
        ({"kilos": "heavy"}, "kilos must be a number, not 'heavy'"),
        ({"kilos": True}, "kilos must be a number"),
        ({"kilos": "nan"}, "kilos must be a number"),
        ({"kilos": "1e999"}, "kilos must be a number"),
        ({"kilos": 1, "size": "tiny"}, "size must be one of big, Extra large"),
        ({"kilos": 1, "whom": "O'Neill"}, "whom cannot hold '"),
        ({"kilos": 1, "whom": "  "}, "whom must be text"),
        ({"kilos": 1, "whom": None}, "whom must be text"),
        ({"kilos": 1, "whom": ["me"]}, "whom must be text"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(given_values: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_recipe(GOOD, Path("weigh-it.recipe")).filled(given_values)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("+++\ntitle", "title", "line 1: a recipe begins with a line [+][+][+]"),
        ('title = "Weigh a parcel"\n', "", "line 1: title is missing"),
        ('title = "Weigh a parcel"', 'title = "', "line 2: this is not valid TOML"),
        ('"big", "Extra large"]', '"big"', "line 10: this is not valid TOML"),
        ("on_failure", "on_failur", "line 5: there is no setting on_failur"),
        ('type = "number"', 'type = "weight"', "line 13: parameters.kilos.type"),
        ('type = "number"', "type = 3", "line 13: parameters.kilos.type"),
        ('examples = ["weigh a big parcel of 3.5 kilos"]', "examples = []", "line 3: examples"),
        ('default = "big"', 'default = "huge"', "line 7: the default of size must be one of"),
        ('choices = ["big", "Extra large"]\ndefault = "big"', "", "line 7: size: choices"),
        (
            'whom]\ntype = "text"',
            'whom]\ntype = "text"\nendings = [".a"]',
            "line 16: whom: endings",
        ),
        ('without = "\'"', 'default_from = "size"', "line 16: whom: default_from"),
        ("parameters.whom", "parameters.goal", "line 16: goal cannot be a parameter's name"),
        ("parameters.whom", "parameters._x", "line 16: _x cannot be"),
        ("parameters.whom", "parameters.for", "line 16: for cannot be"),
        ("of {kilos} kilos", "[of {kilos} kilos]", "line 4: .*leave out kilos"),
        ("{whom}", "{who}", "line 4: .*who, which is no parameter"),
        ("[for {whom}]", "[for {whom}", "line 4: .*never closed"),
        ("[for {whom}]", "for {whom}]", "line 4: .*never opened"),
        ("[for {whom}]", "[" * 400 + "]" * 400, "line 4: .*10 deep"),
        ("[for {whom}]", "for {}", "line 4: .*where none can be"),
        ("[for {whom}]", "for {kilos}", "line 4: .*twice"),
        (
            "weigh [a {size}] parcel of {kilos} kilos",
            "of the {kilos}",
            "line 4: .*no word of its own",
        ),
        ("[for {whom}]", "[a] [b] [c] [d] [e] [f] [g] [h] [j] [k]", "line 4: .*200 ways"),
    ],
)
def test_a_file_that_is_no_recipe_is_named_with_its_line(
    before: str, after: str, said: str
) -> None:
    assert before in GOOD
    with pytest.raises(RecipeFileError, match=f"weigh-it.recipe, {said}"):
        read_recipe(GOOD.replace(before, after, 1), Path("weigh-it.recipe"))


def test_a_broken_file_leaves_the_others_alone(tmp_path: Path) -> None:
    folder = tmp_path / "recipes"
    write(folder, "good", GOOD)
    write(folder, "bad", GOOD.replace("+++", "---"))
    write(folder, "Bad Name", GOOD)
    (folder / "binary.recipe").write_bytes(b"\xff\xfe\x00")
    (folder / "other.txt").write_text("no recipe")
    write(folder, "open", GOOD).chmod(0o666)
    recipes = Recipes.load(folder)
    assert recipes.get("good").title == "Weigh a parcel"
    assert not recipes.get("good").built_in
    assert [one.name for one in recipes.broken] == ["Bad Name", "bad", "binary", "open"]
    assert all(str(folder) in one.error for one in recipes.broken)
    assert recipes.get("summarise-file").built_in
    with pytest.raises(UsageError, match=r"bad cannot be used: .*begins with a line"):
        recipes.get("bad")


def test_the_persons_recipe_takes_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    write(tmp_path / "recipes", "summarise-file", GOOD)
    recipes = Recipes.load(tmp_path / "recipes")
    assert recipes.get("summarise-file").title == "Weigh a parcel"
    assert len(recipes) == len(Recipes.load(None))


def test_no_folder_is_no_fault(tmp_path: Path) -> None:
    recipes = Recipes.load(tmp_path / "nowhere")
    assert not recipes.broken
    assert len(recipes.all()) == len(recipes) > 15
    assert len(Recipes()) == 0


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="no recipe sumarise-file; the nearest are summarise-file"):
        Recipes.load(None).get("sumarise-file")
    with pytest.raises(UsageError, match=r"no recipe x[.]"):
        Recipes().get("x")


def test_a_plan_that_does_not_fit_is_named_with_the_files_line(tools: Mapping[str, Tool]) -> None:
    text = GOOD.replace("answer(f", "answr(f")
    recipe = read_recipe(text, Path("weigh-it.recipe"))
    with pytest.raises(PlanError, match=r"line 23, column 1: weigh-it.recipe: there is no tool"):
        recipe.plan(tools)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_whatever_a_file_holds_it_is_a_recipe_or_a_sentence(text: str) -> None:
    for content in (text, f"+++\n{text}\n+++\n", GOOD.replace("weigh [a {size}]", text)):
        try:
            read_recipe(content, Path("x.recipe"))
        except RecipeFileError as error:
            assert str(error).startswith("x.recipe, line ")
