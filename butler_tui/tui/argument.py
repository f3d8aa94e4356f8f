"""An argument as it is typed: which kind of field it gets, and what its text reads as. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from butler_tui.core.labels import Json
from butler_tui.core.tool import Parameter
from butler_tui.settings import PATH_ARGUMENTS

Kind = Literal["line", "text", "whole number", "number", "choice", "lines", "JSON"]

ONE_LINE = PATH_ARGUMENTS | {"url", "method", "subject"}
"""Arguments of which every tool expects one line."""

_KINDS: Mapping[str, Kind] = {"string": "text", "integer": "whole number", "number": "number"}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument in a form. `given` is False where the call leaves it to the tool.

    `choices` are the values of a choice; `optional`: it may be left out.
    """

    name: str
    kind: Kind
    value: Json
    given: bool
    optional: bool = False
    choices: Sequence[Json] = field(default_factory=tuple[Json, ...])

    @property
    def label(self) -> str:
        """Its name, and how it is written where that is not plain text."""
        said = {"line": "", "text": "", "choice": "", "lines": "  one a line", "JSON": "  as JSON"}
        left = "" if self.given else "  not given"
        return f"{self.name}{said.get(self.kind, f'  a {self.kind}')}{left}"

    @property
    def text(self) -> str:
        """The value as it stands in its field; empty when it is not given."""
        if not self.given:
            return ""
        if self.kind == "lines" and isinstance(self.value, list):
            return "\n".join(str(one) for one in self.value)
        if isinstance(self.value, str) and self.kind in ("line", "text"):
            return self.value
        indent = 2 if self.kind == "JSON" else None
        return json.dumps(self.value, ensure_ascii=False, indent=indent)

    def read(self, text: str) -> Json:
        """The value that the text stands for. Raises ValueError in a sentence."""
        if text == self.text and self.given:
            return self.value
        match self.kind:
            case "line" | "text" | "choice":
                return text
            case "lines":
                return [line for line in text.splitlines() if line.strip()]
            case "whole number":
                return self._number(text, int)
            case "number":
                return self._number(text, float)
            case "JSON":
                try:
                    return json.loads(text)
                except ValueError as error:
                    raise ValueError(f"{self.name} is no JSON: {error}.") from None

    def _number(self, text: str, read: type[int] | type[float]) -> Json:
        try:
            return read(text.strip())
        except ValueError:
            raise ValueError(f"{self.name} must be a {self.kind}, not {text!r}.") from None


def argument_of(name: str, args: Mapping[str, Json], parameter: Parameter | None) -> Argument:
    """The argument with the field that its type asks for; without a type, that its value does."""
    value, given = args.get(name), name in args
    if parameter is None:
        return Argument(name, _kind_of_value(name, value), value, given)
    optional = not parameter.required
    schema = _without_null(parameter.type.json_schema())
    choices = _choices(schema)
    if choices and (not given or value in choices):
        return Argument(name, "choice", value, given, optional, choices)
    kind = _KINDS.get(str(schema.get("type")), "JSON")
    if _is_lines(schema) and _fits_lines(value, given):
        kind = "lines"
    if kind == "text" and name in ONE_LINE and "\n" not in str(value):
        kind = "line"
    if given and not _fits(kind, value):
        kind = _kind_of_value(name, value)
    return Argument(name, kind, value, given, optional)


def _kind_of_value(name: str, value: Json) -> Kind:
    if isinstance(value, str):
        return "line" if name in ONE_LINE and "\n" not in value else "text"
    return "JSON"


def _fits(kind: Kind, value: Json) -> bool:
    if kind in ("line", "text"):
        return isinstance(value, str)
    if kind in ("whole number", "number"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The one type of an argument that may also be left empty."""
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return kinds[0] if len(kinds) == 1 else schema


def _choices(schema: Mapping[str, Any]) -> tuple[Json, ...]:
    if schema.get("type") == "boolean":
        return (True, False)
    return tuple(schema.get("enum", ()))


def _is_lines(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "array" and schema.get("items", {}).get("type") == "string"


def _fits_lines(value: Json, given: bool) -> bool:
    if not given:
        return True
    return isinstance(value, list) and all(
        isinstance(one, str) and one.strip() and len(one.splitlines()) == 1 for one in value
    )
