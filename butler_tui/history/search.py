"""Finding past work: full text over goals, steps, arguments, outputs and answers."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from butler_tui.history.reader import Reader

_WORD = re.compile(r"\w+")
_NEWEST = 2_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where all the words were found; `snippet` shows the words in `[` `]`."""

    run: str
    title: str
    status: str
    created: datetime
    step: str
    kind: str
    snippet: str


class Search:
    """Full-text search over every run."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, text: str, limit: int = 50) -> list[Hit]:
        """The newest runs in which all words occur, one hit each; the last word may be unfinished.

        Any text is safe to search for: only its words count.
        """
        query = quoted(text)
        if not query:
            return []

        def work(db: sqlite3.Connection) -> list[Hit]:
            rows = db.execute(
                """
                SELECT f.run, r.title, r.status, r.created, f.step, f.kind,
                       snippet(found, 0, '[', ']', '…', 12)
                FROM found f JOIN runs r ON r.id = f.run
                WHERE found MATCH ? ORDER BY f.rowid DESC LIMIT ?
                """,
                (query, _NEWEST),
            )
            first: dict[str, Hit] = {}
            for run, title, status, created, step, kind, snippet in rows:
                if run not in first:
                    when = datetime.fromisoformat(created)
                    first[run] = Hit(run, title, status, when, step, kind, snippet)
                if len(first) == limit:
                    break
            return list(first.values())

        return await self._reader.read(work)


def quoted(text: str) -> str:
    """The words of any text as an FTS5 query: all must occur, the last one may go on."""
    words = [f'"{word}"' for word in _WORD.findall(text)]
    return " ".join([*words[:-1], f"{words[-1]} *"]) if words else ""
