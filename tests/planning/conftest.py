"""Fixtures of the planning tests."""

from __future__ import annotations

import pytest

from butler_tui.core.tool import Tool
from butler_tui.tools.plugins import find_tools


@pytest.fixture(scope="session")
def tools() -> dict[str, Tool]:
    """The built-in tools by name."""
    return find_tools(None).tools
