"""The recipes: built-in ones and the person's own, which one fits a goal, and plans from them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from butler_tui.core.errors import PlanError, SettingsError, UsageError
from butler_tui.core.events import Event
from butler_tui.core.labels import Json
from butler_tui.core.ports import PlanRequest
from butler_tui.planning.matching import fit
from butler_tui.planning.proposing import propose_text
from butler_tui.planning.recipe import Recipe
from butler_tui.planning.recipe_file import ENDING, RecipeFileError, read_recipe
from butler_tui.planning.wording import respelled, tokens_of
from butler_tui.settings.files import read_owned

LONGEST_GOAL = 2_000
"""Characters; a longer goal is no recipe's."""

MOST_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Match:
    """A recipe that fits a goal, and a value for each of its parameters."""

    recipe: Recipe
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class BrokenRecipe:
    """A file that is no recipe, and why, in a sentence that names file and line."""

    name: str
    error: str


class Recipes:
    """Recipes by name, read when they are first needed. Without `load` there are none."""

    def __init__(self) -> None:
        self._built_in = False
        self._folder: Path | None = None
        self._seen: object = None

    @classmethod
    def load(cls, folder: Path | None) -> Recipes:
        """The built-in recipes and those in the person's folder, whose names win."""
        made = cls()
        made._built_in, made._folder = True, folder
        return made

    def look_again(self) -> None:
        """Read the person's recipes anew where their files are others than when they were read."""
        if self._seen is not None and self._seen != self._files_now():
            for read in ("_read", "_vocabulary"):
                self.__dict__.pop(read, None)

    def _files_now(self) -> Sequence[tuple[str, int, int]]:
        """The person's files by name, size and time of change."""
        if self._folder is None or not self._folder.is_dir():
            return ()
        found = [(one.name, one.lstat()) for one in sorted(self._folder.glob(f"*{ENDING}"))]
        return [(name, now.st_size, now.st_mtime_ns) for name, now in found]

    @property
    def recipes(self) -> Mapping[str, Recipe]:
        """Every recipe that can be used, by its name."""
        return self._read.recipes

    @property
    def broken(self) -> Sequence[BrokenRecipe]:
        """The files that hold no recipe; the others work without them."""
        return self._read.broken

    def __len__(self) -> int:
        return len(self.recipes)

    def all(self) -> Mapping[str, Recipe]:
        """Every recipe that can be used, by its name."""
        return self.recipes

    def get(self, name: str) -> Recipe:
        """The recipe of that name; raises UsageError."""
        if name in self.recipes:
            return self.recipes[name]
        for one in self.broken:
            if one.name == name:
                raise UsageError(f"Recipe {name} cannot be used: {one.error}")
        from rapidfuzz import process

        near = [one[0] for one in process.extract(name, list(self.recipes), limit=3)]
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise UsageError(f"There is no recipe {name}{hint}. `butler recipes` lists them all.")

    def match(self, goal: str, *, model: bool = True, now: datetime | None = None) -> Match | None:
        """The recipe that says what the goal says, most exactly; None when none does.

        Without a `model`, recipes that need one are left out. `now` is what `today` goes by.
        """
        if len(goal) > LONGEST_GOAL:
            return None
        tokens = respelled(tokens_of(goal), self._vocabulary)
        if len(tokens) > MOST_TOKENS:
            return None
        now = now or datetime.now()
        fits = [
            (found.score, not recipe.built_in, recipe, found.values)
            for recipe in self.recipes.values()
            if (model or not recipe.needs_model)
            and (found := fit(recipe, tokens, goal, now)) is not None
        ]
        if not fits:
            return None
        _, _, recipe, values = max(fits, key=lambda one: one[:2])
        return Match(recipe, recipe.filled(values, now))

    def nearest(self, goal: str, n: int = 3) -> list[Recipe]:
        """The recipes whose examples are most like the goal, the nearest first."""
        from rapidfuzz import fuzz, utils

        wish = goal[:LONGEST_GOAL]

        def likeness(recipe: Recipe) -> float:
            said = (recipe.title, *recipe.examples, *recipe.phrasings)
            return max(
                fuzz.token_set_ratio(wish, one, processor=utils.default_process) for one in said
            )

        return sorted(self.recipes.values(), key=lambda one: (-likeness(one), one.name))[:n]

    def near(self, goal: str, n: int = 3) -> list[Recipe]:
        """Those of the nearest that share a telling word with the goal; often none."""
        tokens = respelled(tokens_of(goal[:LONGEST_GOAL]), self._vocabulary)
        telling = {token.word for token in tokens if token.telling}
        return [one for one in self.nearest(goal, len(self)) if telling & _words_of(one)][:n]

    def no_fit(self, goal: str) -> str:
        """What to tell the person when no recipe fits the goal and there is no model."""
        lines = [f"  {one.name}: {one.examples[0]}" for one in self.near(goal)]
        nearest = ["The nearest are:", *lines] if lines else ["None comes near it."]
        return "\n".join(
            [
                "No recipe fits this goal, and without a model Butler plans from recipes only.",
                *nearest,
                "`butler recipes` lists them all. For any goal, name a model: `butler setup`, "
                "`butler run --model NAME GOAL`, BUTLER_MODEL=NAME, or name under [model] in "
                "config.toml.",
            ]
        )

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for one in self.recipes.values() for word in _words_of(one))

    @cached_property
    def _read(self) -> _Files:
        found = _Files()
        self._seen = self._files_now()
        if self._built_in:
            for entry in (files("butler_tui.planning") / "recipes").iterdir():
                if entry.name.endswith(ENDING):
                    found.take(Path(str(entry)), entry.read_text("utf-8"), built_in=True)
        if self._folder is not None and self._folder.is_dir():
            for path in sorted(self._folder.glob(f"*{ENDING}")):
                found.take_own(path)
        found.recipes = dict(sorted(found.recipes.items()))
        return found


