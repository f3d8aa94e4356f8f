"""`butler recipes`: what Butler can do without a model, and a recipe's parameters for `run`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from butler_tui.butler import Toolbox
from butler_tui.cli.output import note, paragraph, say, say_json
from butler_tui.core.errors import UsageError
from butler_tui.core.labels import Json
from butler_tui.core.tool import Missing
from butler_tui.planning.recipe import Recipe
from butler_tui.planning.recipes import Recipes
from butler_tui.settings import Places, load


def show_recipes(name: str | None, *, as_json: bool) -> int:
    """List every recipe with an example, or show one; what is broken is named, with its reason."""
    places = Places.find(os.environ)
    recipes = Recipes.load(places.recipes)
    tools = Toolbox(load(os.environ, places=places), places).tools
    if name is not None:
        recipe = recipes.get(name)
        return _show(recipe, recipe.lacks(tools), as_json)
    for recipe in sorted(recipes.recipes.values(), key=lambda one: (one.built_in, one.name)):
        missing = recipe.lacks(tools)
        if as_json:
            say_json(_as_json(recipe, missing))
            continue
        paragraph(f"{recipe.name}: {recipe.title}")
        paragraph(recipe.examples[0], "    ")
        if missing is not None:
            paragraph(f"not ready: {missing}", "    ")
    for broken in recipes.broken:
        if as_json:
            say_json({"name": broken.name, "broken": broken.error})
        else:
            note(f"broken: {broken.name}: {broken.error}")
    return 0


def parameters_of(recipe: Recipe, given: Sequence[str]) -> dict[str, Json]:
    """The recipe's parameters from NAME=VALUE words, each of its type. Raises UsageError."""
    values: dict[str, Json] = {}
    for one in given:
        name, found, value = one.partition("=")
        name = name.strip()
        if not found or not name:
            raise UsageError(f"--set {one}: write it as NAME=VALUE.")
        if name in values:
            raise UsageError(f"--set gives {name} twice; give it once.")
        values[name] = value
    return recipe.filled(values)


def _show(recipe: Recipe, missing: Missing | None, as_json: bool) -> int:
    if as_json:
        say_json(_as_json(recipe, missing))
        return 0
    say(f"{recipe.name}: {recipe.title}")
    for example in recipe.examples:
        paragraph(f'butler run "{example}"', "  ")
    if recipe.parameters:
        say("parameters")
    for one in recipe.parameters:
        default = "" if one.required else f", by default {one.default!r}"
        about = f": {one.description}" if one.description else ""
        paragraph(f"{one.name} ({one.describe()}{default}){about}", "  ")
    if recipe.needs_model:
        say("needs a model")
    if missing is not None:
        paragraph(f"not ready: {missing}")
    say("plan")
    for line in recipe.text.strip().split("\n"):
        say(f"  {line}")
    if not recipe.built_in:
        say(f"file: {recipe.path}")
    return 0


def _as_json(recipe: Recipe, missing: Missing | None) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "title": recipe.title,
        "examples": recipe.examples,
        "needs_model": recipe.needs_model,
        "missing": asdict(missing) if missing is not None else None,
        "built_in": recipe.built_in,
        "path": recipe.path,
        "parameters": [
            {
                "name": one.name,
                "type": one.type,
                "description": one.description,
                "required": one.required,
                "default": one.default,
            }
            for one in recipe.parameters
        ],
        "plan": recipe.text,
    }
