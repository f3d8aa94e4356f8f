"""Appending to the journal, inside a transaction: rows, and all that is kept in step with them.

`runs`, `requests` and `search` only repeat what the events say, for quick answers; they are
written in the same transaction, so they never disagree with the journal.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from butler_tui.core import events as ev
from butler_tui.core.errors import HistoryError
from butler_tui.core.events import Event, Recorded
from butler_tui.history.rows import Row, as_stored, clean, now
from butler_tui.history.texts import kind_of

_OVER = ("done", "failed", "cancelled")


def append(connection: sqlite3.Connection, run: str, rows: Sequence[Row]) -> list[Recorded]:
    """Write the events after the run's last one; returns them with their numbers.

    Raises HistoryError when a run that exists is accepted again.
    """
    last = connection.execute("SELECT max(seq) FROM events WHERE run = ?", (run,)).fetchone()[0]
    at = now()
    stored = as_stored(at)
    if last is None:
        _make_run(connection, run, stored)
        last = 0
    elif any(isinstance(row.event, ev.RunAccepted) for row in rows):
        raise HistoryError(f"There is a run {run} already; start the goal again.")
    recorded: list[Recorded] = []
    for seq, row in enumerate(rows, last + 1):
        event = row.event
        number = connection.execute(
            "INSERT INTO events (run, seq, at, type, body) VALUES (?, ?, ?, ?, ?)",
            (run, seq, stored, event.type, row.body.decode()),
        ).lastrowid
        if row.text:
            _make_searchable(connection, number, run, event, row.text)
        if (keep := _PROJECTIONS.get(type(event))) is not None:
            keep(connection, run, seq, stored, event)
        recorded.append(_recorded(run, seq, at, event))
    connection.execute("UPDATE runs SET updated = ? WHERE id = ?", (stored, run))
    return recorded


def _recorded(run: str, seq: int, at: datetime, event: Event) -> Recorded:
    return Recorded.model_construct(run=run, seq=seq, at=at, event=event)


def _make_run(connection: sqlite3.Connection, run: str, at: str) -> None:
    connection.execute("INSERT INTO runs (id, created, updated) VALUES (?, ?, ?)", (run, at, at))


def _make_searchable(
    connection: sqlite3.Connection, number: int | None, run: str, event: Event, text: str
) -> None:
    step = clean(getattr(event, "step", ""))
    connection.execute(
        "INSERT INTO search (rowid, text, run, step, kind) VALUES (?, ?, ?, ?, ?)",
        (number, text, run, step, kind_of(event)),
    )


def _accepted(
    connection: sqlite3.Connection, run: str, _seq: int, _at: str, event: ev.RunAccepted
) -> None:
    goal = clean(event.goal)
    connection.execute(
        "UPDATE runs SET goal = ?, title = ?, mode = ?, folder = ?, model = ?, recipe = ? "
        "WHERE id = ?",
        (
            goal,
            goal,
            clean(event.mode),
            clean(event.folder),
            _clean_or_none(event.model),
            _clean_or_none(event.recipe),
            run,
        ),
    )


def _renamed(
    connection: sqlite3.Connection, run: str, _seq: int, _at: str, event: ev.RunRenamed
) -> None:
    connection.execute("UPDATE runs SET title = ? WHERE id = ?", (clean(event.title), run))


def _proposed(
    connection: sqlite3.Connection, run: str, seq: int, at: str, event: ev.PlanProposed
) -> None:
    """A run is known by what the person typed; by its plan's title only where that is nothing."""
    if event.title:
        title = clean(event.title)
        connection.execute("UPDATE runs SET title = ? WHERE id = ? AND goal = ''", (title, run))
    if event.steps:
        _withdraw_superseded(connection, run, seq, at, event)


def _withdraw_superseded(
    connection: sqlite3.Connection, run: str, seq: int, at: str, event: ev.PlanProposed
) -> None:
    """What waited for a statement that the revision does without, or for its sheet, is over."""
    connection.execute(
        "UPDATE requests SET decision = 'withdrawn', decided_by = ?, decided_at = ?, "
        "decided_seq = ? WHERE run = ? AND decided_seq IS NULL AND NOT EXISTS (SELECT 1 "
        "FROM json_each(?) WHERE requests.step = value "
        "OR substr(requests.step, 1, length(value) + 1) = value || '.')",
        (f"revision {event.revision}", at, seq, run, json.dumps(event.steps)),
    )
    _count_waiting(connection, run)


