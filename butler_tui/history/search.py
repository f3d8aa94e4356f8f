"""Full-text search over everything that runs were about, newest first."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from butler_tui.history.readers import Readers

_WORDS = 12
_NEWEST = 2_000
"""Places looked at for the runs they are in; a common word is in more than anyone reads."""

_FIND = """
    SELECT search.run, search.step, search.kind, runs.title, runs.status, runs.waiting,
           runs.created,
           CASE WHEN first_of_run(search.run) THEN snippet(search, 0, '[', ']', '…', ?) END
           AS snippet
    FROM search CROSS JOIN runs ON runs.id = search.run
    WHERE search MATCH ?
    ORDER BY search.rowid DESC
    LIMIT ?
"""
"""Snippets cost most, so only the first place of each run, the newest, gets one.

`CROSS JOIN` keeps SQLite from turning the order round, which would need a sort.
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A run in which all the words were found, and the newest place where.

    `step` is empty where the run as a whole speaks (its goal, title or answer); `kind` says what
    the text is (goal, title, step, arguments, output, error, question, answer, reason); `snippet`
    shows the words in `[` `]`; `waiting` counts the run's open approvals and questions.
    """

    run: str
    title: str
    status: str
    created: datetime
    step: str
    kind: str
    snippet: str
    waiting: int = 0


class Search:
    """Finds runs by the words of their goals, steps, arguments, outputs and answers."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def find(self, text: str, limit: int = 50) -> list[Hit]:
        """The newest runs in which all the words occur together, one hit each.

        Any text may be given: words in quotes are found as they stand, and the last word, while
        it is being typed, by its beginning. Raises HistoryError.
        """
        query = query_of(text)
        if not query or limit < 1:
            return []
        return await self._readers.read(partial(_find, query=query, limit=limit))


def query_of(text: str) -> str:
    """What a person typed as a query of FTS5: every part quoted, so that no part is syntax."""
    parts = re.findall(r'"[^"]*"|[^"\s]+', re.sub("[\x00-\x1f\ud800-\udfff]", " ", text))
    phrases = [part.strip('"') for part in parts]
    words = [f'"{phrase}"' for phrase in phrases if re.search(r"\w", phrase)]
    if words and text[-1].isalnum():
        words[-1] += "*"
    return " ".join(words)


def _find(connection: sqlite3.Connection, query: str, limit: int) -> list[Hit]:
    seen: set[str] = set()

    def first_of_run(run: str) -> bool:
        first = run not in seen
        seen.add(run)
        return first

    connection.create_function("first_of_run", 1, first_of_run)
    hits: list[Hit] = []
    rows = connection.execute(_FIND, (_WORDS, query, _NEWEST))
    try:
        for row in rows:
            if row["snippet"] is not None:
                hits.append(_hit(row))
            if len(hits) >= limit:
                break
    finally:
        rows.close()
    return hits


def _hit(row: sqlite3.Row) -> Hit:
    return Hit(
        run=row["run"],
        title=row["title"],
        status=row["status"],
        created=datetime.fromisoformat(row["created"]),
        step=row["step"],
        kind=row["kind"],
        snippet=" ".join(row["snippet"].split()),
        waiting=row["waiting"],
    )
