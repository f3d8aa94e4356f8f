"""A stranger's JSON schema, read into one that is plain, small and points nowhere outside.

What is left are the keywords that say what a value is: types, values, fields, elements, bounds and
choices between them. Patterns and formats are the server's own business, since a pattern can keep
a reader busy for years. References lead to `$defs` of the schema itself, or it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MOST_CHARACTERS = 200_000
MOST_PARTS = 2_000
DEEPEST = 40

_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_COUNTS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
)
_CHOICES = ("anyOf", "oneOf", "allOf")
_LARGEST = 2**53

Schema = dict[str, Any]


class SchemaRefusedError(ValueError):
    """A schema is not one, or more than a tool's schema needs to be; says why in a clause."""


class SchemaReader:
    """Reads the parts of one schema; references in them lead to parts of it."""

    def __init__(self, root: Any) -> None:  # noqa: ANN401  (what a server sent)
        if not isinstance(root, Mapping):
            raise SchemaRefusedError("its schema is no object")
        try:
            size = len(json.dumps(root))
        except (TypeError, ValueError, RecursionError) as error:
            raise SchemaRefusedError("its schema is no JSON, or nested too deep") from error
        if size > MOST_CHARACTERS:
            raise SchemaRefusedError(f"its schema is longer than {MOST_CHARACTERS:,} characters")
        self._root = root
        self._defs: dict[str, Schema] = {}
        self._names: dict[str, str] = {}
        self._parts = 0

    def whole(self) -> Schema:
        """The whole schema."""
        return self.complete(self._part(self._root, 0))

    def fields(self) -> Iterator[tuple[str, Schema, str, bool]]:
        """Each field of the object that it describes: name, schema, description, is required."""
        required = self._root.get("required")
        needed = set(filter(_is_text, required)) if isinstance(required, list) else set()
        for name, given in _mapping(self._root.get("properties")).items():
            said = given.get("description") if isinstance(given, Mapping) else None
            schema = self.complete(self._part(given, 0))
            yield str(name), schema, said if isinstance(said, str) else "", name in needed

    def complete(self, part: Schema) -> Schema:
        """The part with all that its references lead to."""
        return {**part, "$defs": self._defs} if self._defs else part

    def _part(self, given: Any, depth: int) -> Schema:  # noqa: ANN401
        self._parts += 1
        if depth > DEEPEST or self._parts > MOST_PARTS:
            raise SchemaRefusedError("its schema is nested too deep or has too many parts")
        if given is True or given is None:
            return {}
        if given is False:
            return {"not": {}}
        if not isinstance(given, Mapping):
            raise SchemaRefusedError("a part of its schema is no schema")
        if "$ref" in given:
            return {"$ref": self._reference(given["$ref"], depth)}
        made: Schema = {}
        self._values(given, made)
        self._within(given, made, depth)
        kinds = given.get("type")
        if isinstance(kinds, list):
            known = [one for one in kinds if one in _TYPES]
            if len(known) > 1 and "anyOf" not in made:
                return {"anyOf": [_of_type(made, one) for one in known]}
            kinds = known[0] if len(known) == 1 else None
        if isinstance(kinds, str) and kinds in _TYPES:
            made["type"] = kinds
        return made

    def _values(self, given: Mapping[str, Any], made: Schema) -> None:
        """The keywords that hold values."""
        if isinstance(given.get("enum"), list) and given["enum"]:
            made["enum"] = given["enum"]
        if "const" in given:
            made["const"] = given["const"]
        for name in _NUMBERS:
            if _is_number(given.get(name)):
                made[name] = given[name]
        for name in _COUNTS:
            value = given.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
                made[name] = value

    def _within(self, given: Mapping[str, Any], made: Schema, depth: int) -> None:
        """The keywords that hold schemas."""
        properties = _mapping(given.get("properties"))
        if properties:
            made["properties"] = {
                str(name): self._part(one, depth + 1) for name, one in properties.items()
            }
        required = given.get("required")
        if isinstance(required, list):
            made["required"] = [one for one in required if isinstance(one, str)]
        if "patternProperties" not in given and "additionalProperties" in given:
            made["additionalProperties"] = self._further(given["additionalProperties"], depth)
        items = given.get("items")
        if isinstance(items, Mapping | bool) and "prefixItems" not in given:
            made["items"] = self._part(items, depth + 1)
        for name in _CHOICES:
            options = given.get(name)
            if isinstance(options, list) and options:
                made[name] = [self._part(one, depth + 1) for one in options]

    def _further(self, given: Any, depth: int) -> Schema | bool:  # noqa: ANN401
        return given if isinstance(given, bool) else self._part(given, depth + 1)

    def _reference(self, given: Any, depth: int) -> str:  # noqa: ANN401
        """The reference to a definition of our own, read once however often it is met."""
        if not isinstance(given, str) or not given.startswith("#"):
            raise SchemaRefusedError("its schema refers to something outside of it")
        if given not in self._names:
            name = self._names[given] = f"part{len(self._names) + 1}"
            target = self._at(given[1:])
            if isinstance(target, Mapping) and "$ref" in target:
                self._loop(given)
            self._defs[name] = self._part(target, depth + 1)
        return f"#/$defs/{self._names[given]}"

    def _loop(self, given: str) -> None:
        """Refuse references that lead to nothing but references."""
        seen = {given}
        while True:
            target = self._at(given[1:])
            following = target.get("$ref") if isinstance(target, Mapping) else None
            if not isinstance(following, str) or not following.startswith("#"):
                return
            if following in seen:
                raise SchemaRefusedError("references in its schema go round in a circle")
            seen.add(given := following)

    def _at(self, pointer: str) -> Any:  # noqa: ANN401  (a part of what a server sent)
        """What lies at a JSON pointer."""
        found: Any = self._root
        for raw in pointer.split("/")[1:]:
            key = unquote(raw).replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key[:9]) < len(found):
                found = found[int(key[:9])]
            else:
                raise SchemaRefusedError("its schema refers to a part that it does not have")
        return found


def _of_type(made: Schema, kind: str) -> Schema:
    """The schema for values of one of its types."""
    return {"type": "null"} if kind == "null" else {**made, "type": kind}


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401
    return value if isinstance(value, Mapping) else {}


def _is_text(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, str)


def _is_number(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e300
