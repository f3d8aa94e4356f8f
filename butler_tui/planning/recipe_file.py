"""A `.recipe` file: TOML between two lines `+++`, and below it a plan.

+++
title = "Summarise a file"
examples = ["summarise notes.md and save it to summary.md"]
phrasings = ["summarise {path} and save it [to {save_to}]"]

[parameters.path]
type = "path"
description = "the file"

[parameters.save_to]
type = "path"
default = "summary.md"
+++
source = read_file(path)
...
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from butler_tui.core.errors import ButlerError, SettingsError, UsageError
from butler_tui.core.plan import GIVEN
from butler_tui.planning.phrasing import Phrase, PhrasingError, phrases_of
from butler_tui.planning.recipe import Recipe, RecipeParameter, Type
from butler_tui.settings.reading import as_section, parse_toml

ENDING = ".recipe"
LONGEST_FILE = 200_000
_FENCE = "+++"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_LINE = re.compile(r"\(at line (\d+)")


class RecipeFileError(ButlerError):
    """A recipe's file that cannot be read; the message names file and line."""


class _Parameter(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: Type
    description: str = ""
    default: str | int | float | None = None
    choices: list[str] = Field(default_factory=list[str])
    endings: list[str] = Field(default_factory=list[str])
    bare_after: list[str] = Field(default_factory=list[str])
    without: str = ""
    default_from: str = ""


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1)
    examples: list[str] = Field(min_length=1)
    phrasings: list[str] = Field(default_factory=list[str])
    parameters: dict[str, _Parameter] = Field(default_factory=dict[str, _Parameter])
    needs: Literal["model"] | None = None
    on_failure: str = ""


@dataclass(frozen=True, slots=True)
class _Parts:
    """A file's header, on its own lines, and its plan with the line it begins on."""

    header: str
    plan: str
    first_line: int


def read_recipe(text: str, path: Path, *, built_in: bool = False) -> Recipe:
    """The recipe in a file's text; its plan is not looked at. Raises RecipeFileError."""
    name = path.name.removesuffix(ENDING)
    if not _NAME.fullmatch(name):
        raise _error(path, 1, "a recipe's file name has small letters, digits, - and _ only")
    parts = _parted(text, path)
    header = _header(parts.header, path)
    parameters = tuple(
        _parameter(one, header.parameters, parts.header, path) for one in header.parameters
    )
    return Recipe(
        name=name,
        title=header.title,
        text=parts.plan,
        examples=tuple(header.examples),
        phrases=_phrases(header.phrasings, parameters, parts.header, path),
        phrasings=tuple(header.phrasings),
        parameters=parameters,
        needs_model=header.needs == "model",
        on_failure=header.on_failure,
        path=str(path),
        first_line=parts.first_line,
        built_in=built_in,
    )


def _parted(text: str, path: Path) -> _Parts:
    if len(text) > LONGEST_FILE:
        raise _error(path, 1, f"a recipe has at most {LONGEST_FILE:,} characters")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    fences = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if len(fences) < 2 or any(line.strip() for line in lines[: fences[0]]):
        raise _error(
            path, 1, f"a recipe begins with a line {_FENCE}, then TOML, then another line {_FENCE}"
        )
    first, second = fences[:2]
    header = [""] * (first + 1) + lines[first + 1 : second]
    return _Parts("\n".join(header) + "\n", "\n".join(lines[second + 1 :]), second + 2)


def _header(text: str, path: Path) -> _Header:
    try:
        content = parse_toml(text, path)
    except SettingsError as error:
        found = _LINE.search(str(error))
        said = str(error).removeprefix(f"{path} is ").partition(" (at line")[0]
        raise _error(path, int(found[1]) if found else 1, f"this is {said}") from error
    try:
        return as_section(_Header, content, path)
    except SettingsError as error:
        cause = error.__cause__
        where = cause.errors()[0]["loc"] if isinstance(cause, ValidationError) else ()
        said = str(error).removeprefix(f"{path}: ").rstrip(".")
        raise _error(path, _line_of([str(one) for one in where], text), said) from error


def _parameter(
    name: str, every: Mapping[str, _Parameter], header: str, path: Path
) -> RecipeParameter:
    given = every[name]

    def wrong(message: str) -> RecipeFileError:
        return _error(path, _line_of(["parameters", name], header), message)

    if not _PARAMETER.fullmatch(name) or iskeyword(name) or name in GIVEN:
        raise wrong(f"{name} cannot be a parameter's name; use another word")
    if bool(given.choices) != (given.type == "choice"):
        raise wrong(f"{name}: choices belong to type choice, and to it alone")
    if given.endings and given.type != "path":
        raise wrong(f"{name}: endings belong to type path alone")
    if given.bare_after and "/" not in given.endings:
        raise wrong(f'{name}: bare_after belongs to folders alone, with endings = ["/"]')
    source = every.get(given.default_from)
    if given.default_from and (given.type != "path" or source is None or source.type != "url"):
        raise wrong(f"{name}: default_from names a parameter of type url, for a path alone")
    parameter = RecipeParameter(
        name,
        given.type,
        given.description,
        None,
        tuple(given.choices),
        tuple(one.lower() for one in given.endings),
        given.without,
        given.default_from,
        tuple(one.lower() for one in given.bare_after),
    )
    if given.default is None:
        return parameter
    try:
        read = parameter.value(given.default)
        return replace(parameter, default=given.default if parameter.by_clock else read)
    except UsageError as error:
        raise wrong(f"the default of {error}".rstrip(".")) from error


def _phrases(
    phrasings: Sequence[str], parameters: Sequence[RecipeParameter], header: str, path: Path
) -> tuple[Phrase, ...]:
    made: dict[Phrase, None] = {}
    known = {one.name for one in parameters}
    required = {one.name for one in parameters if one.required}
    for phrasing in phrasings:
        try:
            phrases = phrases_of(phrasing)
            for phrase in phrases:
                _check_slots(phrase, phrasing, known, required)
        except PhrasingError as error:
            line = _line_of(["phrasings", phrasing], header)
            raise _error(path, line, str(error)) from error
        made.update(dict.fromkeys(phrases))
    return tuple(made)


def _check_slots(phrase: Phrase, phrasing: str, known: set[str], required: set[str]) -> None:
    slots = set(phrase.slots)
    if unknown := ", ".join(sorted(slots - known)):
        raise PhrasingError(f"'{phrasing}' has {unknown}, which is no parameter")
    if missing := ", ".join(sorted(required - slots)):
        raise PhrasingError(f"'{phrasing}' can leave out {missing}, which has no default")


def _line_of(keys: Sequence[str], header: str) -> int:
    """The line where a key is, found one key after the other; the nearest one above if hidden."""
    lines = header.split("\n")
    at = 0
    for key in keys:
        shape = re.compile(rf"(?<!\w){re.escape(key)}(?!\w)")
        at = next((n for n in range(at, len(lines)) if shape.search(lines[n])), at)
    return at + 1


def _error(path: Path, line: int, message: str) -> RecipeFileError:
    end = "" if message.endswith("?") else "."
    return RecipeFileError(f"{path}, line {line}: {message}{end}")
