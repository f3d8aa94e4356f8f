"""The type of an argument that a server describes by a JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from butler_tui.core.argument_type import Misfit
from butler_tui.core.labels import Json
from butler_tui.core.shapes import describe_schema

MOST_REFERENCES = 10_000
"""References that are followed for one value; a schema can be made so that they double each time.

Without references the work is bounded by the size of the schema and of the value.
"""

_LONGEST = 200
_followed: ContextVar[list[int]] = ContextVar("followed")


class _TooMuchError(Exception):
    """Checking a value took more than a tool's argument is worth."""


@dataclass(frozen=True, slots=True)
class SchemaType:
    """What a JSON schema says, one that `SchemaReader` has read."""

    schema: Mapping[str, Any]

    def json_schema(self) -> dict[str, Any]:
        """The schema."""
        return dict(self.schema)

    def read(self, value: Json) -> Json:
        """The value, which a server takes as it is. Raises Misfit."""
        from jsonschema.exceptions import best_match
        from referencing import Registry
        from referencing.exceptions import Unresolvable

        token = _followed.set([MOST_REFERENCES])
        try:
            checked = _validator()(dict(self.schema), registry=Registry())
            error = best_match(checked.iter_errors(value))
        except (_TooMuchError, RecursionError, Unresolvable) as too_much:
            raise Misfit("whether it fits its type takes too long to tell") from too_much
        finally:
            _followed.reset(token)
        if error is not None:
            raise Misfit(_why(error.validator, error.validator_value, error.schema), error.path)
        return value


@cache
def _validator() -> Any:  # noqa: ANN401  (jsonschema makes its validators as it runs)
    """The newest draft's rules, with references counted."""
    from jsonschema import Draft202012Validator, validators

    follow: Any = Draft202012Validator.VALIDATORS["$ref"]

    def counted(validator: Any, ref: Any, instance: Any, schema: Any) -> Any:  # noqa: ANN401
        left = _followed.get()
        left[0] -= 1
        if left[0] < 0:
            raise _TooMuchError
        return follow(validator, ref, instance, schema)

    return validators.extend(Draft202012Validator, {"$ref": counted})


def _why(keyword: str, wanted: Any, schema: Any) -> str:  # noqa: ANN401  (parts of a schema)
    """What does not fit, in a clause without the value, which the person sees anyway."""
    match keyword:
        case "type" | "enum" | "const" | "anyOf" | "oneOf":
            said = f"it must be {describe_schema(schema)}"
        case "required":
            said = f"it must have {', '.join(map(str, wanted))}"
        case "additionalProperties":
            said = "it has a field that it must not have"
        case "minLength" | "minItems" | "minProperties":
            said = f"it must not be shorter than {wanted}"
        case "maxLength" | "maxItems" | "maxProperties":
            said = f"it must not be longer than {wanted}"
        case "minimum":
            said = f"it must be at least {wanted}"
        case "maximum":
            said = f"it must be at most {wanted}"
        case "exclusiveMinimum":
            said = f"it must be more than {wanted}"
        case "exclusiveMaximum":
            said = f"it must be less than {wanted}"
        case _:
            said = "it must be what its server's schema says"
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
