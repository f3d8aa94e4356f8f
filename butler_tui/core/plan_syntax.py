"""One statement's text to its data, read with `ast` and never evaluated.

Everything outside the plan language is refused with line, column and what to write instead.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from butler_tui.core.errors import Problem
from butler_tui.core.labels import text_of
from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Argument,
    Attribute,
    Call,
    Compare,
    Compares,
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
    Text,
    Value,
)

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
_INSTEAD: Mapping[type[ast.AST], str] = {
    ast.FunctionDef: "a plan defines no functions; write one call a line",
    ast.ClassDef: "a plan defines no classes; write one call a line",
    ast.Import: "a plan imports nothing; call the tools by their names",
    ast.ImportFrom: "a plan imports nothing; call the tools by their names",
    ast.For: "a plan has no loops; write [tool(x) for x in values]",
    ast.AsyncFor: "a plan has no loops; write [tool(x) for x in values]",
    ast.While: "a plan has no loops; write [tool(x) for x in values]",
    ast.If: "write the condition behind the call: tool(x) if condition else None",
    ast.With: "a plan has no with; write one call a line",
    ast.Try: "a plan has no try; write first() or second()",
    ast.AugAssign: "a name is given once; use a new name",
    ast.AnnAssign: "leave the type out: name = tool(...)",
    ast.Lambda: "a plan has no lambda; call a tool",
    ast.Await: "leave await out; steps wait for what they need",
    ast.NamedExpr: "a name is given at the start of a line: name = tool(...)",
    ast.BinOp: "a plan has no arithmetic; join text with an f-string, or use a tool",
    ast.GeneratorExp: "put it in square brackets: [x for x in values]",
    ast.SetComp: "put it in square brackets: [x for x in values]",
    ast.DictComp: "a plan has no dict comprehension; use a list: [x for x in values]",
    ast.Set: "write a list: [a, b]",
    ast.Tuple: "write a list: [a, b]",
    ast.Starred: "a plan has no * arguments; write each argument out",
    ast.Return: "the last word to the person is answer(text)",
}


class _RefusedError(Exception):
    def __init__(self, node: ast.AST | None, message: str) -> None:
        self.node = node
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Read:
    """A statement's parts before it has an id: its calls are numbered 0, 1, ... in `id`."""

    name: str | None
    doing: Doing


