"""The page on security names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "security.md"


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(?P<file>[\w/]*\.py)?(?:::(?P<test>test_\w+))?`", PAGE.read_text())
    file = ""
    found = 0
    for which, test in named:
        if not which and not test:
            continue
        file = which or file
        text = (TESTS / file).read_text()
        assert not test or f"def {test}(" in text, f"{file}::{test}"
        found += 1
    assert found >= 30
