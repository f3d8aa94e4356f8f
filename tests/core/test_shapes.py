"""Shapes come from strangers too: what is not understood is not known, and nothing hangs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.shapes import (
    TEXT,
    describe_schema,
    fields_of,
    is_list,
    items_of,
    list_of,
    may_be,
    resolved,
    shape_of,
)

PAGE = {
    "$defs": {
        "Link": {"type": "object", "properties": {"url": {"type": "string"}}},
        "Links": {"type": "array", "items": {"$ref": "#/$defs/Link"}},
    },
    "type": "object",
    "properties": {"text": {"type": "string"}, "links": {"$ref": "#/$defs/Links"}},
}


def test_parts_know_the_whole_one_s_definitions() -> None:
    links = fields_of(PAGE)["links"]
    assert is_list(links)
    assert list(fields_of(items_of(links))) == ["url"]
    assert list(fields_of(items_of(fields_of(items_of(list_of(PAGE)))["links"]))) == ["url"]
    among_others = {**list_of(PAGE), "$defs": {"Other": TEXT}}
    assert list(fields_of(items_of(fields_of(items_of(among_others))["links"]))) == ["url"]


@pytest.mark.parametrize(
    "shape",
    [
        None,
        {},
        {"type": ["string", "null"]},
        {"type": 5},
        {"anyOf": [{"type": "string"}]},
        {"$ref": "#/$defs/Missing"},
        {"$ref": 5, "$defs": []},
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
    ],
)
def test_what_may_be_anything_is_not_known(shape: dict[str, Any] | None) -> None:
    assert resolved(shape) is None
    assert items_of(shape) is None
    assert fields_of(shape) == {}
    assert may_be(shape, TEXT)
    assert may_be(TEXT, shape)


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True},
        {"type": "object"},
    ],
)
def test_an_object_that_may_have_other_fields_has_no_known_ones(shape: dict[str, Any]) -> None:
    assert fields_of(shape) == {}


@pytest.mark.parametrize("items", [True, False, [], [{"type": "string"}], "x", {}, None])
def test_a_list_of_anything(items: Any) -> None:
    assert items_of({"type": "array", "items": items}) is None


@pytest.mark.parametrize(
    ("have", "want", "fits"),
    [
        ("string", "string", True),
        ("string", "object", False),
        ("integer", "number", True),
        ("number", "integer", True),
        ("boolean", "integer", False),
        ("array", "string", False),
    ],
)
def test_what_may_be_given_where(have: str, want: str, fits: bool) -> None:
    assert may_be({"type": have}, {"type": want}) is fits
    assert may_be(list_of({"type": have}), list_of({"type": want})) is fits
    assert may_be(list_of({"type": have}), list_of(None))


def test_a_list_of_itself_ends() -> None:
    endless = {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}}},
    }
    assert may_be(endless, endless)
    assert describe_schema(endless) == "a list of a list"
    assert describe_schema(endless, fields=True) == "[a list, ...]"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "boolean"), (1, "integer"), (1.5, "number"), ("x", "string")],
)
def test_the_shape_of_a_literal(value: Any, kind: str) -> None:
    assert shape_of(value) == {"type": kind}
    assert shape_of(None) is None


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "anything"),
        ({"type": "null"}, "None"),
        ({"const": 5}, "one of 5"),
        ({"enum": ["a", "b"]}, "one of 'a', 'b'"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or None"),
        ({"anyOf": [{"type": "string"}, {"type": "string"}]}, "text"),
        ({"type": "array", "items": {"type": "number"}}, "a list of a number"),
        ({"type": "array", "items": True}, "a list"),
        ({"type": ["string", "null"]}, "anything"),
        (PAGE, "an object"),
        ({"enum": list(range(50))}, "one of " + ", ".join(map(str, range(20))) + ", ..."),
    ],
)
def test_a_schema_in_words(schema: dict[str, Any], words: str) -> None:
    assert describe_schema(schema) == words


def test_a_schema_of_many_ways_through_itself_is_told_in_part() -> None:
    fields = {f"field_{number}": {"$ref": f"#/$defs/D{number}"} for number in range(30)}
    definitions = {f"D{number}": {"type": "object", "properties": fields} for number in range(30)}
    begun = time.process_time()
    told = describe_schema({"$ref": "#/$defs/D0", "$defs": definitions}, fields=True)
    assert time.process_time() - begun < 1
    assert told.startswith("{field_0")
    assert len(told) < 20_000


KEYS = ["type", "items", "properties", "$ref", "$defs", "anyOf", "enum", "const"]
words = st.sampled_from([*KEYS, "string", "array", "object", "additionalProperties", "#/items"])
schemas = st.recursive(
    words | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(words, schemas, max_size=6), st.dictionaries(words, schemas, max_size=6))
def test_no_schema_is_too_strange(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert isinstance(describe_schema(one), str)
    assert isinstance(describe_schema(one, fields=True), str)
    assert may_be(one, other) in (True, False)
    for part in fields_of(one).values():
        assert is_list(part) in (True, False)
