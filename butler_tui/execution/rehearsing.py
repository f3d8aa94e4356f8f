"""Rehearsal: what stands in for the output of a call that was only previewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from butler_tui.core.labels import Json
from butler_tui.core.tool import Tool

_EMPTY: Mapping[str, Json] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "object": {},
}


def stand_in(tool: Tool, values: Mapping[str, Json]) -> Json:
    """A value of the tool's output shape: fields that an argument names are that argument's.

    A path is where the call would leave what it moves or copies.
    """
    if tool.output is None:
        return {}
    properties: Mapping[str, Any] = tool.output.get("properties", {})
    named = {**values, **({"path": values["to"]} if "to" in values else {})}
    return {name: named.get(name, _empty(shape)) for name, shape in properties.items()}


def _empty(shape: object) -> Json:
    if not isinstance(shape, Mapping):
        return None
    return _EMPTY.get(str(cast("Mapping[str, Any]", shape).get("type")))