@dataclass(slots=True)
class SyntaxReader:
    """Reads one statement. `signature` gives a tool's argument names, None for an unknown tool.

    The first call's id is `id`, the others' `id.1`, ...; when `id` is None the statement's name
    or its first tool is asked for one by `new_id`.
    """

    signature: Callable[[str], Sequence[str] | None]
    new_id: Callable[[str], str]
    id: str = ""
    _count: int = 0
    _depth: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])

    def read(self, text: str, line: int) -> Read | None:
        """The statement; None when it was refused, then `problems` says why."""
        try:
            return self._statement(_parse(text))
        except _RefusedError as refused:
            self.problems.append(_problem(refused, text, line))
        except SyntaxError as error:
            row = line + max((error.lineno or 1) - 1, 0)
            if (hint := _statement_hint(text)) is not None:
                self.problems.append(Problem(line, 1, hint))
                return None
            self.problems.append(
                Problem(row, error.offset or 1, f"this is not a plan statement: {error.msg}")
            )
        except (ValueError, RecursionError, MemoryError):
            self.problems.append(
                Problem(
                    line,
                    1,
                    "this cannot be read; write a shorter, simpler statement in plain characters",
                )
            )
        return None

    def _statement(self, node: ast.stmt) -> Read:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if name.startswith("_"):
                    raise _RefusedError(node, "a name does not start with _")
                self.id = self.new_id(name)
                return Read(name, self._top(value))
            case ast.Assign():
                raise _RefusedError(node, "give one name: name = tool(...)")
            case ast.Expr(value=value):
                return Read(None, self._top(value))
            case _:
                raise _refuse(node)

    def _top(self, node: ast.expr) -> Doing:
        if not _does(node):
            if type(node) in _INSTEAD:
                raise _refuse(node)
            raise _RefusedError(node, "a statement calls a tool: name = tool(...)")
        return self._doing(node)

    def _doing(self, node: ast.expr) -> Doing:
        self._deeper(node)
        try:
            match node:
                case ast.Call():
                    return self._call(node)
                case ast.BoolOp(op=ast.Or(), values=values):
                    return self._or_else(values)
                case ast.IfExp(test=test, body=body, orelse=orelse):
                    return self._if(test, body, orelse)
                case ast.ListComp(elt=elt):
                    name, over, condition = self._generator(node)
                    return Each(self._doing(elt), name, over, condition)
                case _:
                    if type(node) in _INSTEAD:
                        raise _refuse(node)
                    raise _RefusedError(node, "here a call is needed: tool(...)")
        finally:
            self._depth -= 1

    def _or_else(self, values: list[ast.expr]) -> Doing:
        doings = [self._doing(value) for value in values]
        result = doings[-1]
        for doing in reversed(doings[:-1]):
            result = OrElse(doing, result)
        return result

    def _if(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> If:
        doing = self._doing(body)
        condition = self._condition(test)
        nothing = isinstance(orelse, ast.Constant) and orelse.value is None
        return If(condition, doing, None if nothing else self._doing(orelse))

    def _generator(self, node: ast.ListComp) -> tuple[str, Value, Condition | None]:
        if len(node.generators) != 1:
            raise _RefusedError(
                node, "one `for` in a comprehension; make the inner list a statement of its own"
            )
        generator = node.generators[0]
        if generator.is_async or not isinstance(generator.target, ast.Name):
            raise _RefusedError(node, "a comprehension binds one name: [tool(x) for x in values]")
        if len(generator.ifs) > 1:
            raise _RefusedError(node, "one `if` in a comprehension; join conditions with `and`")
        name = generator.target.id
        if name.startswith("_"):
            raise _RefusedError(generator.target, "a name does not start with _")
        condition = self._condition(generator.ifs[0]) if generator.ifs else None
        return name, self._value(generator.iter), condition

    def _call(self, node: ast.Call) -> Call:
        tool = _dotted(node.func)
        if tool is None:
            raise _RefusedError(
                node, "only a tool can be called, by its name; a value has no methods"
            )
        own = self._next_id(tool)
        names = self.signature(tool)
        if names is None:
            raise _RefusedError(node, f"there is no tool {tool}")
        args: list[tuple[str, Argument]] = []
        for position, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                raise _refuse(argument)
            if position >= len(names):
                raise _RefusedError(
                    argument, f"{tool} takes {len(names)} arguments: {', '.join(names) or 'none'}"
                )
            args.append((names[position], self._argument(argument)))
        after, priority = self._keywords(node, tool, args)
        return Call(own, tool, tuple(args), len(node.args), after, priority)

    def _keywords(
        self, node: ast.Call, tool: str, args: list[tuple[str, Argument]]
    ) -> tuple[tuple[str, ...], int | None]:
        after: tuple[str, ...] = ()
        priority: int | None = None
        seen = {name for name, _ in args}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise _RefusedError(
                    keyword.value, "a plan has no ** arguments; write each argument out"
                )
            if keyword.arg in seen:
                raise _RefusedError(keyword.value, f"{tool} is given {keyword.arg} twice")
            seen.add(keyword.arg)
            if keyword.arg == "after":
                after = _after(keyword.value)
            elif keyword.arg == "priority":
                priority = _whole_number(keyword.value)
                if priority is None:
                    raise _RefusedError(keyword.value, "priority is a whole number")
            else:
                args.append((keyword.arg, self._argument(keyword.value)))
        return after, priority

    def _next_id(self, tool: str) -> str:
        if not self.id:
            self.id = self.new_id(tool.replace(".", "_"))
        number, self._count = self._count, self._count + 1
        return f"{self.id}.{number}" if number else self.id

    def _argument(self, node: ast.expr) -> Argument:
        return self._doing(node) if _does(node) else self._value(node)

    def _value(self, node: ast.expr, *, in_text: bool = False) -> Value:
        self._deeper(node)
        try:
            return self._value_of(node, in_text)
        finally:
            self._depth -= 1

    def _value_of(self, node: ast.expr, in_text: bool) -> Value:
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
                    raise _RefusedError(node, f"a field does not start with _: {name}")
                return Attribute(self._value(of, in_text=in_text), name)
            case ast.Subscript(value=of, slice=key):
                return self._part(node, self._value(of, in_text=in_text), key, in_text)
            case ast.List(elts=items):
                return ListOf(tuple(self._value(item, in_text=in_text) for item in items))
            case ast.Dict() if not in_text:
                return self._dict(node)
            case ast.JoinedStr(values=values):
                return self._text(values)
            case ast.ListComp(elt=elt):
                name, over, condition = self._generator(node)
                return EachValue(self._value(elt, in_text=in_text), name, over, condition)
            case _:
                raise self._no_value(node)

    def _no_value(self, node: ast.expr) -> _RefusedError:
        if isinstance(node, ast.Call):
            return _RefusedError(
                node, "give the call a name on a line of its own first, then use the name"
            )
        if isinstance(node, ast.Dict):
            return _RefusedError(node, "no object inside an f-string; name its parts one by one")
        if isinstance(node, ast.IfExp | ast.BoolOp | ast.Compare):
            return _RefusedError(
                node,
                "a condition chooses between calls, not values: tool(x) if condition else tool(y)",
            )
        return _refuse(node)

    def _dict(self, node: ast.Dict) -> DictOf:
        items: list[tuple[str, Value]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise _RefusedError(key or node, "an object's keys are plain text in quotes")
            items.append((cast(str, _literal(key, False).value), self._value(value)))
        return DictOf(tuple(items))

    def _part(self, node: ast.Subscript, of: Value, key: ast.expr, in_text: bool) -> Value:
        if isinstance(key, ast.Slice):
            bounds = [None if one is None else _whole_number(one) for one in (key.lower, key.upper)]
            missing = [
                one
                for one, bound in zip((key.lower, key.upper), bounds, strict=True)
                if one is not None and bound is None
            ]
            if key.step is not None or missing:
                raise _RefusedError(node, "a slice is [start:stop] with whole numbers")
            return Slice(of, bounds[0], bounds[1])
        number = _whole_number(key)
        if number is not None:
            return Index(of, number)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return Index(of, cast(str, _literal(key, in_text).value))
        raise _RefusedError(
            node, 'an index is a whole number or a key in quotes: value[0] or value["key"]'
        )

    def _text(self, values: list[ast.expr]) -> Text:
        parts: list[str | Value] = []
        for node in values:
            match node:
                case ast.Constant(value=str()):
                    _append(parts, cast(str, _literal(node, False).value))
                case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                    made = self._value(inner, in_text=True)
                    for part in made.parts if isinstance(made, Text) else (made,):
                        _append(parts, text_of(part.value) if isinstance(part, Literally) else part)
                case _:
                    raise _RefusedError(
                        node, "an f-string has plain {name} parts, without = ! or : formats"
                    )
        return Text(tuple(parts))

    def _condition(self, node: ast.expr) -> Condition:
        self._deeper(node)
        try:
            match node:
                case ast.Compare(left=left, ops=[op], comparators=[right]):
                    if type(op) not in _COMPARES:
                        raise _RefusedError(node, "compare with == or !=, not with `is`")
                    return Compare(self._value(left), _COMPARES[type(op)], self._value(right))
                case ast.Compare():
                    raise _RefusedError(node, "compare two values at a time and join with `and`")
                case ast.UnaryOp(op=ast.Not(), operand=operand):
                    return Not(self._condition(operand))
                case ast.BoolOp(op=ast.And(), values=values):
                    return AllOf(tuple(self._condition(value) for value in values))
                case ast.BoolOp(values=values):
                    return AnyOf(tuple(self._condition(value) for value in values))
                case _:
                    return self._value(node)
        finally:
            self._depth -= 1

    def _deeper(self, node: ast.expr) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _RefusedError(node, f"nested more than {DEEPEST} deep; use names for the parts")


def _parse(text: str) -> ast.stmt:
    """One statement as Python reads it; an `if` without `else` means `else None`."""
    for _ in range(DEEPEST):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                body = ast.parse(text).body
        except SyntaxError as error:
            if error.msg != "expected 'else' after 'if' expression":
                raise
            text = _insert(text, error.end_lineno or 1, error.end_offset or 1, " else None")
            continue
        if len(body) != 1:
            raise _RefusedError(body[1] if body else None, "one statement a line")
        _plain_names(body[0], text)
        return body[0]
    raise _RefusedError(None, "too many conditions in one statement; use a line for each")


def _insert(text: str, line: int, column: int, what: str) -> str:
    lines = text.split("\n")
    row = lines[line - 1]
    lines[line - 1] = row[: column - 1] + what + row[column - 1 :]
    return "\n".join(lines)


def _plain_names(statement: ast.stmt, text: str) -> None:
    """Python folds look-alike letters in names (PEP 3131), so a name must be plain already."""
    if text.isascii():
        return
    for node in ast.walk(statement):
        name = (
            getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
        )
        if isinstance(name, str) and not name.isascii():
            raise _RefusedError(
                node, f"a name has plain letters a to z, digits and _ only: {name!r}"
            )
        if isinstance(node, ast.Name | ast.Attribute | ast.keyword):
            source = ast.get_source_segment(text, node) or ""
            if isinstance(node, ast.Name) and not source.isascii():
                raise _RefusedError(
                    node, f"a name has plain letters a to z, digits and _ only: {source!r}"
                )
            tail = (
                source.rsplit(".", 1)[-1]
                if isinstance(node, ast.Attribute)
                else source.split("=", 1)[0]
            )
            if not isinstance(node, ast.Name) and not tail.isascii():
                raise _RefusedError(
                    node if isinstance(node, ast.expr) else node.value,
                    f"a name has plain letters a to z, digits and _ only: {tail!r}",
                )


def _problem(refused: _RefusedError, text: str, line: int) -> Problem:
    row = getattr(refused.node, "lineno", 1)
    offset = getattr(refused.node, "col_offset", 0)
    lines = text.split("\n")
    before = lines[row - 1].encode()[:offset] if row <= len(lines) else b""
    return Problem(line + row - 1, len(before.decode(errors="ignore")) + 1, str(refused))


def _refuse(node: ast.AST) -> _RefusedError:
    what = type(node).__name__
    return _RefusedError(node, _INSTEAD.get(type(node), f"{what} is not part of the plan language"))


def _does(node: ast.expr) -> bool:
    """True for what calls tools rather than being a value."""
    match node:
        case ast.Call():
            return True
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_does(value) for value in values)
        case ast.IfExp(body=body, orelse=orelse):
            return _does(body) or _does(orelse)
        case ast.ListComp(elt=elt):
            return _does(elt)
        case _:
            return False


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _after(node: ast.expr) -> tuple[str, ...]:
    if not isinstance(node, ast.List) or not all(isinstance(item, ast.Name) for item in node.elts):
        raise _RefusedError(node, "after is a list of names: after=[first, second]")
    return tuple(item.id for item in node.elts if isinstance(item, ast.Name))


def _whole_number(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value if abs(value) < 2**53 else None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)) if (
            not isinstance(value, bool)
        ):
            return -value if abs(value) < 2**53 else None
        case _:
            return None


