"""docs/reliability.md names only tests that there are, and every fault that they bring about."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")


def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {one.name for one in ast.walk(tree) if isinstance(one, kinds)}


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) >= 10
    assert [(path, test) for path, test in named if test not in named_in(ROOT / path)] == []


def test_every_file_that_the_page_names_is_there() -> None:
    assert [
        one for one in re.findall(r"`(tests/[\w/]+\.py)`", PAGE) if not (ROOT / one).exists()
    ] == []
