"""What a person typed, as the answer to a question: a choice, fields, or text as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from butler_tui.core.errors import ToolError, UsageError
from butler_tui.core.events import QuestionAsked
from butler_tui.core.labels import Json


def answer_from(asked: QuestionAsked, text: str) -> Json:
    """The answer that the text gives. Raises UsageError when it does not fit the question."""
    text = text.strip()
    if not text:
        raise UsageError("The answer is empty; type something.")
    if asked.choices:
        if asked.about == "stuck" and len(text.split()) > 1:
            return text  # an instruction
        return _choice(asked.choices, text)
    if isinstance(asked.fields, dict) and asked.fields:
        return filled(asked.fields, _values(asked.fields, text))
    return text


def _choice(choices: list[str], text: str) -> str:
    """A choice by its number or its words."""
    if text in choices:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    meant = [one for one in choices if one.lower() == text.lower()]
    if len(meant) == 1:
        return meant[0]
    raise UsageError(
        f"{text!r} is not one of the choices: "
        + ", ".join(f"{number} {choice}" for number, choice in enumerate(choices, 1))
        + "."
    )


def _values(fields: Mapping[str, Json], text: str) -> Mapping[str, Json]:
    """The fields' values: a JSON object, or plain text where there is one field only."""
    try:
        read = json.loads(text) if text.startswith("{") else None
    except ValueError as error:
        raise UsageError(f"The answer is not valid JSON ({error}).") from error
    if isinstance(read, dict):
        return cast(Mapping[str, Json], read)
    if len(fields) == 1:
        return {next(iter(fields)): text}
    example = json.dumps(dict.fromkeys(fields, "..."), ensure_ascii=False)
    raise UsageError(f"This question has {len(fields)} fields; answer it with JSON: '{example}'")


def filled(fields: Mapping[str, Json], values: Mapping[str, Json]) -> Json:
    """The fields as one object, each value of its type. Raises UsageError."""
    from pydantic import ValidationError

    from butler_tui.language.structured import shape_of

    if unknown := [name for name in values if name not in fields]:
        raise UsageError(f"There is no field {unknown[0]!r}; there are {', '.join(fields)}.")
    try:
        shape = shape_of(dict(fields))
    except ToolError:
        return dict(values)  # the plan's types say nothing that one could check
    try:
        return shape.model_validate(dict(values)).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}.") from error
