"""Values and conditions of the plan language, from Python's syntax tree to data."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from butler_tui.core.labels import text_of
from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Attribute,
    Compare,
    Compares,
    Condition,
    DictOf,
    EachValue,
    Index,
    ListOf,
    Literally,
    Name,
    Not,
    Slice,
    Text,
    Value,
)
from butler_tui.core.plan_refusals import RefusedError, refused

DEEPEST = 40
"""How deep brackets may nest."""

_PLAIN_IN_FSTRING = re.compile(r"[^'\"\\{}#\n\r]*")
_COMPARES: Mapping[type[ast.cmpop], Compares] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


@dataclass(slots=True)
class ExpressionReader:
    """Reads values and conditions; raises RefusedError for what is not one.

    `in_text` says that the value stands in an f-string's braces, where text is plain and there
    are no objects and no further f-strings, so that every Python reads it the same.
    """

    depth: int = 0

    def enter(self, node: ast.AST) -> None:
        """One level deeper; refuses what is nested too deep. Every `enter` has its `leave`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise RefusedError(node, f"nested more than {DEEPEST} deep; use names for the parts")

    def leave(self) -> None:
        """One level back."""
        self.depth -= 1

    def value(self, node: ast.expr, *, in_text: bool = False) -> Value:
        """A value."""
        self.enter(node)
        try:
            return self._value(node, in_text)
        finally:
            self.leave()

    def condition(self, node: ast.expr, *, in_text: bool = False) -> Condition:
        """A condition."""
        self.enter(node)
        try:
            return self._condition(node, in_text)
        finally:
            self.leave()

    def generator(
        self, node: ast.ListComp, *, in_text: bool = False
    ) -> tuple[str, Value, Condition | None]:
        """What follows `for` in a comprehension: its name, its list and its condition."""
        if len(node.generators) != 1:
            raise RefusedError(node, "write one `for` a comprehension: [tool(x) for x in values]")
        generator = node.generators[0]
        if generator.is_async or not isinstance(generator.target, ast.Name):
            raise RefusedError(node, "a comprehension binds one name: [tool(x) for x in values]")
        if len(generator.ifs) > 1:
            raise RefusedError(node, "write one `if` in a comprehension; join them with `and`")
        name = generator.target.id
        if name.startswith("_"):
            raise RefusedError(generator.target, "a name does not start with _; use another")
        where = generator.ifs[0] if generator.ifs else None
        condition = None if where is None else self.condition(where, in_text=in_text)
        return name, self.value(generator.iter, in_text=in_text), condition

    def _value(self, node: ast.expr, in_text: bool) -> Value:
        match node:
            case ast.Constant():
                return _literal(node, in_text)
            case ast.UnaryOp(
                op=ast.USub(), operand=ast.Constant(value=int() | float() as value)
            ) if not isinstance(value, bool):
                return Literally(-_number(node, value))
            case ast.Name(id=name):
                return Name(name)
            case ast.Attribute(value=of, attr=name):
                if name.startswith("_"):
                    raise RefusedError(node, f"a field does not start with _: {name[:60]}")
                return Attribute(self.value(of, in_text=in_text), name)
            case ast.Subscript(value=of, slice=key):
                return _part(node, self.value(of, in_text=in_text), key, in_text)
            case ast.List(elts=items):
                return ListOf(tuple(self.value(item, in_text=in_text) for item in items))
            case ast.ListComp(elt=elt):
                name, over, condition = self.generator(node, in_text=in_text)
                return EachValue(self.value(elt, in_text=in_text), name, over, condition)
            case ast.Dict() | ast.JoinedStr() if in_text:
                raise RefusedError(
                    node, "no object or f-string inside an f-string's braces; write its parts out"
                )
            case ast.Dict():
                return self._dict(node)
            case ast.JoinedStr(values=values):
                return self._text(values)
            case _:
                raise refused(node)

    def _dict(self, node: ast.Dict) -> DictOf:
        items: dict[str, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise RefusedError(key or node, "an object's keys are plain text in quotes")
            name = cast(str, _literal(key, False).value)
            if name in items:
                raise RefusedError(key, "a key stands twice in this object; leave one out")
            items[name] = self.value(value)
        return DictOf(tuple(items.items()))

    def _text(self, values: Sequence[ast.expr]) -> Text:
        parts: list[str | Value] = []
        for node in values:
            match node:
                case ast.Constant(value=str()):
                    _append(parts, cast(str, _literal(node, False).value))
                case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                    for part in self._in_braces(inner):
                        _append(parts, text_of(part.value) if isinstance(part, Literally) else part)
                case _:
                    raise RefusedError(
                        node, "an f-string has plain {name} parts, without = ! or : formats"
                    )
        return Text(tuple(parts))

    def _in_braces(self, node: ast.expr) -> Sequence[str | Value]:
        """An f-string that is all there is in another's braces is a part of that one."""
        if not isinstance(node, ast.JoinedStr):
            return (self.value(node, in_text=True),)
        self.enter(node)
        try:
            return self._text(node.values).parts
        finally:
            self.leave()

    def _condition(self, node: ast.expr, in_text: bool) -> Condition:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                if type(op) not in _COMPARES:
                    raise RefusedError(node, "compare with == or !=, not with `is`")
                made = self.value(left, in_text=in_text)
                return Compare(made, _COMPARES[type(op)], self.value(right, in_text=in_text))
            case ast.Compare():
                raise RefusedError(node, "compare two values at a time and join with `and`")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand, in_text=in_text))
            case ast.BoolOp(op=ast.And(), values=values):
                return AllOf(tuple(self.condition(value, in_text=in_text) for value in values))
            case ast.BoolOp(values=values):
                return AnyOf(tuple(self.condition(value, in_text=in_text) for value in values))
            case _:
                return self._value(node, in_text)