def _words_of(recipe: Recipe) -> frozenset[str]:
    """Every word that one of the recipe's phrases may hold."""
    return frozenset(word for phrase in recipe.phrases for words in phrase.words for word in words)


@dataclass(slots=True)
class _Files:
    """What was read so far; a later recipe of the same name takes the place of an earlier one."""

    recipes: dict[str, Recipe] = field(default_factory=dict[str, Recipe])
    broken: list[BrokenRecipe] = field(default_factory=list[BrokenRecipe])

    def take_own(self, path: Path) -> None:
        """Read one of the person's files, which nobody else may be able to write."""
        try:
            text = read_owned(path)
        except (SettingsError, OSError, UnicodeDecodeError) as error:
            name = path.name.removesuffix(ENDING)
            self.broken.append(BrokenRecipe(name, f"{path} cannot be read: {error}"))
            return
        if text is not None:
            self.take(path, text, built_in=False)

    def take(self, path: Path, text: str, *, built_in: bool) -> None:
        """Read the text of a file."""
        try:
            recipe = read_recipe(text, path, built_in=built_in)
        except RecipeFileError as error:
            self.broken.append(BrokenRecipe(path.name.removesuffix(ENDING), str(error)))
        else:
            self.recipes[recipe.name] = recipe


@dataclass(frozen=True, slots=True)
class RecipePlanner:
    """The Planner that takes a recipe's plan, with the run's parameters as its names."""

    recipes: Recipes

    async def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Propose the recipe's statements.

        Raises UsageError when the run has no recipe, or a parameter is missing or is not of its
        type (the run must hold what `Recipe.filled` returned), and PlanError, with the lines of
        the recipe's file, when its plan does not fit the tools.
        """
        if request.recipe is None:
            raise UsageError(self.recipes.no_fit(request.goal))
        recipe = self.recipes.get(request.recipe)
        given = dict(request.parameters or {})
        if recipe.filled(given) != given:
            missing = ", ".join(one.name for one in recipe.parameters if one.name not in given)
            raise UsageError(
                f"Recipe {recipe.name} needs every parameter in its own type: "
                f"{missing or 'a value'} has to be filled in first."
            )
        try:
            for event in propose_text(recipe.text, request, "recipe", recipe.shapes, recipe.title):
                yield event
        except PlanError as error:
            raise recipe.placed(error) from error


__all__ = ["BrokenRecipe", "Match", "Recipe", "RecipePlanner", "Recipes"]
