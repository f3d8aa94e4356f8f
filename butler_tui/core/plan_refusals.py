"""What the plan language refuses, and what to write instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

CALL = "write name = tool(argument, ...)"
ONE_CALL = "write one call a line: name = tool(argument, ...)"
_LOOP = "a plan has no loops; write [tool(x) for x in values]"
_ARITHMETIC = "a plan has no arithmetic; join text with an f-string, or use a tool"
_CONDITION = "a condition chooses between calls, not values: tool(x) if condition else tool(y)"

_INSTEAD: Mapping[str, str] = {
    "FunctionDef": f"a plan defines no functions; {ONE_CALL}",
    "AsyncFunctionDef": f"a plan defines no functions; {ONE_CALL}",
    "ClassDef": f"a plan defines no classes; {ONE_CALL}",
    "Import": "a plan imports nothing; call the tools by their names",
    "ImportFrom": "a plan imports nothing; call the tools by their names",
    "For": _LOOP,
    "AsyncFor": _LOOP,
    "While": _LOOP,
    "If": "write the condition behind the call: tool(x) if condition else None",
    "Match": "write the condition behind the call: tool(x) if condition else None",
    "With": f"a plan has no with; {ONE_CALL}",
    "AsyncWith": f"a plan has no with; {ONE_CALL}",
    "Try": "a plan has no try; write first() or second()",
    "TryStar": "a plan has no try; write first() or second()",
    "AugAssign": "a name is given once; use a new name",
    "AnnAssign": "leave the type out: name = tool(...)",
    "Return": "the last word to the person is answer(text)",
    "Lambda": "a plan has no lambda; call a tool",
    "Await": "leave await out; steps wait for what they need",
    "Yield": f"a plan has no yield; {CALL}",
    "YieldFrom": f"a plan has no yield; {CALL}",
    "NamedExpr": "a name is given at the start of a line: name = tool(...)",
    "BinOp": _ARITHMETIC,
    "UnaryOp": _ARITHMETIC,
    "IfExp": _CONDITION,
    "BoolOp": _CONDITION,
    "Compare": _CONDITION,
    "Call": "give the call a name on a line of its own first, then use the name",
    "GeneratorExp": "put it in square brackets: [x for x in values]",
    "SetComp": "put it in square brackets: [x for x in values]",
    "DictComp": "a plan has no dict comprehension; use a list: [x for x in values]",
    "Set": "write a list: [a, b]",
    "Tuple": "write a list: [a, b]",
    "Starred": "a plan has no * arguments; write each argument out",
}

_FIRST_WORDS: Mapping[str, str] = {
    "for": "For",
    "while": "While",
    "if": "If",
    "match": "Match",
    "def": "FunctionDef",
    "async": "AsyncFunctionDef",
    "@": "FunctionDef",
    "class": "ClassDef",
    "with": "With",
    "try": "Try",
}


class RefusedError(Exception):
    """A part of a statement is outside the plan language; `where` is a node or (row, column)."""

    def __init__(self, where: ast.AST | tuple[int, int] | None, message: str) -> None:
        self.where = where
        super().__init__(message)


def refused(node: ast.AST) -> RefusedError:
    """The refusal of a whole kind of node, with what to write instead."""
    kind = type(node).__name__
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        kind = "BoolOp"
    return RefusedError(
        node, _INSTEAD.get(kind, f"{kind.lower()} is not part of the plan language; {ONE_CALL}")
    )


def explained(error: SyntaxError, text: str) -> str:
    """What to write instead of text that Python cannot read."""
    first = re.match(r"\s*(@|[a-z]+\b)", text)
    kind = _FIRST_WORDS.get(first.group(1)) if first else None
    if kind is not None and not re.match(r"\s*\w+\s*=[^=]", text):
        return _INSTEAD[kind]
    if text.lstrip().startswith("```"):
        return "leave the ``` out; the answer is the plan's text alone"
    if isinstance(error, IndentationError):
        return "start each statement at the line's beginning, without spaces before it"
    if "integer string conversion" in error.msg:
        return "a whole number has at most 18 digits; put a longer one in quotes"
    return f"this is not a plan statement ({error.msg}); {CALL}"
