"""A workshop for runs, over a real history in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import stamina
from workshop import Workshop, World

from butler_tui.history import open_history
from butler_tui.settings import Places


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    """A workshop whose history lies in a temporary folder; retries do not wait."""
    places = Places.below(tmp_path / "home")
    async with open_history(places) as history:
        with stamina.set_testing(True, attempts=3, cap=True):
            yield Workshop(history.journal, tmp_path, World())
