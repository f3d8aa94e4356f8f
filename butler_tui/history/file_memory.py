"""The label of every file that Butler wrote, kept across runs, so that it is read back with it."""

from __future__ import annotations

import json
import sqlite3
import threading
from functools import partial
from pathlib import Path

from butler_tui.core.labels import Label, Labels
from butler_tui.core.ports import KnownFile
from butler_tui.history.database import connect, telling
from butler_tui.history.rows import as_stored, clean, now
from butler_tui.history.writer import Writer


class SqliteFileMemory:
    """The FileMemory of the core's ports; `find` may be called from any thread."""

    def __init__(self, writer: Writer, db: Path) -> None:
        self._writer = writer
        self._db = db
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def find(self, path: str) -> KnownFile | None:
        """What is remembered of the file at that real path. Blocks shortly; raises HistoryError."""
        with self._lock, telling(self._db):
            if self._connection is None:
                self._connection = connect(self._db, writes=False)
            found = self._connection.execute(
                "SELECT sha256, labels FROM files WHERE path = ?", (clean(path),)
            ).fetchone()
        if found is None:
            return None
        return KnownFile(found["sha256"], Labels.load(json.loads(found["labels"])).own)

    async def note(self, path: str, sha256: str | None, label: Label) -> None:
        """Remember a file's label; where it has sources it has reached the disk then."""
        labels = json.dumps(Labels(label).dump())
        await self._writer.write(
            partial(_note, path=clean(path), sha256=sha256, labels=labels),
            flush=bool(label.sources),
        )

    def close(self) -> None:
        """Close what was opened for reading."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _note(connection: sqlite3.Connection, path: str, sha256: str | None, labels: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO files (path, sha256, labels, at) VALUES (?, ?, ?, ?)",
        (path, sha256, labels, as_stored(now())),
    )
