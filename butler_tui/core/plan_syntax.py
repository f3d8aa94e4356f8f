"""One statement's text to its data: statements, calls and what joins them.

Everything outside the plan language is refused with line, column and what to write instead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from butler_tui.core.errors import Problem
from butler_tui.core.plan import Argument, Call, Doing, Each, If, OrElse
from butler_tui.core.plan_expressions import ExpressionReader, whole_number
from butler_tui.core.plan_refusals import RefusedError, explained, refused
from butler_tui.core.plan_source import StatementSource

LONGEST_NAME = 100
"""Characters of a name that a plan gives."""


@dataclass(frozen=True, slots=True)
class Read:
    """A statement as it was read: the name it was given, if any, and what it does."""

    name: str | None
    doing: Doing


@dataclass(slots=True)
class SyntaxReader:
    """Reads one statement. `signature` gives a tool's argument names, None for an unknown tool.

    `new_id` makes the statement's id from its name or its first tool; it is kept in `id`. The
    first call has that id, the others `id.1`, `id.2`, ... `no_tool` words the refusal of an
    unknown tool.
    """

    signature: Callable[[str], Sequence[str] | None]
    new_id: Callable[[str], str]
    no_tool: Callable[[str], str] = "there is no tool {}".format
    id: str = ""
    problems: list[Problem] = field(default_factory=list[Problem])
    _count: int = 0
    _expressions: ExpressionReader = field(default_factory=ExpressionReader)

    def read(self, text: str, line: int) -> Read | None:
        """The statement; None when it was refused, then `problems` says why."""
        source = StatementSource(text)
        try:
            return self._statement(source.tree())
        except RefusedError as error:
            row, column = source.place(error.where)
            message = str(error)
        except SyntaxError as error:
            row, column = source.place((max(error.lineno or 1, 1), max(error.offset or 1, 1)))
            message = explained(error, text)
        except (ValueError, RecursionError, MemoryError):
            row, column = 1, 1
            message = "this is nested too deep to be read; use names for the parts"
        self.problems.append(Problem(line + row - 1, column, message))
        return None

    def _statement(self, node: ast.stmt) -> Read:
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                if name.startswith("_"):
                    raise RefusedError(target, "a name does not start with _; use another")
                if len(name) > LONGEST_NAME:
                    raise RefusedError(target, f"a name has at most {LONGEST_NAME} characters")
                self.id = self.new_id(name)
                return Read(name, self._top(value))
            case ast.Assign():
                raise RefusedError(node, "give one name: name = tool(...)")
            case ast.Expr(value=value):
                return Read(None, self._top(value))
            case _:
                raise refused(node)

    def _top(self, node: ast.expr) -> Doing:
        if _does(node):
            return self._doing(node)
        if isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Subscript):
            raise RefusedError(node, "a statement calls a tool: name = tool(...)")
        if isinstance(node, ast.List | ast.Dict | ast.JoinedStr | ast.ListComp):
            raise RefusedError(node, "a value stands where it is used; a statement calls a tool")
        raise refused(node)

    def _doing(self, node: ast.expr) -> Doing:
        self._expressions.enter(node)
        try:
            match node:
                case ast.Call():
                    return self._call(node)
                case ast.BoolOp(op=ast.Or(), values=values):
                    return self._or_else(values)
                case ast.IfExp(test=test, body=body, orelse=orelse):
                    return self._if(test, body, orelse)
                case ast.ListComp(elt=elt):
                    name, over, condition = self._expressions.generator(node)
                    return Each(self._doing(elt), name, over, condition)
                case _:
                    raise RefusedError(node, "here a call is needed: tool(...)")
        finally:
            self._expressions.leave()

    def _or_else(self, values: Sequence[ast.expr]) -> Doing:
        doings = [self._doing(value) for value in values]
        result = doings[-1]
        for doing in reversed(doings[:-1]):
            result = OrElse(doing, result)
        return result

    def _if(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> If:
        doing = self._doing(body)
        condition = self._expressions.condition(test)
        nothing = isinstance(orelse, ast.Constant) and orelse.value is None
        return If(condition, doing, None if nothing else self._doing(orelse))

    def _call(self, node: ast.Call) -> Call:
        tool = _dotted(node.func)
        if tool is None:
            raise RefusedError(
                node, "only a tool can be called, by its name; a value has no methods"
            )
        names = self.signature(tool)
        if names is None:
            raise RefusedError(node, self.no_tool(tool))
        own = self._next_id(tool)
        args: list[tuple[str, Argument]] = []
        for position, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                raise refused(argument)
            if position >= len(names):
                takes = f"{tool} takes {len(names)} arguments ({', '.join(names) or 'none'})"
                raise RefusedError(argument, f"{takes}; leave the others out")
            args.append((names[position], self._argument(argument)))
        after, priority = self._keywords(node, tool, args)
        return Call(own, tool, tuple(args), len(node.args), after, priority)

    def _keywords(
        self, node: ast.Call, tool: str, args: list[tuple[str, Argument]]
    ) -> tuple[tuple[str, ...], int | None]:
        """Add the arguments given by keyword; return those of the plan: after and priority."""
        after: tuple[str, ...] = ()
        priority: int | None = None
        seen = {name for name, _ in args}
        for keyword in node.keywords:
            name, value = keyword.arg, keyword.value
            if name is None:
                raise RefusedError(value, "a plan has no ** arguments; write each argument out")
            if name in seen:
                raise RefusedError(value, f"{tool} is given {name} twice; leave one out")
            seen.add(name)
            if name == "after":
                after = _after(value)
            elif name == "priority":
                priority = whole_number(value)
                if priority is None:
                    raise RefusedError(value, "priority is a whole number: priority=1")
            else:
                args.append((name, self._argument(value)))
        return after, priority

    def _next_id(self, tool: str) -> str:
        if not self.id:
            self.id = self.new_id(tool.replace(".", "_"))
        number, self._count = self._count, self._count + 1
        return f"{self.id}.{number}" if number else self.id

    def _argument(self, node: ast.expr) -> Argument:
        return self._doing(node) if _does(node) else self._expressions.value(node)


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
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _after(node: ast.expr) -> tuple[str, ...]:
    items = node.elts if isinstance(node, ast.List) else [node]
    names = [item.id for item in items if isinstance(item, ast.Name)]
    if not isinstance(node, ast.List) or len(names) < len(items):
        raise RefusedError(node, "after is a list of names: after=[first, second]")
    return tuple(names)
