"""Which call kept what, and the room that all kept contents may take together.

Rows and files change inside one transaction that holds the write lock, so that no process drops a
content that another has just come to rely on.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import Item
from butler_tui.history.readers import Readers
from butler_tui.history.rows import as_stored, clean, now
from butler_tui.history.snapshots import MB, Snapshots, Taken
from butler_tui.history.writer import Writer

_CONTENTS = """
    WITH going AS (
        SELECT id FROM runs WHERE status NOT IN ('done', 'failed', 'cancelled')
    ), needed AS (
        SELECT id FROM going
        UNION SELECT json_extract(body, '$.settings.undoes') FROM events
        WHERE seq = 1 AND run IN (SELECT id FROM going)
          AND json_extract(body, '$.settings.undoes') IS NOT NULL
    )
    SELECT sha256, max(bytes) AS bytes, max(run IN (SELECT id FROM needed)) AS needed
    FROM kept WHERE sha256 IS NOT NULL AND NOT dropped
    GROUP BY sha256 ORDER BY max(id)
"""
"""The kept contents, oldest use first. One is needed by a run that is not over, and by one that is
being undone: what an undo needs must not make room for it."""


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One path that a call kept, as it was kept."""

    step: str
    item: Item
    record: Mapping[str, Any]


class KeptPaths:
    """Everything that calls kept, over all runs."""

    def __init__(self, writer: Writer, readers: Readers, snapshots: Snapshots) -> None:
        self._writer = writer
        self._readers = readers
        self.snapshots = snapshots

    async def keep(
        self, path: Path, run: str, step: str, item: Item, labels: Mapping[str, Any], most: int
    ) -> dict[str, Any] | None:
        """Keep what is at `path` for a call of a run; it is on the disk when this returns.

        All contents together stay within `most` bytes: the oldest go first, never those of a run
        that is not over. With 0 nothing is kept: None. Raises HistoryError where there is no room.
        """
        if most <= 0:
            await self._writer.write(partial(self._trim, most=0))
            return None
        taking = asyncio.ensure_future(asyncio.to_thread(self.snapshots.take, path, most))
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(self._forget)
            raise
        if labels:
            taken.record["labels"] = dict(labels)
        try:
            work = partial(self._add, run=run, step=step, item=item, taken=taken, most=most)
            await self._writer.write(work, flush=True)
        except HistoryError:
            await asyncio.to_thread(self.snapshots.forget, taken)
            raise
        return taken.record

    async def of(self, run: str) -> Sequence[KeptRow]:
        """What the calls of a run kept, newest first."""
        return await self._readers.read(partial(_of, run=run))

    async def runs(self, limit: int) -> Sequence[str]:
        """The runs that kept something, newest first."""
        return await self._readers.read(partial(_runs, limit=limit))

    def _forget(self, taking: asyncio.Future[Taken]) -> None:
        if not taking.cancelled() and taking.exception() is None:
            self.snapshots.forget(taking.result())

    def _add(
        self,
        connection: sqlite3.Connection,
        run: str,
        step: str,
        item: Item,
        taken: Taken,
        most: int,
    ) -> None:
        record = taken.record
        digest, size = record.get("sha256"), record.get("bytes", 0)
        if digest is not None:
            new = not self.snapshots.holds(digest)
            if new and self._trim(connection, most=most - size, but=digest) > most - size:
                raise HistoryError(
                    f"There is no room to keep {record['path']} ({size / MB:,.1f} MB) for undo: "
                    "runs that are not over fill it. Raise undo_mb in [limits] of config.toml, or "
                    "finish or cancel them (`butler runs`)."
                )
            self.snapshots.place(taken)
        connection.execute(
            "INSERT INTO kept (run, step, item, at, sha256, bytes, record) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                run,
                clean(step),
                json.dumps(item),
                as_stored(now()),
                digest,
                size,
                json.dumps(record),
            ),
        )
        if digest is not None:
            connection.execute("UPDATE kept SET dropped = 0 WHERE sha256 = ?", (digest,))

    def _trim(self, connection: sqlite3.Connection, most: int, but: str = "") -> int:
        """Drop the oldest contents until they have `most` bytes; returns how many they have."""
        found = connection.execute(_CONTENTS).fetchall()
        total = sum(row["bytes"] for row in found)
        for row in found:
            if total <= most:
                break
            if row["needed"] or row["sha256"] == but:
                continue
            self.snapshots.drop(row["sha256"])
            connection.execute("UPDATE kept SET dropped = 1 WHERE sha256 = ?", (row["sha256"],))
            total -= row["bytes"]
        return total


def _of(connection: sqlite3.Connection, run: str) -> list[KeptRow]:
    rows = connection.execute(
        "SELECT step, item, record FROM kept WHERE run = ? ORDER BY id DESC", (run,)
    )
    return [
        KeptRow(row["step"], tuple(json.loads(row["item"])), json.loads(row["record"]))
        for row in rows
    ]


def _runs(connection: sqlite3.Connection, limit: int) -> list[str]:
    rows = connection.execute(
        "SELECT run FROM kept GROUP BY run ORDER BY max(id) DESC LIMIT ?", (limit,)
    )
    return [row["run"] for row in rows]
