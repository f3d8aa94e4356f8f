"""History: one SQLite file that holds every run, and everything made from it.

The journal (`events`) is the only truth; `runs`, `waiting` and `found` are made from it in the
same transaction. One thread writes, one reads; any number of processes may open the same file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from butler_tui.history.database import integrity, prepare
from butler_tui.history.journal import SqliteJournal
from butler_tui.history.leases import Leases
from butler_tui.history.outputs import Outputs
from butler_tui.history.reader import Reader
from butler_tui.history.runs import RunRow, Runs
from butler_tui.history.search import Hit, Search
from butler_tui.history.waiting import Waiting, Waits
from butler_tui.history.writer import Writer
from butler_tui.settings import Places


@dataclass(frozen=True, slots=True)
class History:
    """The open history."""

    journal: SqliteJournal
    runs: Runs
    search: Search
    leases: Leases
    waiting: Waiting


@asynccontextmanager
async def open_history(places: Places) -> AsyncIterator[History]:
    """The history at `places`, made or brought up to date; closing writes what was appended.

    Raises HistoryError.
    """
    await asyncio.to_thread(prepare, places.db)
    writer, reader = Writer(places.db), Reader(places.db)
    journal = SqliteJournal(writer, reader, Outputs(places.data / "outputs"))
    try:
        yield History(
            journal,
            Runs(reader),
            Search(reader),
            Leases(writer, reader),
            Waiting(journal, writer, reader),
        )
    finally:
        await journal.close()
        await writer.close()
        await reader.close()


__all__ = ["History", "Hit", "RunRow", "Waits", "integrity", "open_history"]