def _number(node: ast.expr, value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise _RefusedError(node, "a number must be finite")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise _RefusedError(
            node, "a whole number has at most 18 digits; put a longer one in quotes"
        )
    return value


def _literal(node: ast.Constant, in_text: bool) -> Literally:
    value = node.value
    if value is None or isinstance(value, bool):
        return Literally(value)
    if isinstance(value, int | float):
        return Literally(_number(node, value))
    if not isinstance(value, str):
        raise _RefusedError(
            node, "a value is text, a number, True, False, None, a list or an object"
        )
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise _RefusedError(node, "the text holds half a character; write the whole character")
    if in_text and not (_PLAIN_IN_FSTRING.fullmatch(value) and value.isprintable()):
        raise _RefusedError(
            node, "inside an f-string's braces, text is plain: no quotes, braces, # or \\"
        )
    return Literally(value)


def _append(parts: list[str | Value], part: str | Value) -> None:
    if isinstance(part, str):
        if parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part:
            parts.append(part)
    else:
        parts.append(part)


_KEYWORDS: Mapping[str, type[ast.AST]] = {
    "for": ast.For,
    "while": ast.While,
    "if": ast.If,
    "def": ast.FunctionDef,
    "async": ast.FunctionDef,
    "class": ast.ClassDef,
    "with": ast.With,
    "try": ast.Try,
    "@": ast.FunctionDef,
}


def _statement_hint(text: str) -> str | None:
    """What to write instead of a compound statement, whose first line alone Python cannot read."""
    first = re.match(r"\s*(@|[a-z]+)", text)
    kind = _KEYWORDS.get(first.group(1)) if first else None
    return None if kind is None else _INSTEAD[kind]
