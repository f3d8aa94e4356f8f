"""What an argument of a tool can be: a Python type, or whatever else can tell whether a value fits.

A tool's author writes Python types; a tool that comes from elsewhere may bring types of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from butler_tui.core.labels import Json


class Misfit(ValueError):  # noqa: N818  (it is no failure of Butler's)
    """A value does not fit: why, in a clause, and the way to the part of it that does not."""

    def __init__(self, why: str, where: Sequence[int | str] = ()) -> None:
        self.why, self.where = why, where
        super().__init__(why)


class ArgumentType(Protocol):
    """The type of one argument."""

    def json_schema(self) -> dict[str, Any]:
        """The type as a JSON schema, by which it is described and plans are checked."""
        ...

    def read(self, value: Json) -> Any:  # noqa: ANN401  (what the tool's author asked for)
        """The value as the tool's function takes it. Raises Misfit."""
        ...


@dataclass(frozen=True, slots=True)
class PythonType:
    """A type that a tool's author wrote; text is never taken for a number, nor the reverse."""

    adapter: TypeAdapter[Any]

    def json_schema(self) -> dict[str, Any]:
        """The JSON schema of the type."""
        return self.adapter.json_schema()

    def read(self, value: Json) -> Any:  # noqa: ANN401  (as above)
        """The value as an instance of the type."""
        try:
            return self.adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            why = first["msg"][:1].lower() + first["msg"][1:]
            raise Misfit(why, first["loc"]) from error
