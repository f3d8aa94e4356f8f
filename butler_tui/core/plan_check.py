"""Whether a statement fits: its names, its tools' arguments, and the shapes that flow between.

Shapes are JSON schemas; None means that nothing is known, and then nothing is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from butler_tui.core.labels import Json
from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Argument,
    Attribute,
    Call,
    Compare,
    Condition,
    DictOf,
    Doing,
    Each,
    EachValue,
    If,
    Index,
    ListOf,
    Literally,
    Name,
    Not,
    OrElse,
    Slice,
    Statement,
    Text,
    Value,
)
from butler_tui.core.plan_write import write_value
from butler_tui.core.tool import Parameter, Tool, describe_schema

Shape = Mapping[str, Any] | None

TEXT: Shape = {"type": "string"}
_UNNAMED = "the call's output"


def nearest(word: str, known: Sequence[str]) -> str:
    """A clause that names the nearest known words, or nothing."""
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""


@dataclass(slots=True)
class Checker:
    """Checks one statement against the tools and the shapes of the names it may use."""

    tools: Mapping[str, Tool]
    names: Mapping[str, Shape]
    problems: list[str] = field(default_factory=list[str])

    def check(self, statement: Statement) -> Shape:
        """The shape of the statement's output; what is wrong is in `problems`."""
        return self._doing(statement.doing, self.names)

    def _doing(self, doing: Doing, names: Mapping[str, Shape]) -> Shape:
        match doing:
            case Call():
                return self._call(doing, names)
            case OrElse():
                first, second = self._doing(doing.first, names), self._doing(doing.second, names)
                return first if first == second else None
            case If():
                self._condition(doing.condition, names)
                first = self._doing(doing.doing, names)
                second = first if doing.otherwise is None else self._doing(doing.otherwise, names)
                return first if first == second else None
            case Each():
                inner = self._bound(doing.name, doing.over, doing.condition, names)
                return {"type": "array", "items": self._doing(doing.doing, inner) or {}}

    def _bound(
        self, name: str, over: Value, condition: Condition | None, names: Mapping[str, Shape]
    ) -> Mapping[str, Shape]:
        shape = _resolved(self._value(over, names))
        if shape is not None and shape.get("type", "array") != "array":
            fields = _fields(shape)
            lists = [
                f"{write_value(over)}.{one}"
                for one, part in fields.items()
                if part.get("type") == "array"
            ]
            instead = f"; write {' or '.join(lists)}" if lists else ""
            self.problems.append(
                f"{write_value(over)} is {describe_schema(shape)}, not a list{instead}"
            )
            shape = None
        if name in self.names or name in self.tools:
            self.problems.append(f"the name {name} is taken; use another in the comprehension")
        inner = {**names, name: _items(shape)}
        if condition is not None:
            self._condition(condition, inner)
        return inner

    def _call(self, call: Call, names: Mapping[str, Shape]) -> Shape:
        tool = self.tools[call.tool]
        for name in call.after:
            self._known(name, names)
        for name, argument in call.args:
            parameter = tool.parameter(name)
            if parameter is None:
                takes = ", ".join(tool.names) or "none"
                self.problems.append(f"{tool.name} has no argument {name}; it takes {takes}")
            self._argument(tool, parameter, argument, names)
        given = {name for name, _ in call.args}
        for parameter in tool.parameters:
            if parameter.required and parameter.name not in given:
                self.problems.append(f"{tool.name} needs {parameter.name} ({parameter.describe()})")
        return None if tool.shaped_by in given else tool.output

    def _argument(
        self,
        tool: Tool,
        parameter: Parameter | None,
        argument: Argument,
        names: Mapping[str, Shape],
    ) -> None:
        if isinstance(argument, Call | OrElse | If | Each):
            shape, shown = self._doing(argument, names), _UNNAMED
        else:
            shape, shown = self._value(argument, names), write_value(argument)
            literal = literal_value(argument)
            if parameter is not None and literal is not None:
                if problem := parameter.problem_with(literal[0]):
                    self.problems.append(f"{tool.name}: {problem}")
                return
        if parameter is not None and (wrong := _misfit(shape, parameter, shown)):
            self.problems.append(f"{tool.name}: {wrong}")

    def _known(self, name: str, names: Mapping[str, Shape]) -> None:
        if name not in names:
            self.problems.append(
                f"{name} is not known here; a statement may use earlier names only"
                + nearest(name, list(names))
            )

    def _value(self, value: Value, names: Mapping[str, Shape]) -> Shape:
        match value:
            case Literally():
                return _shape_of_literal(value)
            case Name():
                self._known(value.name, names)
                return names.get(value.name)
            case Attribute():
                return self._attribute(value, names)
            case Index():
                return self._index(value, names)
            case Slice():
                return self._value(value.of, names)
            case ListOf():
                shapes = [self._value(item, names) for item in value.items]
                same = shapes and all(shape == shapes[0] for shape in shapes)
                return {"type": "array", "items": (shapes[0] if same else None) or {}}
            case DictOf():
                fields = {key: self._value(item, names) or {} for key, item in value.items}
                return {"type": "object", "properties": fields}
            case Text():
                for part in value.parts:
                    if not isinstance(part, str):
                        self._value(part, names)
                return TEXT
            case EachValue():
                inner = self._bound(value.name, value.over, value.condition, names)
                return {"type": "array", "items": self._value(value.value, inner) or {}}

    def _attribute(self, value: Attribute, names: Mapping[str, Shape]) -> Shape:
        shape = _resolved(self._value(value.of, names))
        if shape is None:
            return None
        shown = write_value(value.of)
        if shape.get("type") == "array":
            self.problems.append(
                f"{shown} is a list; write [x.{value.name} for x in {shown}] "
                f"or {shown}[0].{value.name}"
            )
            return None
        fields = _fields(shape)
        if value.name in fields:
            return {**fields[value.name], "$defs": shape.get("$defs", {})}
        if fields:
            self.problems.append(f"{shown} has no field {value.name}; it has {', '.join(fields)}")
        elif shape.get("type") in ("string", "integer", "number", "boolean"):
            self.problems.append(f"{shown} is {describe_schema(shape)} and has no fields")
        return None

    def _index(self, value: Index, names: Mapping[str, Shape]) -> Shape:
        shape = _resolved(self._value(value.of, names))
        if isinstance(value.key, int):
            if shape is not None and _fields(shape):
                self.problems.append(
                    f"{write_value(value.of)} is an object; it has {', '.join(_fields(shape))}"
                )
            return _items(shape) if shape is not None and shape.get("type") == "array" else None
        return None

    def _condition(self, condition: Condition, names: Mapping[str, Shape]) -> None:
        match condition:
            case Compare():
                self._value(condition.left, names)
                self._value(condition.right, names)
            case Not():
                self._condition(condition.condition, names)
            case AllOf() | AnyOf():
                for one in condition.conditions:
                    self._condition(one, names)
            case _:
                self._value(condition, names)


