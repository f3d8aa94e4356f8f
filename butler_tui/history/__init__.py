"""History: one SQLite file that holds every run, and everything made from it.

The journal (`events`) is the only truth; `runs`, `requests` and `search` are made from it in the
same transaction. One thread writes, a few read; any number of processes may open the same file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from butler_tui.history.bell import Bell
from butler_tui.history.database import PATIENCE, integrity, prepare
from butler_tui.history.decided import Decided, HeldCall, Use
from butler_tui.history.definitions import SqliteDefinitions
from butler_tui.history.file_memory import SqliteFileMemory
from butler_tui.history.journal import SqliteJournal
from butler_tui.history.kept import KeptPaths
from butler_tui.history.leases import Leases, Owner
from butler_tui.history.memory import SqliteMemory
from butler_tui.history.outputs import Outputs
from butler_tui.history.readers import Readers
from butler_tui.history.runs import RunRow, Runs, new_run_id
from butler_tui.history.search import Hit, Search
from butler_tui.history.snapshots import Snapshots
from butler_tui.history.usage import Usage, UsageRow
from butler_tui.history.waiting import Acceptance, Waiting, Waits
from butler_tui.history.writer import Writer
from butler_tui.settings import Places

__all__ = [
    "Acceptance",
    "Decided",
    "HeldCall",
    "History",
    "Hit",
    "KeptPaths",
    "Leases",
    "Owner",
    "RunRow",
    "Runs",
    "Search",
    "SqliteJournal",
    "Usage",
    "UsageRow",
    "Use",
    "Waiting",
    "Waits",
    "integrity",
    "new_run_id",
    "open_history",
]


@dataclass(frozen=True, slots=True)
class History:
    """An open history."""

    journal: SqliteJournal
    runs: Runs
    search: Search
    leases: Leases
    waiting: Waiting
    files: SqliteFileMemory
    definitions: SqliteDefinitions
    kept: KeptPaths
    decided: Decided
    memory: SqliteMemory
    usage: Usage


@asynccontextmanager
async def open_history(
    places: Places, *, patience: float = PATIENCE
) -> AsyncGenerator[History, None]:
    """The history at `places.db`, made or upgraded if need be; closing it writes what is queued.

    `patience` is how many seconds to wait for another process that writes. Raises HistoryError.
    """
    await asyncio.to_thread(prepare, places.db, patience=patience)
    async with AsyncExitStack() as closing:
        readers = Readers(places.db, patience=patience)
        closing.push_async_callback(readers.close)
        bell = Bell(places.db)
        closing.push_async_callback(bell.close)
        writer = Writer(places.db, patience=patience)
        closing.push_async_callback(writer.close)
        files = SqliteFileMemory(writer, places.db)
        closing.callback(files.close)
        journal = SqliteJournal(writer, readers, bell, Outputs(places.data / "outputs"))
        yield History(
            journal=journal,
            runs=Runs(readers),
            search=Search(readers),
            leases=Leases(writer, readers),
            waiting=Waiting(journal, readers),
            files=files,
            definitions=SqliteDefinitions(writer, readers),
            kept=KeptPaths(writer, readers, Snapshots(places.data / "kept")),
            decided=Decided(readers),
            memory=SqliteMemory(writer, readers),
            usage=Usage(readers),
        )
