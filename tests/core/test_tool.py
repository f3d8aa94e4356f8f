"""A typed, docstringed function becomes a tool, and its arguments are held to their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from butler_tui.core.errors import ButlerError, ToolError
from butler_tui.core.labels import Json, Labelled
from butler_tui.core.tool import (
    Again,
    Effect,
    Preview,
    Tool,
    ToolCall,
    ToolContext,
    ToolResult,
    tool,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Cell(BaseModel):
    row: int
    value: str


@dataclass
class Size:
    width: int


class Node(BaseModel):
    name: str
    children: list[Node] = []


class Made(BaseModel):
    path: str
    cells: list[Cell]
    node: Node | None = None


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path",), timeout=5)
async def paint(
    context: ToolContext,
    path: Annotated[str, "the file"],
    colour: Colour = Colour.RED,
    cells: list[Cell] | None = None,
    size: Size | None = None,
    on: date | None = None,
    pair: tuple[int, int] = (0, 0),
    share: float = 0.5,
    kind: Literal["flat", "round"] = "flat",
    tags: Annotated[list[str], Field(max_length=2)] = [],  # noqa: B006
) -> Annotated[ToolResult, Made]:
    """Paint a picture
    in a colour.

    More about it.
    """
    return ToolResult(Made(path=path, cells=cells or []))


def test_what_a_function_says_becomes_the_tool() -> None:
    assert paint.name == "paint"
    assert paint.summary == "Paint a picture in a colour."
    assert "More about it." in paint.description
    assert paint.names[:3] == ("path", "colour", "cells")
    assert (paint.effect, paint.again, paint.undoable) == (Effect.CHANGE, Again.QUERYABLE, True)
    assert (paint.targets, paint.timeout, paint.at_once) == (("path",), 5, 0)
    path, colour = paint.parameter("path"), paint.parameter("colour")
    assert path is not None
    assert colour is not None
    assert (path.description, path.required) == ("the file", True)
    assert (colour.required, colour.default) == (False, "red")
    assert paint.parameter("context") is None


def test_a_signature_shows_how_to_call_it(tools: Mapping[str, Tool]) -> None:
    assert (
        tools["web_search"].signature()
        == "web_search(query, limit=5) -> {results: [{title, url, snippet}, ...]}"
    )
    assert (
        tools["write_text"].signature() == "write_text(instructions, inputs, schema=None) -> {text}"
    )


def test_a_shape_that_holds_itself_can_be_shown() -> None:
    assert paint.signature().endswith(
        "-> {path, cells: [{row, value}, ...], node: {name, children} or None}"
    )


def test_defaults_are_shown_as_a_plan_would_write_them() -> None:
    assert paint.signature().startswith(
        "paint(path, colour='red', cells=None, size=None, on=None, pair=[0, 0], share=0.5, "
        "kind='flat', tags=[])"
    )


@tool(effect=None, name="mcp.x.y")
async def plain(context: ToolContext, anything: Any, word: str | int = "a") -> None:
    """Do anything."""


def test_a_tool_that_returns_nothing_says_so() -> None:
    assert plain.name == "mcp.x.y"
    assert plain.output == {"type": "null"}
    assert plain.signature() == "mcp.x.y(anything, word='a') -> None"


def by_method(args: Mapping[str, Json]) -> Effect | None:
    return Effect.FETCH if args.get("method") == "GET" else Effect.SEND


@tool(effect=by_method, worst=Effect.SEND)
async def request(context: ToolContext, method: str) -> str:
    """Send a request."""
    return method


def test_an_effect_may_depend_on_the_call() -> None:
    assert request.effect is Effect.SEND
    assert request.effect_of({"method": "GET"}) is Effect.FETCH
    assert request.effect_of({"method": "POST"}) is Effect.SEND
    assert paint.effect_of({}) is Effect.CHANGE
    assert plain.effect_of({}) is plain.effect is None


def test_an_effect_by_call_says_what_it_can_be_at_most() -> None:
    with pytest.raises(ButlerError, match="say with worst= what it can be at most"):
        tool(effect=by_method)(request.run)


def test_which_effects_bound_the_world() -> None:
    assert [effect.value for effect in Effect if effect.bounds_the_world] == [
        "change",
        "send",
        "execute",
    ]


async def silent(context: ToolContext) -> None:
    pass


def test_a_tool_without_a_docstring_is_refused() -> None:
    with pytest.raises(ButlerError, match="Tool silent has no docstring; say in a sentence"):
        tool(effect=None)(silent)


class Stranger:
    pass


async def strange(context: ToolContext, what: Stranger) -> Stranger:
    """Take what no plan can say."""
    return what


async def named(context: ToolContext, what: str) -> Stranger:
    """Return what has no shape."""
    return Stranger()


def test_a_type_that_json_cannot_hold_is_refused_as_an_argument() -> None:
    with pytest.raises(ButlerError, match="argument what has a type that JSON cannot hold"):
        tool(effect=None)(strange)
    assert tool(effect=None)(named).output is None


GOOD: list[tuple[str, Json, Any]] = [
    ("colour", "blue", Colour.BLUE),
    ("cells", [{"row": 1, "value": "x"}], [Cell(row=1, value="x")]),
    ("cells", None, None),
    ("size", {"width": 3}, Size(3)),
    ("on", "2026-11-21", date(2026, 11, 21)),
    ("pair", [1, 2], (1, 2)),
    ("share", 1, 1.0),
    ("kind", "round", "round"),
    ("tags", ["a", "ä\n\x00"], ["a", "ä\n\x00"]),
]


@pytest.mark.parametrize(("name", "value", "made"), GOOD)
def test_arguments_become_what_the_function_takes(name: str, value: Json, made: Any) -> None:
    assert paint.validated({"path": "p", name: value}) == {"path": "p", name: made}


BAD: list[tuple[str, Json, str]] = [
    ("path", 5, "paint: path must be text: input should be a valid string."),
    ("path", None, "paint: path must be text: input should be a valid string."),
    ("path", ["p"], "paint: path must be text: input should be a valid string."),
    ("colour", "green", "paint: colour must be one of 'red', 'blue': input should be 'red' or"),
    ("cells", {"row": 1}, "paint: cells must be a list of an object or None: input should be"),
    ("cells", [{"row": "1", "value": "x"}], "paint: cells[0]['row']: input should be a valid int"),
    ("cells", [{"row": 1.5, "value": "x"}], "paint: cells[0]['row']: input should be a valid int"),
    ("cells", [{"row": 1, "value": 2}], "paint: cells[0]['value']: input should be a valid str"),
    ("cells", [{"value": "x"}], "paint: cells[0]: field required."),
    ("size", {"width": "3"}, "paint: size['width']: input should be a valid integer."),
    ("on", 5, "paint: on must be text or None: "),
    ("on", "tomorrow", "paint: on must be text or None: "),
    ("pair", [1], "paint: pair must be a list"),
    ("share", "0.5", "paint: share must be a number: input should be a valid number."),
    ("share", True, "paint: share must be a number: input should be a valid number."),
    ("kind", "odd", "paint: kind must be one of 'flat', 'round': input should be 'flat' or"),
    ("tags", ["a", "b", "c"], "paint: tags must be a list of text: list should have at most 2"),
    ("nothing", 1, "paint has no argument nothing; it takes path, colour, cells"),
]


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_text_is_no_number_and_a_number_no_text(name: str, value: Json, words: str) -> None:
    with pytest.raises(ToolError) as refused:
        paint.validated({"path": "p", name: value})
    assert refused.value.code == "bad_arguments"
    assert str(refused.value).startswith(words)


def test_a_missing_argument_is_named_with_its_type() -> None:
    with pytest.raises(ToolError, match=r"^paint needs path \(text\)\.$"):
        paint.validated({"colour": "red"})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("path", "text"),
        ("share", "a number"),
        ("cells", "a list of an object or None"),
        ("kind", "one of 'flat', 'round'"),
        ("tags", "a list of text"),
    ],
)
def test_a_type_is_told_in_a_few_words(name: str, words: str) -> None:
    parameter = paint.parameter(name)
    assert parameter is not None
    assert parameter.describe() == words


def test_a_union_is_told_without_the_validator_s_own_words() -> None:
    parameter = plain.parameter("word")
    assert parameter is not None
    problem = parameter.problem_with(1.5)
    assert problem is not None
    assert problem.startswith("word must be text or a whole number: ")


def test_a_preview_is_registered_beside_the_function() -> None:
    assert request.preview is None

    @request.previews
    async def show(context: ToolContext, method: str) -> Preview:
        return Preview(method)

    assert request.preview is show
    request.preview = None


def test_a_call_s_values_are_its_arguments_without_labels() -> None:
    call = ToolCall("paint", {"path": Labelled("p"), "share": Labelled(1)})
    assert call.values == {"path": "p", "share": 1}
