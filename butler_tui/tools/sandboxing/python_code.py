"""Runs a Python text as a program of its own, and leaves the value of its last expression.

python -I -B python_code.py CODE_FILE VALUE_FILE PACKAGES
"""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path
from typing import Any

MOST_VALUE = 200_000
SHOWN_AS = "code"


def main() -> None:
    """Run the code of a file; SystemExit and whatever it raises end the process as always."""
    code, value, packages = sys.argv[1:4]
    text = Path(code).read_text(encoding="utf-8")
    sys.argv[:] = [SHOWN_AS]
    sys.path[:0] = [""]
    sys.path += [one for one in packages.split(os.pathsep) if one]
    _remember(text)
    tree = ast.parse(text, SHOWN_AS)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(compile(tree, SHOWN_AS, "exec"), names)  # noqa: S102  (what this process is for)
    if isinstance(last, ast.Expr):
        found = eval(compile(ast.Expression(last.value), SHOWN_AS, "eval"), names)  # noqa: S307
        _leave(found, Path(value))


def _leave(found: object, path: Path) -> None:
    """Write a value that is plain data; anything else has none."""
    try:
        text = json.dumps(found, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return
    if len(text) <= MOST_VALUE:
        path.write_text(text)


def _remember(text: str) -> None:
    """Let tracebacks show the lines of the code."""
    import linecache

    linecache.cache[SHOWN_AS] = (len(text), None, text.splitlines(keepends=True), SHOWN_AS)


if __name__ == "__main__":
    main()