def _becomes(status: str) -> Callable[[sqlite3.Connection, str, int, str, Any], None]:
    def keep(connection: sqlite3.Connection, run: str, _seq: int, _at: str, event: Event) -> None:
        resumed = isinstance(event, ev.RunResumed)
        connection.execute(
            "UPDATE runs SET status = ? WHERE id = ? AND (? OR status NOT IN (?, ?, ?))",
            (status, run, resumed, *_OVER),  # a run ends once, in the way that came first
        )
        if resumed:
            connection.execute(
                "UPDATE runs SET mode = coalesce(?, mode), model = coalesce(?, model) WHERE id = ?",
                (_clean_or_none(event.mode), _clean_or_none(event.model), run),
            )
        _count_waiting(connection, run)

    return keep


def _requested(
    connection: sqlite3.Connection,
    run: str,
    seq: int,
    at: str,
    event: ev.ApprovalRequested | ev.QuestionAsked | ev.PlanOffered,
) -> None:
    """Asked again under the same id, it is open again."""
    kind = "question" if isinstance(event, ev.QuestionAsked) else "approval"
    step = "" if isinstance(event, ev.PlanOffered) else event.step
    connection.execute(
        "INSERT OR REPLACE INTO requests (id, run, kind, step, seq, asked_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (clean(event.id), run, kind, clean(step), seq, at),
    )
    _count_waiting(connection, run)


def _decided(
    connection: sqlite3.Connection,
    run: str,
    seq: int,
    at: str,
    event: ev.ApprovalDecided | ev.QuestionAnswered | ev.PlanAccepted,
) -> None:
    """The first decision counts; a later one is in the journal and changes nothing."""
    approval = not isinstance(event, ev.QuestionAnswered)
    connection.execute(
        "UPDATE requests SET decision = ?, decided_by = ?, decided_at = ?, decided_seq = ? "
        "WHERE run = ? AND kind = ? AND id = ? AND decided_seq IS NULL",
        (
            _DECISIONS.get(type(event)) or getattr(event, "decision", ""),
            clean(event.by),
            at,
            seq,
            run,
            "approval" if approval else "question",
            clean(event.id),
        ),
    )
    _count_waiting(connection, run)


_DECISIONS: dict[type, str] = {ev.QuestionAnswered: "answered", ev.PlanAccepted: "allow"}


def _withdrawn(
    connection: sqlite3.Connection, run: str, seq: int, at: str, event: ev.StepSkipped
) -> None:
    """A held call that will not happen waits for nobody."""
    item = event.model_dump(mode="json")["item"]
    connection.execute(
        "UPDATE requests SET decision = 'withdrawn', decided_by = ?, decided_at = ?, "
        "decided_seq = ? WHERE run = ? AND kind = 'approval' AND step = ? AND decided_seq IS NULL "
        "AND (SELECT json_extract(body, '$.item') FROM events "
        "WHERE events.run = requests.run AND events.seq = requests.seq) IS json_extract(?, '$')",
        (clean(event.because), at, seq, run, clean(event.step), json.dumps(item)),
    )
    _count_waiting(connection, run)


def _clean_or_none(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _count_waiting(connection: sqlite3.Connection, run: str) -> None:
    connection.execute(
        "UPDATE runs SET waiting = CASE WHEN status IN (?, ?, ?) THEN 0 ELSE "
        "(SELECT count(*) FROM requests WHERE run = ? AND decided_seq IS NULL) END WHERE id = ?",
        (*_OVER, run, run),
    )


_PROJECTIONS: dict[type, Callable[[sqlite3.Connection, str, int, str, Any], None]] = {
    ev.RunAccepted: _accepted,
    ev.PlanProposed: _proposed,
    ev.ApprovalRequested: _requested,
    ev.QuestionAsked: _requested,
    ev.PlanOffered: _requested,
    ev.PlanAccepted: _decided,
    ev.StepSkipped: _withdrawn,
    ev.ApprovalDecided: _decided,
    ev.QuestionAnswered: _decided,
    ev.RunWaiting: _becomes("waiting"),
    ev.RunResumed: _becomes("running"),
    ev.RunPaused: _becomes("paused"),
    ev.RunRenamed: _renamed,
    ev.RunFinished: _becomes("done"),
    ev.RunFailed: _becomes("failed"),
    ev.RunCancelled: _becomes("cancelled"),
}
