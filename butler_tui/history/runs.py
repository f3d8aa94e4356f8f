"""The list of runs, and finding one by what a person types."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from butler_tui.core.errors import UsageError
from butler_tui.history.reader import Reader

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing looks like another


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list. `waiting` counts what it needs from a person."""

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


_COLUMNS = """
    id, title, goal, status, folder, model, recipe, created, updated,
    CASE WHEN status IN ('done', 'failed', 'cancelled') THEN 0 ELSE
        (SELECT count(*) FROM waiting WHERE waiting.run = runs.id AND decided IS NULL) END
"""


class Runs:
    """Every run that was accepted."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def new_id(self) -> str:
        """An id of ten letters and digits; later ones sort after earlier ones, to the second."""
        number = int(time.time()) - 1_700_000_000
        stamp = "".join(_LETTERS[(number >> shift) & 31] for shift in (25, 20, 15, 10, 5, 0))
        return stamp + "".join(secrets.choice(_LETTERS) for _ in range(4))

    async def newest(self, limit: int = 50, offset: int = 0) -> list[RunRow]:
        """Runs, newest first."""
        return await self._rows("ORDER BY created DESC LIMIT ? OFFSET ?", (limit, offset))

    async def goals(self, limit: int = 200) -> list[str]:
        """What was asked for before, newest first, each goal once."""

        def work(db: sqlite3.Connection) -> list[str]:
            rows = db.execute(
                "SELECT goal FROM runs WHERE goal <> '' GROUP BY goal"
                " ORDER BY max(created) DESC LIMIT ?",
                (limit,),
            )
            return [str(goal) for (goal,) in rows]

        return await self._reader.read(work)

    async def find(self, text: str) -> str:
        """The id of the one run that begins so, or of the `last`. Raises UsageError."""
        if text == "last":
            rows = await self.newest(1)
            if not rows:
                raise UsageError('There are no runs yet; start one with `butler run "..."`.')
            return rows[0].id
        escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = await self._rows(
            "WHERE id LIKE ? ESCAPE '\\' ORDER BY created LIMIT 6", (f"{escaped}%",)
        )
        exact = [row for row in rows if row.id == text]
        if len(rows) == 1 or exact:
            return (exact or rows)[0].id
        if not rows:
            raise UsageError(f"There is no run {text!r}; `butler runs` lists them.")
        several = ", ".join(f"{row.id} ({row.title[:30]})" for row in rows[:5])
        raise UsageError(f"Several runs begin with {text!r}: {several}. Type more of its id.")

    async def _rows(self, tail: str, parameters: Sequence[object]) -> list[RunRow]:
        def work(db: sqlite3.Connection) -> list[RunRow]:
            rows = db.execute(f"SELECT {_COLUMNS} FROM runs {tail}", parameters)  # noqa: S608
            return [_row(row) for row in rows]

        return await self._reader.read(work)


def _row(row: Sequence[object]) -> RunRow:
    values = dict(zip(RunRow.__slots__, row, strict=True))
    for key in ("created", "updated"):
        values[key] = datetime.fromisoformat(str(values[key]))
    return RunRow(**values)  # pyright: ignore[reportArgumentType]
