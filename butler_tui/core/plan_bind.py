"""A plan with some of its names replaced by values, so that its text stands by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from butler_tui.core.labels import Json, text_of
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
    Plan,
    Slice,
    Text,
    Value,
)

Values = Mapping[str, Json]


def bind(plan: Plan, values: Values) -> Plan:
    """The plan with each of these names, where it is used, replaced by its value."""
    statements = tuple(
        replace(statement, doing=_doing(statement.doing, values)) for statement in plan.statements
    )
    return replace(plan, statements=statements)


def _doing(doing: Doing, values: Values) -> Doing:
    match doing:
        case Call():
            args = tuple((name, _argument(argument, values)) for name, argument in doing.args)
            return replace(doing, args=args)
        case OrElse():
            return OrElse(_doing(doing.first, values), _doing(doing.second, values))
        case If():
            other = None if doing.otherwise is None else _doing(doing.otherwise, values)
            return If(_condition(doing.condition, values), _doing(doing.doing, values), other)
        case Each():
            inner = _without(values, doing.name)
            condition = None if doing.condition is None else _condition(doing.condition, inner)
            over = _value(doing.over, values)
            return Each(_doing(doing.doing, inner), doing.name, over, condition)


def _argument(argument: Argument, values: Values) -> Argument:
    if isinstance(argument, Call | OrElse | If | Each):
        return _doing(argument, values)
    return _value(argument, values)


def _value(value: Value, values: Values) -> Value:
    match value:
        case Name() if value.name in values:
            return as_value(values[value.name])
        case Attribute() | Index() | Slice():
            return replace(value, of=_value(value.of, values))
        case ListOf():
            return ListOf(tuple(_value(item, values) for item in value.items))
        case DictOf():
            return DictOf(tuple((key, _value(item, values)) for key, item in value.items))
        case Text():
            return _text(value, values)
        case EachValue():
            inner = _without(values, value.name)
            condition = None if value.condition is None else _condition(value.condition, inner)
            over = _value(value.over, values)
            return EachValue(_value(value.value, inner), value.name, over, condition)
        case _:
            return value


def _text(text: Text, values: Values) -> Text:
    parts: list[str | Value] = []
    for part in text.parts:
        bound: str | Value
        if isinstance(part, Name) and part.name in values:
            bound = text_of(values[part.name])
        else:
            bound = part if isinstance(part, str) else _value(part, values)
        if isinstance(bound, str) and parts and isinstance(parts[-1], str):
            parts[-1] += bound
        elif bound != "":
            parts.append(bound)
    return Text(tuple(parts))


def _condition(condition: Condition, values: Values) -> Condition:
    match condition:
        case Compare():
            left, right = _value(condition.left, values), _value(condition.right, values)
            return Compare(left, condition.compares, right)
        case Not():
            return Not(_condition(condition.condition, values))
        case AllOf():
            return AllOf(tuple(_condition(one, values) for one in condition.conditions))
        case AnyOf():
            return AnyOf(tuple(_condition(one, values) for one in condition.conditions))
        case _:
            return _value(condition, values)


def as_value(value: Json) -> Value:
    """A value as a plan writes it out."""
    match value:
        case list():
            return ListOf(tuple(as_value(item) for item in value))
        case dict():
            return DictOf(tuple((key, as_value(item)) for key, item in value.items()))
        case _:
            return Literally(value)


def _without(values: Values, name: str) -> Values:
    return {key: value for key, value in values.items() if key != name}
