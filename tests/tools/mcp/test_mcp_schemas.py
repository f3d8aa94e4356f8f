"""A server's schema: what it says of values holds, and nothing in it can do harm."""

from __future__ import annotations

import time
from typing import Any

import pytest

from butler_tui.core.argument_type import Misfit
from butler_tui.core.tool import Parameter
from butler_tui.tools.mcp.arguments import SchemaType
from butler_tui.tools.mcp.schemas import SchemaReader, SchemaRefusedError


def parameter(schema: Any, **whole: Any) -> Parameter:
    """The argument `a` of a tool with this schema."""
    reader = SchemaReader({"type": "object", "properties": {"a": schema}, **whole})
    [(name, read, said, required)] = reader.fields()
    return Parameter(name, SchemaType(read), said, required)


@pytest.mark.parametrize(
    ("schema", "fits", "not_fits"),
    [
        ({"type": "string"}, "x", 1),
        ({"type": "integer"}, 1, "1"),
        ({"type": "integer"}, 1.0, True),
        ({"type": "number", "minimum": 2}, 2.5, 1),
        ({"type": "boolean"}, True, 1),
        ({"type": ["string", "null"]}, None, 3),
        ({"enum": ["a", "b"]}, "a", "c"),
        ({"const": 3}, 3, 4),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 2}, ["a"], ["a", "b", "c"]),
        (
            {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
            {"x": 1, "y": 2},
            {"x": "1"},
        ),
        ({"type": "object", "additionalProperties": False}, {}, {"x": 1}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"x": "y"}, {"x": 1}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, 1),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1.5, 1),
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": "string", "pattern": "^(a+)+$", "format": "email"}, "b", 1),
        (True, {"any": "thing"}, None),
        ({"type": "frob", "minimum": "x", "enum": []}, 7, None),
    ],
)
def test_what_it_says_of_values_holds(schema: Any, fits: Any, not_fits: Any) -> None:
    one = parameter(schema)
    assert one.problem_with(fits) is None
    if not_fits is not None:
        assert one.problem_with(not_fits)


def test_a_problem_names_the_place_and_what_is_wanted() -> None:
    rows = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    assert parameter(rows).problem_with([{"n": 1}, {"n": "x"}]) == (
        "a[1]['n']: it must be a whole number"
    )
    assert parameter({"type": "integer"}).problem_with("x") == (
        "a must be a whole number: it must be a whole number"
    )


@pytest.mark.parametrize(
    "root",
    [
        {"$defs": {"row": {"type": "integer"}}, "to": "#/$defs/row"},
        {"definitions": {"row/1": {"type": "integer"}}, "to": "#/definitions/row~11"},
        {"x": [{"type": "integer"}], "to": "#/x/0"},
    ],
)
def test_references_into_the_schema_are_followed(root: dict[str, Any]) -> None:
    one = parameter({"$ref": root.pop("to")}, **root)
    assert one.problem_with(1) is None
    assert one.problem_with("x")
    assert one.describe() == "a whole number"


def test_a_type_within_itself_can_be_read() -> None:
    tree = {"type": "object", "properties": {"of": {"$ref": "#/$defs/t"}}, "required": ["n"]}
    one = parameter({"$ref": "#/$defs/t"}, **{"$defs": {"t": tree}})
    assert one.problem_with({"n": 1, "of": {"n": 2}}) is None
    assert one.problem_with({"n": 1, "of": {}}) == "a['of']: it must have n"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "https://evil.example/schema.json"}, "outside"),
        ({"$ref": "file:///etc/passwd"}, "outside"),
        ({"$ref": "other.json#/x"}, "outside"),
        ({"$ref": "#/nowhere"}, "does not have"),
        ({"$ref": 7}, "outside"),
        ({"$ref": "#/properties/a"}, "circle"),
        ("text", "no schema"),
        ({"items": {"anyOf": [7]}}, "no schema"),
        ({"anyOf": [{"type": "string"}] * 5_000}, "too many parts"),
        ({"description": "x" * 300_000}, "longer than"),
    ],
)
def test_what_no_tool_needs_is_refused(schema: Any, said: str) -> None:
    with pytest.raises(SchemaRefusedError, match=said):
        parameter(schema)


def test_a_very_deep_schema_is_refused() -> None:
    deep: Any = {}
    for _ in range(100):
        deep = {"items": deep}
    with pytest.raises(SchemaRefusedError, match="too deep"):
        parameter(deep)
    for _ in range(100_000):
        deep = {"items": deep}
    with pytest.raises(SchemaRefusedError, match="too deep"):
        SchemaReader(deep)


def test_references_that_double_are_given_up_soon() -> None:
    parts = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(15)}
    one = parameter({"$ref": "#/$defs/d0"}, **{"$defs": {**parts, "d15": {"type": "string"}}})
    begun = time.monotonic()
    with pytest.raises(Misfit, match="takes too long to tell"):
        one.read("x")
    assert time.monotonic() - begun < 5


def test_one_that_never_ends_is_given_up() -> None:
    loop = {"allOf": [{"$ref": "#/$defs/l"}]}
    with pytest.raises(Misfit, match="takes too long to tell"):
        parameter({"$ref": "#/$defs/l"}, **{"$defs": {"l": loop}}).read(1)
