"""The runs: their list, and finding one by what a person types."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from butler_tui.core.errors import UsageError
from butler_tui.history.readers import Readers

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_SINCE = 1_735_689_600  # 2025-01-01; 30 bits of seconds last until 2059
_TIME_DIGITS = 6
_RANDOM_DIGITS = 4

_NOT_WHOLE = """
    SELECT DISTINCT run FROM events
    WHERE run IN (SELECT value FROM json_each(?)) AND (
        type = 'send_taken_back'
        OR (type = 'approval_decided' AND json_extract(body, '$.decision') = 'deny')
        OR (type = 'step_skipped' AND json_extract(body, '$.by') = 'person')
        OR (type = 'question_answered' AND json_extract(body, '$.answer') = 'skip')
        OR (type = 'receipt_checked' AND json_extract(body, '$.verdict') = 'failed')
    )
"""


def new_run_id() -> str:
    """A new run's id: ten lowercase letters and digits, later ones sorting after earlier ones.

    The first six are the time in seconds, the rest is random; none looks like another (no i, l,
    o, u), and no id can be the word *last*.
    """
    number = int(time.time()) - _SINCE
    number = number << 5 * _RANDOM_DIGITS | secrets.randbits(5 * _RANDOM_DIGITS)
    digits = _TIME_DIGITS + _RANDOM_DIGITS
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(digits)))


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a list shows it.

    `title` is the goal until the plan has one; `waiting` counts open approvals and questions.
    """

    id: str
    title: str
    goal: str
    status: str
    folder: str
    model: str | None
    recipe: str | None
    created: datetime
    updated: datetime
    waiting: int


class Runs:
    """Looks at the runs of the history; all of it raises HistoryError."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def new_id(self) -> str:
        """The id for a new run."""
        return new_run_id()

    async def newest(self, limit: int = 50, offset: int = 0) -> list[RunRow]:
        """The runs, newest first."""
        return await self._readers.read(partial(_newest, limit=limit, offset=offset))

    async def not_whole(self, runs: Sequence[str]) -> AbstractSet[str]:
        """Those of these runs in which a call was denied, taken back, skipped or found failed."""
        return await self._readers.read(partial(_not_whole, runs=runs))

    async def goals(self, limit: int = 200) -> list[str]:
        """What was asked for before, newest first, each goal once."""
        return await self._readers.read(partial(_goals, limit=limit))

    async def find(self, text: str) -> str:
        """The id that a person means: a unique beginning of one, or `last`.

        Raises UsageError when there is none, or names the candidates when there are several.
        """
        wanted = text.strip().lower()
        if wanted == "last":
            newest = await self.newest(1)
            if not newest:
                raise UsageError('There are no runs yet; start one with `butler run "..."`.')
            return newest[0].id
        found = await self._readers.read(partial(_starting_with, text=wanted)) if wanted else []
        exact = [run for run in found if run.id == wanted]
        if len(exact or found) == 1:
            return (exact or found)[0].id
        if not found:
            raise UsageError(f"There is no run {text!r}; `butler runs` lists them.")
        named = ", ".join(f"{run.id} ({_short(run.title)})" for run in found[:5])
        more = ", ..." if len(found) > 5 else ""
        raise UsageError(f"Several runs begin with {text!r}: {named}{more}. Type more of its id.")


def _newest(connection: sqlite3.Connection, limit: int, offset: int) -> list[RunRow]:
    rows = connection.execute(
        "SELECT * FROM runs ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?", (limit, offset)
    )
    return [_row(row) for row in rows]


def _not_whole(connection: sqlite3.Connection, runs: Sequence[str]) -> set[str]:
    rows = connection.execute(_NOT_WHOLE, (json.dumps(list(runs)),))
    return {row["run"] for row in rows}


def _goals(connection: sqlite3.Connection, limit: int) -> list[str]:
    rows = connection.execute(
        "SELECT goal FROM runs WHERE goal <> '' GROUP BY goal ORDER BY max(created) DESC LIMIT ?",
        (limit,),
    )
    return [row["goal"] for row in rows]


def _starting_with(connection: sqlite3.Connection, text: str) -> list[RunRow]:
    rows = connection.execute(
        "SELECT * FROM runs WHERE substr(id, 1, ?) = ? ORDER BY id = ? DESC, created DESC LIMIT 6",
        (len(text), text, text),
    )
    return [_row(row) for row in rows]


def _row(row: sqlite3.Row) -> RunRow:
    return RunRow(
        id=row["id"],
        goal=row["goal"],
        title=row["title"],
        status=row["status"],
        folder=row["folder"],
        model=row["model"],
        recipe=row["recipe"],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        waiting=row["waiting"],
    )


def _short(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= 30 else f"{line[:29]}…"
