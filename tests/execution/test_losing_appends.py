"""A disk that takes some appends and not others: no call begins whose permission was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from workshop import Workshop

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import ApprovalRequested, Event, Recorded, StepStarted
from butler_tui.core.ports import Journal
from butler_tui.core.run import RunStatus
from butler_tui.core.tool import Effect


class Losing:
    """A journal on a disk that has no room for what is held, but for smaller things."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    async def append(
        self, run: str, events: Sequence[Event], *, flush: bool = False
    ) -> list[Recorded]:
        if any(isinstance(one, ApprovalRequested) for one in events):
            raise HistoryError("There is no room left on the disk.")
        return await self.journal.append(run, events, flush=flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)


async def test_nothing_begins_whose_permission_could_not_be_written(workshop: Workshop) -> None:
    await workshop.accept()
    whole, workshop.journal = workshop.journal, Losing(workshop.journal)
    with pytest.raises(HistoryError, match="no room left"):
        await workshop.drive('save("a", "x")\n', answers="yes")
    workshop.journal = whole
    assert not any(isinstance(one, StepStarted) for one in await workshop.events())
    assert workshop.world.done == []
    await workshop.resume()
    assert await workshop.drive("", answers="yes") is RunStatus.DONE
    assert workshop.world.done == ["a=x"]


async def test_a_beginning_without_a_permission_was_none(workshop: Workshop) -> None:
    await workshop.accept()
    whole, workshop.journal = workshop.journal, Losing(workshop.journal)
    with pytest.raises(HistoryError):
        await workshop.drive('save("a", "x")\n', answers="yes")
    workshop.journal = whole
    args = {"path": "a", "content": "x"}
    begun = StepStarted(step="save", tool="save", args=args, effect=Effect.CHANGE)
    await workshop.journal.append(workshop.run, [begun])
    await workshop.resume()
    assert await workshop.drive("", answers="yes") is RunStatus.DONE
    assert workshop.world.done == ["a=x"]
