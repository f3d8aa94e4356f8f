"""What each event adds to the tables that are made from the journal: runs, waiting, found.

Written in the same transaction as the event, so that they are in step at every moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from butler_tui.core import events as ev
from butler_tui.core.events import Recorded
from butler_tui.core.labels import Json

MOST_INDEXED = 100_000
"""Characters of one output that can be found."""

_STATUS: dict[type, str] = {
    ev.RunResumed: "running",
    ev.RunWaiting: "waiting",
    ev.RunFinished: "done",
    ev.RunFailed: "failed",
    ev.RunCancelled: "cancelled",
}


def project(db: sqlite3.Connection, recorded: Recorded) -> None:
    """Take one recorded event into the tables."""
    event, run, at = recorded.event, recorded.run, recorded.at.isoformat()
    match event:
        case ev.RunAccepted():
            db.execute(
                "INSERT INTO runs"
                " (id, goal, title, status, folder, model, recipe, created, updated)"
                " VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)",
                (run, event.goal, event.goal, event.folder, event.model, event.recipe, at, at),
            )
        case ev.PlanProposed(title=title) if title:
            db.execute("UPDATE runs SET title = ? WHERE id = ?", (title, run))
        case ev.ApprovalRequested():
            _wait(db, recorded, event.id, "approval")
        case ev.QuestionAsked():
            _wait(db, recorded, event.id, "question")
        case ev.ApprovalDecided():
            _decide(db, recorded, event.id)
        case ev.QuestionAnswered():
            _decide(db, recorded, event.id)
        case _:
            pass
    if (status := _STATUS.get(type(event))) is not None:
        db.execute("UPDATE runs SET status = ?, updated = ? WHERE id = ?", (status, at, run))
    for step, kind, text in _words(event):
        if text:
            db.execute(
                "INSERT INTO found (text, run, step, kind) VALUES (?, ?, ?, ?)",
                (text[:MOST_INDEXED], run, step, kind),
            )


def _wait(db: sqlite3.Connection, recorded: Recorded, identity: str, kind: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO waiting (run, id, kind, seq, since) VALUES (?, ?, ?, ?, ?)",
        (recorded.run, identity, kind, recorded.seq, recorded.at.isoformat()),
    )


def _decide(db: sqlite3.Connection, recorded: Recorded, identity: str) -> None:
    db.execute(
        "UPDATE waiting SET decided = ? WHERE run = ? AND id = ? AND decided IS NULL",
        (recorded.at.isoformat(), recorded.run, identity),
    )


def _words(event: ev.Event) -> Iterator[tuple[str, str, str]]:
    """What can be found of an event: the step, what kind of text it is, and the text."""
    match event:
        case ev.RunAccepted():
            yield "", "goal", event.goal
        case ev.StepProposed():
            yield event.step, "step", event.text
        case ev.StepStarted():
            yield event.step, "arguments", _text(event.args)
        case ev.StepFinished():
            yield event.step, "output", _text(event.output)
        case ev.RunFinished():
            yield "", "answer", event.answer
        case _:
            return


def _text(value: Json) -> str:
    """Every text in a value, a line each."""
    return "\n".join(_leaves(value))


def _leaves(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)
        case bool() | None:
            return
        case number:
            yield str(number)
