"""Facts kept across runs, each with the label of what it was made from, found by their words."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from functools import partial

from butler_tui.core.labels import Label, Labels
from butler_tui.core.ports import Remembered
from butler_tui.history.readers import Readers
from butler_tui.history.rows import as_stored, clean, now
from butler_tui.history.writer import Writer

_NEWEST = "SELECT * FROM memory ORDER BY at DESC, id LIMIT ?"
_FITTING = """
    SELECT memory.* FROM memory_words
    JOIN memory ON memory.number = memory_words.rowid
    WHERE memory_words MATCH ? ORDER BY rank LIMIT ?
"""


class SqliteMemory:
    """The Memory of the core's ports."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def remember(self, identity: str, fact: str, label: Label, run: str) -> None:
        """Keep a fact under that id, on the disk when this returns; twice is once."""
        labels = json.dumps(Labels(label).dump())
        row = (clean(identity), clean(fact), labels, clean(run), as_stored(now()))
        await self._writer.write(partial(_remember, row=row), flush=True)

    async def recall(self, query: str, limit: int) -> Sequence[Remembered]:
        """The facts whose words fit best first; without words, the newest."""
        return await self._readers.read(partial(_recall, query=query, limit=limit))

    async def forget(self, identity: str) -> str | None:
        """Forget a fact and return it; None when there is none of that id."""
        return await self._writer.write(partial(_forget, identity=clean(identity)), flush=True)


def _remember(connection: sqlite3.Connection, row: tuple[str, ...]) -> None:
    inserted = connection.execute(
        "INSERT OR IGNORE INTO memory (id, fact, labels, run, at) VALUES (?, ?, ?, ?, ?)", row
    )
    if inserted.rowcount:
        connection.execute(
            "INSERT INTO memory_words (rowid, fact) SELECT number, fact FROM memory WHERE id = ?",
            (row[0],),
        )


def _recall(connection: sqlite3.Connection, query: str, limit: int) -> list[Remembered]:
    words = re.findall(r"\w+", query)
    if query.strip() and not words:
        return []
    wanted = " OR ".join(f'"{word}"' for word in words)
    rows = (
        connection.execute(_FITTING, (wanted, limit))
        if words
        else connection.execute(_NEWEST, (limit,))
    )
    return [_remembered(row) for row in rows]


def _remembered(row: sqlite3.Row) -> Remembered:
    sources = Labels.load(json.loads(row["labels"])).own.sources
    return Remembered(row["id"], row["fact"], row["at"][:10], tuple(sorted(sources, key=repr)))


def _forget(connection: sqlite3.Connection, identity: str) -> str | None:
    row = connection.execute("SELECT number, fact FROM memory WHERE id = ?", (identity,)).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM memory_words WHERE rowid = ?", (row["number"],))
    connection.execute("DELETE FROM memory WHERE id = ?", (identity,))
    return str(row["fact"])
