"""Answers in a shape: a small schema becomes a model to check against, and text is read leniently.

A schema is a dict of field names and types. A type is a name (`text`, `number`, `integer`,
`boolean`, `date`, `any`), with `list of` before it for several and `?` after it where it may be
missing; a dict for an object within; or a list of one of these.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, create_model

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json

_TYPES: dict[str, Any] = {
    "text": str,
    "str": str,
    "string": str,
    "number": float,
    "float": float,
    "integer": int,
    "int": int,
    "whole number": int,
    "boolean": bool,
    "bool": bool,
    "date": date,
    "any": JsonValue,
    "list": list[JsonValue],
    "object": dict[str, JsonValue],
    "dict": dict[str, JsonValue],
}
_NAMED = "text, number, integer, boolean, date, any, list of text"
_DEEPEST = 6
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)


class _Shape(BaseModel):
    model_config = ConfigDict(
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        populate_by_name=True,
        protected_namespaces=(),
    )


def shape_of(schema: Json) -> type[BaseModel]:
    """The pydantic model of a schema; raises ToolError `bad_schema`."""
    return _object(schema, 0)


def describe(schema: Json) -> str:
    """The schema as a model reads it: JSON with types in the places of values."""
    return json.dumps(schema, ensure_ascii=False, indent=1)


def unfenced(text: str) -> str:
    """The text inside the first Markdown fence; all of it when there is none."""
    found = _FENCE.search(text)
    return found.group(1) if found else text.strip()


def read_answer(shape: type[BaseModel], text: str) -> Json:
    """The JSON object in an answer, bare, fenced or between words, if it fits the shape.

    Raises ValueError whose message tells the model what to put right.
    """
    for candidate in (unfenced(text), text):
        if found := _object_in(candidate):
            break
    else:
        raise ValueError("there is no JSON object in the answer")
    try:
        answer = shape.model_validate_json(found)
    except ValidationError as error:
        raise ValueError("; ".join(_problem(one) for one in error.errors()[:8])) from None
    return answer.model_dump(mode="json", by_alias=True)


def _object_in(text: str) -> str:
    """The first complete JSON object in the text, as it stands there; else empty."""
    decoder = json.JSONDecoder()
    for start in (one.start() for one in re.finditer(r"\{", text)):
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        return text[start:end]
    return ""


def _problem(error: Any) -> str:  # noqa: ANN401  (pydantic's own mapping)
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else str(error["msg"])


def _object(schema: Json, depth: int) -> type[BaseModel]:
    if not isinstance(schema, dict) or not schema:
        raise ToolError(
            "bad_schema",
            "A schema must be a dict of field names and types, such as "
            '{"name": "text", "price": "number"}.',
        )
    if depth > _DEEPEST:
        raise ToolError("bad_schema", f"A schema may be at most {_DEEPEST} objects deep.")
    fields: dict[str, Any] = {}
    for number, (name, kind) in enumerate(schema.items()):
        hint, missing = _field(kind, name, depth)
        # the alias is the field's name: a Python name might clash with pydantic's own
        fields[f"field_{number}"] = (hint, Field(None if missing else ..., alias=name))
    return create_model("Answer", __base__=_Shape, **fields)


def _field(kind: Json, name: str, depth: int) -> tuple[Any, bool]:
    """The type of a field, and whether it may be missing."""
    if isinstance(kind, dict):
        return _object(kind, depth + 1), False
    if isinstance(kind, list) and len(kind) == 1:
        hint, _ = _field(kind[0], name, depth)
        return list[hint], False
    if not isinstance(kind, str):
        raise ToolError("bad_schema", f"The type of {name} must be one of {_NAMED}.")
    word = " ".join(kind.lower().split())
    if word.endswith("?"):
        hint, _ = _field(word[:-1], name, depth)
        return hint | None, True
    if listed := re.fullmatch(r"list of (.+)|list\[(.+)\]", word):
        hint, _ = _field(listed.group(1) or listed.group(2), name, depth)
        return list[hint], False
    if word not in _TYPES:
        word = word.removesuffix("s")  # `list of numbers`
    if word not in _TYPES:
        raise ToolError(
            "bad_schema", f"{kind!r} is no type that {name} can have; there are {_NAMED}."
        )
    return _TYPES[word], False
