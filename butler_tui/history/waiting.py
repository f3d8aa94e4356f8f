"""What waits for a person, over all runs; the first decision wins, whichever process makes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from butler_tui.core.errors import UsageError
from butler_tui.core.events import (
    EVENT,
    ApprovalDecided,
    ApprovalRequested,
    Event,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
)
from butler_tui.core.labels import Json
from butler_tui.history.journal import SqliteJournal
from butler_tui.history.reader import Reader
from butler_tui.history.writer import Writer


@dataclass(frozen=True, slots=True)
class Waits:
    """An approval or a question that nobody has decided yet."""

    run: str
    title: str
    since: datetime
    requested: ApprovalRequested | QuestionAsked

    @property
    def id(self) -> str:
        """The id by which it is answered."""
        return self.requested.id


_OPEN = """
    SELECT w.run, r.title, w.since, e.body FROM waiting w
    JOIN runs r ON r.id = w.run
    JOIN events e ON e.run = w.run AND e.seq = w.seq
    WHERE w.decided IS NULL AND r.status NOT IN ('done', 'failed', 'cancelled')
"""

_NAMED = "substr(w.id, 1, ?) = ? AND (? IS NULL OR w.run = ?)"


class Waiting:
    """Open approvals and questions."""

    def __init__(self, journal: SqliteJournal, writer: Writer, reader: Reader) -> None:
        self._journal = journal
        self._writer = writer
        self._reader = reader

    async def all(self) -> list[Waits]:
        """Everything that waits, oldest first."""
        return await self._reader.read(lambda db: _rows(db, f"{_OPEN} ORDER BY w.since", ()))

    async def find(self, identity: str, run: str | None = None) -> Waits:
        """What waits under that id, or under the one id that begins so. Raises UsageError."""
        return await self._reader.read(lambda db: _find(db, identity, run))

    async def decide(
        self,
        identity: str,
        decision: Literal["allow", "deny"],
        *,
        run: str | None = None,
        scope: Literal["once", "run", "always"] = "once",
        args: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Decide a held call. Raises UsageError when it is not there or decided already."""
        await self._settle(
            identity,
            run,
            ApprovalRequested,
            lambda exact: ApprovalDecided(
                id=exact, decision=decision, scope=scope, args=args, reason=reason
            ),
        )

    async def answer(self, identity: str, answer: Json, *, run: str | None = None) -> None:
        """Answer a question. Raises UsageError when it is not there or answered already."""
        await self._settle(
            identity, run, QuestionAsked, lambda exact: QuestionAnswered(id=exact, answer=answer)
        )

    async def _settle(
        self, identity: str, run: str | None, kind: type, event: Callable[[str], Event]
    ) -> None:
        """Look and append in one transaction, so that of two decisions one comes first."""

        def work(db: sqlite3.Connection) -> list[Recorded]:
            found = _find(db, identity, run)
            if not isinstance(found.requested, kind):
                other = (
                    "a question: butler answer"
                    if kind is ApprovalRequested
                    else "an approval: butler allow"
                )
                raise UsageError(f"{found.id} is {other} {found.id} ...")
            return self._journal.insert(db, found.run, [event(found.id)])

        self._journal.publish(await self._writer.write(work, flush=True))


def _rows(db: sqlite3.Connection, query: str, parameters: Sequence[object]) -> list[Waits]:
    found: list[Waits] = []
    for run, title, since, body in db.execute(query, parameters):
        requested = EVENT.validate_json(body)
        if isinstance(requested, ApprovalRequested | QuestionAsked):
            found.append(Waits(run, title, datetime.fromisoformat(since), requested))
    return found


def _find(db: sqlite3.Connection, identity: str, run: str | None) -> Waits:
    wanted = identity.lower()
    parameters = (len(wanted), wanted, run, run)
    rows = _rows(db, f"{_OPEN} AND {_NAMED} LIMIT 6", parameters)
    if len(rows) == 1:
        return rows[0]
    if rows:
        several = ", ".join(f"{row.id} (run {row.run})" for row in rows[:5])
        raise UsageError(f"Several wait under {identity!r}: {several}. Type more of the id.")
    row = db.execute(
        f"SELECT w.decided, r.status FROM waiting w JOIN runs r ON r.id = w.run WHERE {_NAMED}",  # noqa: S608  (no value is put into the text)
        parameters,
    ).fetchone()
    if row is None:
        raise UsageError(f"Nothing waits under {identity!r}; `butler approvals` lists what does.")
    if row[0] is not None:
        moment = datetime.fromisoformat(row[0]).astimezone().strftime("%H:%M:%S")
        raise UsageError(f"{identity} was decided already, at {moment}.")
    raise UsageError(f"{identity} waits no more: its run is {row[1]}.")