def literal_value(value: Value) -> tuple[Json] | None:
    """The value when nothing in it depends on a run, in a tuple; else None."""
    match value:
        case Literally():
            return (value.value,)
        case ListOf():
            items = [literal_value(item) for item in value.items]
            return None if None in items else ([item[0] for item in items if item is not None],)
        case DictOf():
            pairs = [(key, literal_value(item)) for key, item in value.items]
            return (
                None
                if any(item is None for _, item in pairs)
                else ({key: item[0] for key, item in pairs if item is not None},)
            )
        case Text():
            return (
                ("".join(cast(tuple[str, ...], value.parts)),)
                if all(isinstance(part, str) for part in value.parts)
                else None
            )
        case _:
            return None


def _shape_of_literal(literal: Literally) -> Shape:
    match literal.value:
        case bool():
            return {"type": "boolean"}
        case str():
            return TEXT
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case None:
            return None


def _resolved(shape: Shape) -> Shape:
    """The shape itself where it is a reference to a definition; None where it may be several."""
    while shape is not None and "$ref" in shape:
        definitions = shape.get("$defs", {})
        found = definitions.get(str(shape["$ref"]).rsplit("/", 1)[-1])
        shape = None if found is None else {**found, "$defs": definitions}
    if shape is None or "anyOf" in shape or "type" not in shape:
        return None
    return shape


def _items(shape: Shape) -> Shape:
    if shape is None or not shape.get("items"):
        return None
    return {**shape["items"], "$defs": shape.get("$defs", {})}


def _fields(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], shape.get("properties", {}))


def _misfit(shape: Shape, parameter: Parameter, shown: str) -> str | None:
    """Why a value of that shape cannot be the argument, in a clause; None when it may be."""
    have, want = _resolved(shape), _resolved(parameter.type.json_schema())
    if have is None or want is None or have["type"] == want["type"]:
        return None
    if {have["type"], want["type"]} <= {"integer", "number"}:
        return None
    fits = [
        f"{shown}.{name}"
        for name, part in _fields(have).items()
        if part.get("type") == want["type"]
    ]
    instead = f"; write {' or '.join(fits[:3])}" if fits else ""
    what = describe_schema(have)
    if shown == _UNNAMED:
        return (
            f"{parameter.name} must be {parameter.describe()}, and the call's output is {what}; "
            "give the call a name on a line of its own first, then write name.field"
        )
    return f"{parameter.name} must be {parameter.describe()}, and {shown} is {what}{instead}"
