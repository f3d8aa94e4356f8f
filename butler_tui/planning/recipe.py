"""A recipe: a saved plan with parameters, and the goals that it answers to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

from butler_tui.core.errors import PlanError, Problem, UsageError
from butler_tui.core.labels import Json
from butler_tui.core.plan import Plan
from butler_tui.core.plan_text import read_plan
from butler_tui.core.shapes import Shape
from butler_tui.core.tool import Missing, Tool
from butler_tui.planning.dates import moment, period
from butler_tui.planning.phrasing import Phrase

Type = Literal["text", "path", "url", "number", "whole", "choice", "moment", "period"]

_SHAPES: Mapping[Type, Shape] = {"number": {"type": "number"}, "whole": {"type": "integer"}}
_WORDS: Mapping[Type, str] = {
    "text": "text",
    "path": "a file or folder",
    "url": "a web address",
    "number": "a number",
    "whole": "a whole number",
    "moment": "a day or time, such as tomorrow at 3pm or 2026-12-01",
    "period": "a day or several, such as this week or 2026-12-01/2026-12-03",
}
_ADDRESS = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RecipeParameter:
    """A name that the recipe's plan uses.

    A phrase's path must have one of the `endings`, where there are any; `/` stands for a folder,
    whose bare name (`dl`) is taken only right behind one of the words `bare_after`.
    Text holds none of the characters in `without`. A path that is left out can be named as the
    file is in the address that the parameter `default_from` has.
    """

    name: str
    type: Type
    description: str = ""
    default: Json = None
    choices: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    without: str = ""
    default_from: str = ""
    bare_after: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """True when it has no default."""
        return self.default is None and not self.default_from

    @property
    def shape(self) -> Shape:
        """What the plan's checks know of it."""
        return _SHAPES.get(self.type, {"type": "string"})

    def describe(self) -> str:
        """What it can be, in a few words."""
        return f"one of {', '.join(self.choices)}" if self.choices else _WORDS[self.type]

    def value(self, given: Json, now: datetime | None = None) -> Json:
        """The value as the plan takes it, also from text; raises UsageError.

        `now` is what `today` goes by.
        """
        made = self._read(given, now or datetime.now())
        if made is None:
            raise UsageError(f"{self.name} must be {self.describe()}, not {given!r}.")
        if bad := [char for char in self.without if isinstance(made, str) and char in made]:
            raise UsageError(f"{self.name} cannot hold {' or '.join(bad)}; leave it out.")
        return made

    @property
    def by_clock(self) -> bool:
        """True when its value goes by the clock: `today`."""
        return self.type in ("moment", "period")

    def _read(self, given: Json, now: datetime) -> Json:
        if isinstance(given, bool):
            return None
        if self.type in ("number", "whole"):
            return _number(given, whole=self.type == "whole")
        if not isinstance(given, str) or not given.strip():
            return None
        match self.type:
            case "choice":
                same = [one for one in self.choices if one.lower() == given.strip().lower()]
                return same[0] if same else None
            case "url":
                return given.strip() if _ADDRESS.fullmatch(given.strip()) else None
            case "moment":
                return moment(given, now)
            case "period":
                return period(given, now)
            case "path":
                return None if "\0" in given else given
            case _:
                return given


def _number(given: Json, *, whole: bool) -> Json:
    if isinstance(given, str):
        try:
            given = int(given) if whole else float(given)
        except ValueError:
            return None
    if isinstance(given, int):
        return given
    return given if isinstance(given, float) and not whole and math.isfinite(given) else None


def _file_name(address: Json) -> str:
    """The name of the file at an address; `download` where it has none."""
    way = unquote(urlsplit(address).path) if isinstance(address, str) else ""
    name = re.split(r"[/\\]", way)[-1].strip()
    plain = "".join(char for char in name if char.isprintable()).lstrip(".")
    return plain[:150] or "download"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A saved plan: `text` is in the plan language and uses the parameters as names.

    `name` is the file's name without its ending; the plan begins on `first_line` of the file at
    `path`. `on_failure` holds statements for when the plan fails.
    """

    name: str
    title: str
    text: str
    examples: tuple[str, ...]
    phrases: tuple[Phrase, ...] = ()
    phrasings: tuple[str, ...] = ()
    parameters: tuple[RecipeParameter, ...] = ()
    needs_model: bool = False
    on_failure: str = ""
    path: str = ""
    first_line: int = 1
    built_in: bool = False

    def parameter(self, name: str) -> RecipeParameter | None:
        """The parameter of that name."""
        return next((one for one in self.parameters if one.name == name), None)

    @property
    def shapes(self) -> dict[str, Shape]:
        """The names that its plan is given, with the shape of each."""
        return {one.name: one.shape for one in self.parameters}

    def filled(self, given: Mapping[str, Json], now: datetime | None = None) -> dict[str, Json]:
        """Every parameter with its value, given or default; raises UsageError in a sentence.

        `now` is what `today` goes by.
        """
        takes = ", ".join(one.name for one in self.parameters) or "none"
        for name in given:
            if self.parameter(name) is None:
                raise UsageError(
                    f"Recipe {self.name} has no parameter {name}; its parameters are: {takes}."
                )
        missing = [one for one in self.parameters if one.required and one.name not in given]
        if missing:
            wanted = ", ".join(
                f"{one.name} ({one.description or one.describe()})" for one in missing
            )
            raise UsageError(f"Recipe {self.name} needs {wanted}; for example: {self.examples[0]}")
        values = {
            one.name: one.value(given.get(one.name, one.default), now)
            if one.name in given or one.by_clock
            else one.default
            for one in self.parameters
        }
        for one in self.parameters:
            if one.default_from and one.name not in given:
                values[one.name] = _file_name(values.get(one.default_from))
        return values

    def plan(self, tools: Mapping[str, Tool]) -> Plan:
        """Its plan, checked against the tools; raises PlanError with the lines of its file."""
        try:
            return read_plan(self.text, tools, self.shapes)
        except PlanError as error:
            raise self.placed(error) from error

    def lacks(self, tools: Mapping[str, Tool]) -> Missing | None:
        """What the first of its tools that is not ready lacks; None where all are."""
        if all(one.missing is None for one in tools.values()):
            return None
        as_ready = {name: replace(one, missing=None) for name, one in tools.items()}
        try:
            plan = read_plan(self.text, as_ready, self.shapes)
        except PlanError:
            return None
        calls = (call for one in plan.statements for call in one.calls())
        return next((found for call in calls if (found := tools[call.tool].missing)), None)

    def placed(self, error: PlanError) -> PlanError:
        """The problems of its plan's text, as problems of its file."""
        before = self.first_line - 1
        where = f"{self.path or self.name}: "
        return PlanError(
            [
                Problem(one.line + before if one.line else 0, one.column, where + one.message)
                for one in error.problems
            ]
        )
