"""Answers are read leniently and checked strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.errors import ToolError
from butler_tui.language.structured import read_answer, shape_of

PLACE = {"name": "text", "price": "number", "open": "boolean"}
values = st.fixed_dictionaries(
    {
        "name": st.text(st.characters(codec="utf-8")),
        "price": st.floats(-1e9, 1e9),
        "open": st.booleans(),
    }
)


@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "```json\n{}\n```",
        "```\n{}\n```\nIs there more I can do?",
        "Here it is {as asked}:\n{}",
        "\n {} \n",
    ],
)
@given(value=values)
def test_the_object_is_found_bare_fenced_and_between_words(
    frame: str, value: dict[str, Any]
) -> None:
    text = frame.replace("{}", json.dumps(value))
    assert read_answer(shape_of(PLACE), text) == value


@pytest.mark.parametrize(
    ("schema", "answer", "value"),
    [
        ({"n": "number"}, '{"n": "12.5"}', {"n": 12.5}),
        ({"n": "text"}, '{"n": 12}', {"n": "12"}),
        ({"n": "whole number"}, '{"n": 12.0}', {"n": 12}),
        ({"n": "Boolean"}, '{"n": "yes"}', {"n": True}),
        ({"d": "date"}, '{"d": "2026-11-21"}', {"d": "2026-11-21"}),
        ({"a": "list of text"}, '{"a": ["x"]}', {"a": ["x"]}),
        ({"a": "list[numbers]"}, '{"a": [1]}', {"a": [1.0]}),
        ({"a": [{"b": "integer"}]}, '{"a": [{"b": 1}, {"b": 2}]}', {"a": [{"b": 1}, {"b": 2}]}),
        ({"a": {"b": "any"}}, '{"a": {"b": [1, null]}}', {"a": {"b": [1, None]}}),
        ({"a": "text?"}, "{}", {"a": None}),
        ({"a": "text"}, '{"a": "x", "more": 1}', {"a": "x"}),
        ({"model_dump": "text", "class": "text"}, '{"model_dump": "x", "class": "y"}', None),
    ],
)
def test_types(schema: Any, answer: str, value: Any) -> None:
    assert read_answer(shape_of(schema), answer) == (value or json.loads(answer))


@pytest.mark.parametrize(
    ("schema", "answer", "problem"),
    [
        (PLACE, "Sorry, I can't.", "no JSON object"),
        (PLACE, '["name"]', "no JSON object"),
        (PLACE, '{"name": "x", "price": "cheap", "open": true}', "price: "),
        (PLACE, '{"name": "x", "open": true}', "price: Field required"),
        ({"a": [{"b": "integer"}]}, '{"a": [{"b": 1}, {"b": "x"}]}', "a.1.b: "),
        ({"n": "number"}, '{"n": NaN}', "n: "),
        ({"n": "number"}, '{"n": 1e999}', "n: "),
        ({"n": "text"}, '{"n": null}', "n: "),
        ({"n": "text"}, '{"n": "\\ud800"}', "Invalid JSON"),
        ({"n": "any"}, '{"n": ' + "[" * 100_000, "no JSON object"),
        ({"n": "any"}, "{" * 3_000, "no JSON object"),
    ],
)
def test_what_does_not_fit_says_where(schema: Any, answer: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).+") as caught:
        read_answer(shape_of(schema), answer)
    assert problem in str(caught.value)


@given(st.text(max_size=200))
def test_no_text_does_worse_than_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).+"):
        read_answer(shape_of({"a name that no text has by chance": "text"}), text)


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({}, "A schema must be a dict of field names and types"),
        (["text"], "A schema must be a dict of field names and types"),
        ({"a": "colour"}, "'colour' is no type that a can have; there are text, number"),
        ({"a": 3}, "The type of a must be one of text, number"),
        ({"a": ["text", "text"]}, "The type of a must be one of text, number"),
        ({"a": {}}, "A schema must be a dict of field names and types"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: Any, says: str) -> None:
    with pytest.raises(ToolError) as caught:
        shape_of(schema)
    assert caught.value.code == "bad_schema"
    assert says in str(caught.value)


def test_a_schema_has_a_depth() -> None:
    schema: Any = "text"
    for _ in range(9):
        schema = {"a": schema}
    with pytest.raises(ToolError, match="at most 6 objects deep"):
        shape_of(schema)
