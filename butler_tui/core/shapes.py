"""What is known of a value before it is there: its shape, a JSON schema.

None means that nothing is known. Shapes also come from strangers' tools, so nothing is taken for
granted about them: what is not understood is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from butler_tui.core.labels import Json

Shape = Mapping[str, Any] | None

TEXT: Shape = {"type": "string"}
_LONGEST_WAY = 20


def shape_of(value: Json) -> Shape:
    """The shape of a value as it stands."""
    match value:
        case bool():
            return {"type": "boolean"}
        case str():
            return TEXT
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case _:
            return None


def resolved(shape: Shape) -> Shape:
    """The shape itself where it is a reference to a definition; None where it may be several."""
    for _ in range(_LONGEST_WAY):
        if shape is None or "$ref" not in shape:
            break
        name = str(shape["$ref"]).rsplit("/", 1)[-1]
        shape = _part(shape, _mapping(shape.get("$defs")).get(name))
    if shape is None or "anyOf" in shape or not isinstance(shape.get("type"), str):
        return None
    return shape


def list_of(shape: Shape) -> Mapping[str, Any]:
    """The shape of a list of such values."""
    return {"type": "array", "items": shape or {}}


def items_of(shape: Shape) -> Shape:
    """The shape of a list's elements."""
    found = resolved(shape)
    if found is None or found["type"] != "array":
        return None
    return _part(found, found.get("items"))


def fields_of(shape: Shape) -> Mapping[str, Shape]:
    """The fields that an object is known to have; none where it may have others."""
    found = resolved(shape)
    if found is None or found["type"] != "object" or found.get("additionalProperties"):
        return {}
    return {
        str(name): _part(found, part) for name, part in _mapping(found.get("properties")).items()
    }


def is_list(shape: Shape) -> bool:
    """True when it is known to be a list."""
    return _type(shape) == "array"


def may_be(have: Shape, want: Shape, *, deepest: int = _LONGEST_WAY) -> bool:
    """False when a value of the one shape can never be one of the other."""
    one, other = _type(have), _type(want)
    if one is None or other is None or {one, other} <= {"integer", "number"}:
        return True
    if one == other == "array" and deepest:
        return may_be(items_of(have), items_of(want), deepest=deepest - 1)
    return one == other


_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "True or False",
    "array": "a list",
    "object": "an object",
    "null": "None",
}
_MOST_OPTIONS = 20
_MOST_PARTS = 200


def describe_schema(schema: Mapping[str, Any], *, fields: bool = False) -> str:
    """A JSON schema in a few words; with `fields`, an object as the names of its fields."""
    return _Describing(fields).words(schema, frozenset())


@dataclass(slots=True)
class _Describing:
    """A definition inside itself is not described again, and a huge schema only in part."""

    fields: bool
    left: int = _MOST_PARTS

    def words(self, schema: Mapping[str, Any], within: frozenset[str]) -> str:
        self.left -= 1
        if self.left < 0:
            return "anything"
        if "$ref" in schema:
            name = str(schema["$ref"]).rsplit("/", 1)[-1]
            found = _part(schema, _mapping(schema.get("$defs")).get(name)) or {}
            if name in within:
                return _WORDS.get(str(found.get("type")), "anything")
            return self.words(found, within | {name})
        if "const" in schema:
            return f"one of {schema['const']!r}"
        if isinstance(schema.get("enum"), list):
            values = cast(list[Any], schema["enum"])
            shown = [repr(value) for value in values[:_MOST_OPTIONS]]
            return "one of " + ", ".join(shown + ["..."] * (len(values) > _MOST_OPTIONS))
        if isinstance(schema.get("anyOf"), list):
            parts = cast(list[Any], schema["anyOf"])[:_MOST_OPTIONS]
            options = [self.words(_part(schema, one) or {}, within) for one in parts]
            return " or ".join(dict.fromkeys(options))
        return self._kind(schema, within)

    def _kind(self, schema: Mapping[str, Any], within: frozenset[str]) -> str:
        kind = str(schema.get("type"))
        if kind == "array":
            inner = self.words(_part(schema, schema.get("items")) or {}, within)
            if self.fields:
                return f"[{inner}, ...]"
            return "a list" + (f" of {inner}" if inner != "anything" else "")
        if kind == "object" and self.fields and "properties" in schema:
            shown: list[str] = []
            for name, part in _mapping(schema["properties"]).items():
                inner = self.words(_part(schema, part) or {}, within)
                shown.append(f"{name}: {inner}" if inner.startswith(("[{", "{")) else str(name))
            return "{" + ", ".join(shown) + "}"
        return _WORDS.get(kind, "anything")


def _type(shape: Shape) -> str | None:
    found = resolved(shape)
    return None if found is None else str(found["type"])


def _part(of: Mapping[str, Any], part: Any) -> Shape:  # noqa: ANN401  (what a stranger's schema holds)
    """A part of a shape, which may refer to the whole one's definitions."""
    if not isinstance(part, Mapping) or not part:
        return None
    known = cast(Mapping[str, Any], part)
    definitions = {**_mapping(of.get("$defs")), **_mapping(known.get("$defs"))}
    return {**known, "$defs": definitions} if definitions else known


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}
