"""What waits for a person, over all runs, and the answers to it: the first one wins.

The look and the event are one transaction that holds the database's write lock, so it makes no
difference whether two answers come from one process, two terminals or a daemon.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from butler_tui.core.asking_events import allowed_as
from butler_tui.core.errors import UsageError
from butler_tui.core.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    PlanAccepted,
    PlanOffered,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
)
from butler_tui.core.labels import Json
from butler_tui.core.rules import Rule
from butler_tui.history.appending import append
from butler_tui.history.journal import SqliteJournal
from butler_tui.history.readers import Readers
from butler_tui.history.rows import event_of, moment_of, row_of

Kind = Literal["approval", "question", "plan"]
Requested = ApprovalRequested | QuestionAsked | PlanOffered

_FIND = """
    SELECT requests.*, events.body, runs.title, runs.status
    FROM requests
    JOIN runs ON runs.id = requests.run
    JOIN events ON events.run = requests.run AND events.seq = requests.seq
"""
_ALL_OPEN = f"""
    {_FIND}
    WHERE requests.decided_seq IS NULL AND runs.status NOT IN ('done', 'failed', 'cancelled')
    ORDER BY requests.asked_at, requests.run, requests.seq
"""
_NAMED = f"""
    {_FIND}
    WHERE substr(requests.id, 1, ?) = ? AND (? IS NULL OR requests.run = ?)
    ORDER BY requests.asked_at DESC
"""


@dataclass(frozen=True, slots=True)
class Waits:
    """An approval, a question or a plan's sheet that nobody has decided; `title` is its run's."""

    run: str
    title: str
    since: datetime
    requested: Requested

    @property
    def id(self) -> str:
        """The id by which it is answered."""
        return self.requested.id

    @property
    def kind(self) -> Kind:
        """What it is."""
        match self.requested:
            case ApprovalRequested():
                return "approval"
            case PlanOffered():
                return "plan"
            case QuestionAsked():
                return "question"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a person says to a plan's sheet.

    `without` are the calls (by their approvals' ids) that must not happen, `edits` those that the
    person changed, as they were shown what such a call would do: that is what is allowed, and one
    that would do anything else by then is asked again. `bounds` and `cost_usd` are what they sign
    for all that comes later.
    """

    by: str = "person"
    without: frozenset[str] = frozenset()
    edits: Mapping[str, ApprovalRequested] = field(default_factory=dict[str, ApprovalRequested])
    bounds: Sequence[Rule] = ()
    cost_usd: float | None = None


class Waiting:
    """Open approvals and questions. An id may be shortened while it stays unique."""

    def __init__(self, journal: SqliteJournal, readers: Readers) -> None:
        self._journal = journal
        self._readers = readers

    async def all(self) -> list[Waits]:
        """Everything that waits, oldest first."""
        return await self._readers.read(_all_open)

    async def find(self, identity: str, run: str | None = None) -> Waits:
        """What waits under that id, or under the one id that begins so.

        Raises UsageError: there is none, several begin so, or it was decided (by whom, when).
        """
        return await self._readers.read(partial(_find, identity=identity, run=run))

    async def decide(
        self,
        identity: str,
        decision: Literal["allow", "deny"],
        *,
        run: str | None = None,
        by: str = "person",
        scope: Literal["once", "run", "always"] = "once",
        changed: ApprovalDecided | None = None,
        reason: str = "",
    ) -> None:
        """Allow or deny a held call; the decision has reached the disk when this returns.

        To deny a plan's sheet is to deny each of its calls that is still held. Raises UsageError
        as `find` does, also when somebody was first.
        """

        def decided(exact: str) -> ApprovalDecided:
            said = {"id": exact, "decision": decision, "by": by, "scope": scope, "reason": reason}
            if changed is not None:
                return changed.model_copy(update=said)
            return ApprovalDecided.model_validate(said)

        def work(connection: sqlite3.Connection) -> list[Recorded]:
            found = _find(connection, identity, run)
            if isinstance(found.requested, PlanOffered):
                if decision == "allow":
                    sheet = Acceptance(by=by)
                    return _accept(connection, found.run, found.requested, sheet)
                ids = [found.id, *_held(connection, found.run, found.requested)]
            else:
                _refuse_other(found, "approval")
                ids = [found.id]
            return append(connection, found.run, [row_of(decided(one)) for one in ids])

        await self._journal.write(work, flush=True)

    async def accept(self, identity: str, acceptance: Acceptance, run: str | None = None) -> None:
        """Accept a plan's sheet: every call on it that is still held is allowed, or denied.

        Raises UsageError as `find` does, also when somebody was first.
        """

        def work(connection: sqlite3.Connection) -> list[Recorded]:
            found = _find(connection, identity, run)
            if not isinstance(found.requested, PlanOffered):
                raise UsageError(f"{found.id} is no plan; use `butler allow {found.id}`.")
            return _accept(connection, found.run, found.requested, acceptance)

        await self._journal.write(work, flush=True)

    async def answer(
        self, identity: str, answer: Json, *, run: str | None = None, by: str = "person"
    ) -> None:
        """Answer a question. Raises UsageError as `find` does, also when somebody was first."""

        def event(exact: str) -> Event:
            return QuestionAnswered(id=exact, answer=answer, by=by)

        await self._settle(identity, run, "question", event)

    async def _settle(
        self, identity: str, run: str | None, kind: Kind, event: Callable[[str], Event]
    ) -> None:
        def work(connection: sqlite3.Connection) -> list[Recorded]:
            found = _find(connection, identity, run)
            _refuse_other(found, kind)
            return append(connection, found.run, [row_of(event(found.id))])

        await self._journal.write(work, flush=True)


