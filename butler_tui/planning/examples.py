"""Recipes as examples for a planner: an example goal and the plan that met it, values filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from butler_tui.core.errors import PlanError, ToolError
from butler_tui.core.labels import NO_LABEL, Json, text_of
from butler_tui.core.plan import If, Literally, Name, Plan, Text, Value
from butler_tui.core.plan_write import write_plan
from butler_tui.core.tool import Tool
from butler_tui.core.values import holds
from butler_tui.planning.recipe import Recipe
from butler_tui.planning.recipes import Match, Recipes

MOST = 2

P = TypeVar("P")


def examples_for(goal: str, recipes: Recipes, tools: Mapping[str, Tool]) -> str:
    """A section with plans for goals like this one; empty when there is none."""
    matched = recipes.match(goal)
    near = [matched.recipe] if matched else []
    near += [one for one in recipes.nearest(goal, MOST + 1) if one not in near]
    shown: list[str] = []
    for recipe in near[:MOST]:
        said = recipe.examples[0]
        if (plan := _example(recipe, recipes.match(said), tools)) is not None:
            shown.append(f"Goal: {said}\n```python\n{plan}```")
    if not shown:
        return ""
    return "\n\n".join(["Plans that met other goals; take from them what helps:", *shown])


def _example(recipe: Recipe, match: Match | None, tools: Mapping[str, Tool]) -> str | None:
    """The recipe's plan with its example's values; None when it does not fit the tools."""
    if match is None or match.recipe.name != recipe.name:
        return None
    try:
        plan = recipe.plan(tools)
    except PlanError:
        return None
    return write_plan(filled_in(replace(plan, title=plan.title or recipe.title), match.parameters))


def filled_in(plan: Plan, values: Mapping[str, Json]) -> Plan:
    """The plan with values in place of the names they have; conditions they decide are gone."""
    return replace(plan, statements=tuple(_filled(one, values) for one in plan.statements))


def _filled(part: P, values: Mapping[str, Json]) -> P:
    return cast(P, _filled_part(part, values))


def _filled_part(part: Any, values: Mapping[str, Json]) -> Any:  # noqa: ANN401  (any part of a plan)
    match part:
        case Name(name) if name in values:
            return Literally(cast("str | float", values[name]))
        case If():
            return _decided(_filled_fields(part, values))
        case Text(parts):
            return _joined([_filled_part(one, values) for one in parts])
        case tuple():
            return tuple(_filled_part(one, values) for one in cast("tuple[Any, ...]", part))
        case _ if is_dataclass(part) and not isinstance(part, type):
            return _filled_fields(part, values)
        case _:
            return part


def _filled_fields(part: Any, values: Mapping[str, Json]) -> Any:  # noqa: ANN401
    changes = {one.name: _filled_part(getattr(part, one.name), values) for one in fields(part)}
    return replace(part, **changes)


def _decided(choice: If) -> Any:  # noqa: ANN401
    """The call that a condition of values alone chooses; the choice itself otherwise."""
    try:
        holding, _ = holds(choice.condition, {}, NO_LABEL)
    except ToolError:  # it looks at an output, which an example does not have
        return choice
    chosen = choice.doing if holding else choice.otherwise
    return choice if chosen is None else chosen


def _joined(parts: list[str | Value]) -> Text | Literally:
    made: list[str | Value] = []
    for part in parts:
        text = text_of(part.value) if isinstance(part, Literally) else part
        if isinstance(text, str) and made and isinstance(made[-1], str):
            made[-1] += text
        else:
            made.append(text)
    if len(made) == 1 and isinstance(made[0], str):
        return Literally(made[0])
    return Text(tuple(made))
