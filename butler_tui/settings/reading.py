"""From TOML text to settings, with one sentence for whatever is wrong in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from butler_tui.core.errors import SettingsError

MOST_WRONG_KEYS = 5
"""Wrong keys that are named at once."""

S = TypeVar("S", bound=BaseModel)

_MUST_BE = {
    "string_type": "text",
    "path_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "datetime_type": "a date and time",
    "string_too_short": "text that is not empty",
}


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises SettingsError that names the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error).replace(
            "at end of document", f"at line {text.count(chr(10)) + 1}, its end"
        )
        raise SettingsError(f"{path} is not valid TOML: {said}.") from error


def as_section(section: type[S], content: Mapping[str, Any], path: Path) -> S:
    """The content as settings. Raises SettingsError that names what does not fit.

    That is the first thing wrong and, with it, every key that does not exist (at most 5).
    """
    try:
        return section.model_validate(content)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        keys = [one for one in others if one["type"] == "extra_forbidden"]
        said = [_sentence(section, one) for one in (first, *keys[: MOST_WRONG_KEYS - 1])]
        more = "".join(f" {one[0].upper()}{one[1:]}" for one in said[1:])
        raise SettingsError(f"{path}: {said[0]}{more}") from error


def _sentence(section: type[BaseModel], error: ErrorDetails) -> str:
    key, value = _dotted(error["loc"]), _shown(error["input"])
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"there is no setting {key}{_nearest(section, error['loc'])}"
        case "missing":
            return f"{key} is missing; it must be given."
        case "value_error":
            place = f"{key}: " if key else ""
            return f"{place}{str(context['error']).rstrip('.')}."
        case "enum" | "literal_error":
            close = get_close_matches(str(error["input"]), _quoted(context["expected"]), 1, 0.5)
            hint = f"; did you mean '{close[0]}'?" if close else "."
            return f"{key} is {value}, but must be one of {context['expected']}{hint}"
        case kind:
            return f"{key} is {value}, but must be {_MUST_BE.get(kind) or _in_words(error['msg'])}."


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _in_words(message: str) -> str:
    rest = re.sub(r"^Input should be (a valid )?", "", message)
    return rest[:1].lower() + rest[1:]


def _dotted(loc: Sequence[str | int]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _nearest(section: type[BaseModel], loc: Sequence[str | int]) -> str:
    """The sentence's end: the key of that name in another table, else the most alike in its own."""
    names = [part for part in loc if isinstance(part, str)]
    known = {".".join(path): path for path in _keys(section, ())}
    here = {path[-1]: name for name, path in known.items() if list(path[:-1]) == names[:-1]}
    elsewhere = [name for name, path in known.items() if path[-1] == names[-1]]
    alike = [here[name] for name in get_close_matches(names[-1], here, 1, 0.6)]
    near = elsewhere[:1] or alike or get_close_matches(".".join(names), known, 1, 0.8)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known here: {', '.join(sorted(here))}." if here else "."


def _keys(section: type[BaseModel], above: tuple[str, ...]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, field in section.model_fields.items():
        found.append((*above, name))
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found.extend(_keys(field.annotation, (*above, name)))
    return found