def _refuse_other(found: Waits, kind: Kind) -> None:
    if found.kind == "question" != kind:
        raise UsageError(f"{found.id} is a question; use `butler answer {found.id} TEXT`.")
    if found.kind in ("approval", "plan") and kind == "question":
        raise UsageError(f"{found.id} is an approval; use `butler allow {found.id}`.")


def _accept(
    connection: sqlite3.Connection, run: str, offered: PlanOffered, acceptance: Acceptance
) -> list[Recorded]:
    """The plan is accepted, and with it each call that is still held and was not left out."""
    events: list[Event] = [
        PlanAccepted(
            id=offered.id,
            revision=offered.revision,
            by=acceptance.by,
            bounds=[one.dump() for one in acceptance.bounds],
            cost_usd=acceptance.cost_usd,
        )
    ]
    events += [_decided(held, acceptance) for held in _held(connection, run, offered)]
    return append(connection, run, [row_of(event) for event in events])


def _decided(held: str, acceptance: Acceptance) -> ApprovalDecided:
    """What accepting the sheet says of one of its calls."""
    if held in acceptance.without:
        reason = "you took it off the plan"
        return ApprovalDecided(id=held, decision="deny", by=acceptance.by, reason=reason)
    if (shown := acceptance.edits.get(held)) is not None:
        return allowed_as(shown, held).model_copy(update={"by": acceptance.by})
    return ApprovalDecided(id=held, decision="allow", by=acceptance.by)


def _held(connection: sqlite3.Connection, run: str, offered: PlanOffered) -> list[str]:
    """The sheet's calls that nobody has decided, in its order."""
    rows = connection.execute(
        "SELECT id FROM requests WHERE run = ? AND kind = 'approval' AND decided_seq IS NULL",
        (run,),
    )
    open_ids = {row["id"] for row in rows}
    return [one for one in offered.approvals if one in open_ids]


def _all_open(connection: sqlite3.Connection) -> list[Waits]:
    return [_waits(row) for row in connection.execute(_ALL_OPEN)]


def _find(connection: sqlite3.Connection, identity: str, run: str | None) -> Waits:
    wanted = identity.strip().lower()
    if not wanted:
        raise UsageError("An id is missing; `butler approvals` lists what waits.")
    found = connection.execute(_NAMED, (len(wanted), wanted, run, run)).fetchall()
    found = [row for row in found if row["id"] == wanted] or found
    waiting = [row for row in found if _is_open(row)]
    if len(waiting) == 1:
        return _waits(waiting[0])
    if waiting:
        named = ", ".join(f"{row['id']} (run {row['run']})" for row in waiting[:5])
        raise UsageError(f"Several wait under {identity!r}: {named}. Type more of the id.")
    if not found:
        raise UsageError(f"Nothing waits under {identity!r}; `butler approvals` lists what does.")
    raise UsageError(_why_not(found[0]))


def _is_open(row: sqlite3.Row) -> bool:
    return row["decided_seq"] is None and row["status"] not in ("done", "failed", "cancelled")


def _why_not(row: sqlite3.Row) -> str:
    if row["decided_seq"] is None:
        return f"{row['id']} waits no more: run {row['run']} is {row['status']}."
    done = {"allow": "allowed", "deny": "denied"}.get(row["decision"], "answered")
    by = "you" if row["decided_by"] == "person" else row["decided_by"]
    at = moment_of(row["decided_at"]).astimezone()
    return f"{row['id']} was decided already: {done} by {by} at {at:%H:%M:%S on %d %B %Y}."


def _waits(row: sqlite3.Row) -> Waits:
    requested = event_of(row["run"], row["seq"], row["body"])
    if not isinstance(requested, ApprovalRequested | QuestionAsked | PlanOffered):
        raise TypeError(f"event {row['seq']} of run {row['run']} is a {requested.type}")
    since = moment_of(row["asked_at"])
    return Waits(row["run"], row["title"], since, requested)