def whole_number(node: ast.expr) -> int | None:
    """The node's number when it is a whole one of moderate size, else None."""
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value if abs(value) < 2**53 else None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as operand):
            value = whole_number(operand)
            return None if value is None else -value
        case _:
            return None


def _part(node: ast.Subscript, of: Value, key: ast.expr, in_text: bool) -> Value:
    if isinstance(key, ast.Slice):
        given = [one for one in (key.lower, key.upper) if one is not None]
        if key.step is not None or any(whole_number(one) is None for one in given):
            raise RefusedError(node, "a slice is [start:stop] with whole numbers")
        start = None if key.lower is None else whole_number(key.lower)
        return Slice(of, start, None if key.upper is None else whole_number(key.upper))
    number = whole_number(key)
    if number is not None:
        return Index(of, number)
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return Index(of, cast(str, _literal(key, in_text).value))
    raise RefusedError(
        node, 'an index is a whole number or a key in quotes: value[0] or value["key"]'
    )


def _number(node: ast.expr, value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise RefusedError(node, "a number must be finite; put this one in quotes")
    if isinstance(value, int) and abs(value) >= 10**18:
        raise RefusedError(node, "a whole number has at most 18 digits; put a longer one in quotes")
    return value


def _literal(node: ast.Constant, in_text: bool) -> Literally:
    value = node.value
    if value is None or isinstance(value, bool):
        return Literally(value)
    if isinstance(value, int | float):
        return Literally(_number(node, value))
    if not isinstance(value, str):
        raise RefusedError(
            node, "a value is text, a number, True, False, None, a list or an object"
        )
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise RefusedError(node, "the text holds half a character; write the whole character")
    if in_text and not (_PLAIN_IN_FSTRING.fullmatch(value) and value.isprintable()):
        raise RefusedError(
            node, "inside an f-string's braces, text is plain: no quotes, braces, # or \\"
        )
    return Literally(value)


def _append(parts: list[str | Value], part: str | Value) -> None:
    """Neighbouring pieces of literal text are one."""
    if not isinstance(part, str):
        parts.append(part)
    elif parts and isinstance(last := parts[-1], str):
        parts[-1] = last + part
    elif part:
        parts.append(part)
