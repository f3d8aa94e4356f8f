"""A workshop for runs, over a real history in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from workshop import Workshop, World

from butler_tui.execution import attempts
from butler_tui.history import open_history
from butler_tui.settings import Places


@pytest.fixture
async def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    """A workshop whose history lies in a temporary folder; retries do not wait."""
    places = Places.below(tmp_path / "home")
    monkeypatch.setattr(attempts, "PAUSES", (0.0, 0.0))
    async with open_history(places) as history:
        yield Workshop(history.journal, tmp_path, World())
