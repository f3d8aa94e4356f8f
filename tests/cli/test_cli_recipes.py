"""Recipes from the command line: the main job without a model."""

from __future__ import annotations

from command_line import CommandLine

GOAL = "Summarise README.md and save it to summary.md"
GREET = """\
+++
title = "Greet somebody"
examples = ["greet Anna"]
phrasings = ["greet {name}"]

[parameters.name]
type = "text"

[parameters.times]
type = "whole"
default = 1
+++
answer(f"Hello {name}, {times} times.")
"""


def test_a_goal_in_words_is_carried_out_without_a_model(butler: CommandLine) -> None:
    denied = butler("run", GOAL, "--no")
    assert (denied.code, denied.out) == (1, "")
    assert not (butler.folder / "summary.md").exists()

    done = butler("run", GOAL, "--yes")
    assert done.code == 0, done.err
    assert "summary.md" in done.out
    assert "Tea is a drink" in (butler.folder / "summary.md").read_text()
    listed = [row["status"] for row in butler("runs", "--json").lines]
    assert listed == ["done", "failed"]


def test_a_goal_waits_is_allowed_elsewhere_and_goes_on(butler: CommandLine) -> None:
    assert butler("run", GOAL).code == 3
    [held] = butler("approvals", "--json").lines
    assert butler("allow", held["id"]).code == 0
    done = butler("resume", held["run"])
    assert done.code == 0, done.err
    assert (butler.folder / "summary.md").exists()


def test_recipes_are_listed_and_shown(butler: CommandLine) -> None:
    listed = butler("recipes", "--json")
    assert (listed.code, listed.err) == (0, "")
    first = listed.lines[0]
    shown = butler("recipes", first["name"])
    assert first["examples"][0] in shown.out
    assert first["plan"].strip().splitlines()[0] in shown.out
    assert first["examples"][0] in butler("recipes", env={"COLUMNS": "200"}).out
    unknown = butler("recipes", "nope")
    assert (unknown.code, unknown.out) == (2, "")


def test_an_own_recipe_takes_typed_parameters(butler: CommandLine) -> None:
    folder = butler.home / "recipes"
    folder.mkdir(mode=0o700)
    (folder / "greet.recipe").write_text(GREET)
    (folder / "broken.recipe").write_text("nothing")
    for one in folder.iterdir():
        one.chmod(0o600)
    greet = ("run", "--recipe", "greet", "--set", "name=Anna=B")
    done = butler(*greet, "--set", "times=3")
    assert (done.code, done.out) == (0, "Hello Anna=B, 3 times.\n"), done.err
    for wrong, says in (
        (("--set", "times=often"), "times must be a whole number"),
        (("--set", "size=3"), "no parameter size"),
        (("--set", "name=C"), "twice"),
        (("--set", "name"), "NAME=VALUE"),
    ):
        told = butler(*greet, *wrong)
        assert (told.code, told.out) == (2, "")
        assert says in told.err
    assert butler("run", "greet Bob").out == "Hello Bob, 1 times.\n"
    missing = butler("run", "--recipe", "greet")
    assert (missing.code, "needs name" in missing.err) == (2, True)
    listed = butler("recipes")
    assert "greet: Greet somebody" in listed.out
    assert "broken.recipe, line 1" in listed.err
    assert "note  recipe broken" in butler("doctor").out
