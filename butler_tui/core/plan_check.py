"""Whether a statement fits: its names, its tools' arguments, and the shapes that flow between."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

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
from butler_tui.core.shapes import (
    TEXT,
    Shape,
    fields_of,
    is_list,
    items_of,
    list_of,
    may_be,
    resolved,
    shape_of,
)
from butler_tui.core.tool import Parameter, Tool, describe_schema

MOST_PROBLEMS = 20
"""Problems of one text that are told at once; whoever mends them sees the rest next time."""

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

    def _wrong(self, message: str, *, word: str = "", known: Sequence[str] = ()) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(message + (nearest(word, known) if word else ""))

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
                return list_of(self._doing(doing.doing, inner))

    def _bound(
        self, name: str, over: Value, condition: Condition | None, names: Mapping[str, Shape]
    ) -> Mapping[str, Shape]:
        shape = self._value(over, names)
        if (found := resolved(shape)) is not None and not is_list(found):
            shown = _shown(over)
            lists = [f"{shown}.{one}" for one, part in fields_of(found).items() if is_list(part)]
            instead = f"write {' or '.join(lists[:3])}" if lists else "give a list"
            self._wrong(f"{shown} is {describe_schema(found)}, not a list; {instead}")
        if name in self.names or name in self.tools:
            self._wrong(f"the name {name} is taken; use another in the comprehension")
        inner = {**names, name: items_of(shape)}
        if condition is not None:
            self._condition(condition, inner)
        return inner

    def _call(self, call: Call, names: Mapping[str, Shape]) -> Shape:
        tool = self.tools.get(call.tool)
        if tool is None:
            ready = [name for name, one in self.tools.items() if one.missing is None]
            self._wrong(f"there is no tool {call.tool}", word=call.tool, known=ready)
            return None
        if tool.missing is not None:
            self._wrong(f"{tool.name} is not ready: {tool.missing}")
        for name in call.after:
            self._known(name, self.names)
        for name, argument in call.args:
            parameter = tool.parameter(name)
            if parameter is None:
                takes = ", ".join(tool.names) or "none"
                self._wrong(f"{tool.name} has no argument {name[:60]}; it takes {takes}")
            self._argument(tool, parameter, argument, names)
        given = {name for name, _ in call.args}
        for parameter in tool.parameters:
            if parameter.required and parameter.name not in given:
                self._wrong(f"{tool.name} needs {parameter.name} ({parameter.describe()})")
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
            shape, shown = self._value(argument, names), _shown(argument)
            literal = literal_value(argument)
            if parameter is not None and literal is not None:
                if problem := parameter.problem_with(literal[0]):
                    self._wrong(f"{tool.name}: {problem}")
                return
        if parameter is not None and (wrong := _misfit(shape, parameter, shown)):
            self._wrong(f"{tool.name}: {wrong}")

    def _known(self, name: str, names: Mapping[str, Shape]) -> None:
        if name not in names:
            message = f"{name[:60]} is not known here; a statement may use earlier names only"
            self._wrong(message, word=name, known=list(names))

    def _value(self, value: Value, names: Mapping[str, Shape]) -> Shape:
        match value:
            case Literally():
                return shape_of(value.value)
            case Name():
                self._known(value.name, names)
                return names.get(value.name)
            case Attribute():
                return self._field(value, value.name, names)
            case Index():
                return self._index(value, names)
            case Slice():
                return self._value(value.of, names)
            case ListOf():
                shapes = [self._value(item, names) for item in value.items]
                same = bool(shapes) and all(shape == shapes[0] for shape in shapes)
                return list_of(shapes[0] if same else None)
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
                return list_of(self._value(value.value, inner))

    def _field(self, value: Attribute | Index, name: str, names: Mapping[str, Shape]) -> Shape:
        shape = resolved(self._value(value.of, names))
        if shape is None:
            return None
        shown = _shown(value.of)
        fields = fields_of(shape)
        if name in fields:
            return fields[name]
        name = name[:60]
        if is_list(shape):
            part = f".{name}" if isinstance(value, Attribute) else f'["{name}"]'
            self._wrong(f"{shown} is a list; write [x{part} for x in {shown}] or {shown}[0]{part}")
        elif fields:
            self._wrong(f"{shown} has no field {name}; it has {', '.join(fields)}")
        elif shape["type"] != "object":
            self._wrong(f"{shown} is {describe_schema(shape)} and has no fields; write {shown}")
        return None

    def _index(self, value: Index, names: Mapping[str, Shape]) -> Shape:
        if isinstance(value.key, str):
            return self._field(value, value.key, names)
        shape = self._value(value.of, names)
        if fields := fields_of(shape):
            self._wrong(f"{_shown(value.of)} is an object; it has {', '.join(fields)}")
        return items_of(shape)

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


def _shown(value: Value) -> str:
    text = write_value(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _misfit(shape: Shape, parameter: Parameter, shown: str) -> str | None:
    """Why a value of that shape cannot be the argument, in a clause; None when it may be."""
    want = parameter.type.json_schema()
    if shape is None or may_be(shape, want):
        return None
    what = describe_schema(shape)
    if shown == _UNNAMED:
        return (
            f"{parameter.name} must be {parameter.describe()}, and the call's output is {what}; "
            "give the call a name on a line of its own first, then write name.field"
        )
    fits = [
        f"{shown}.{name}"
        for name, part in fields_of(shape).items()
        if resolved(part) is not None and may_be(part, want)
    ]
    instead = f"; write {' or '.join(fits[:3])}" if fits else ""
    return f"{parameter.name} must be {parameter.describe()}, and {shown} is {what}{instead}"
