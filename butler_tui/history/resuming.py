"""Going on with a run: noted only while it is not over and nobody carries it on."""

from __future__ import annotations

import sqlite3
from functools import partial

from butler_tui.core.errors import UsageError
from butler_tui.core.events import Recorded, RunResumed
from butler_tui.core.run import RunStatus
from butler_tui.history.appending import append
from butler_tui.history.journal import SqliteJournal
from butler_tui.history.leases import owner_of
from butler_tui.history.rows import Row, row_of


async def note_resumed(
    journal: SqliteJournal, run: str, event: RunResumed, *, even_over: bool = False
) -> None:
    """Append the event, unless somebody owns the run or, but for `even_over`, it is over.

    Raises UsageError then.

    Both are looked at and the event is written in one transaction, so that a run that ends in the
    same moment is not opened again by whoever came second.
    """
    await journal.write(partial(_note, run=run, row=row_of(event), even_over=even_over))


def _note(connection: sqlite3.Connection, run: str, row: Row, even_over: bool) -> list[Recorded]:
    found = connection.execute("SELECT status FROM runs WHERE id = ?", (run,)).fetchone()
    if found is None:
        raise UsageError(f"There is no run {run}; `butler runs` lists them.")
    if RunStatus(found["status"]).over and not even_over:
        raise UsageError(f"Run {run} is {found['status']}; there is nothing to go on with.")
    owner = owner_of(connection, run)
    if owner is not None and owner.alive:
        raise UsageError(f"Run {run} is being carried on by {owner}; watch it with `butler show`.")
    return append(connection, run, [row])
