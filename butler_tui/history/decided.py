"""Every call that was ever held, with what became of it: what rules are judged by."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import ApprovalDecided, ApprovalRequested
from butler_tui.history.leaving_out import Told, left_out, unheard
from butler_tui.history.readers import Readers
from butler_tui.history.rows import event_of

_HELD = """
    SELECT events.run, events.seq, events.at, events.body, runs.mode
    FROM events JOIN runs ON runs.id = events.run
    WHERE events.type IN ('approval_requested', 'approval_decided')
    ORDER BY events.id
"""
_USES = """
    SELECT json_extract(body, '$.rule') AS rule, count(*) AS times, max(at) AS last
    FROM events WHERE type = 'approval_decided' AND coalesce(json_extract(body, '$.rule'), '') <> ''
    GROUP BY rule
"""
_OPEN = "SELECT id FROM runs WHERE status NOT IN ('done', 'failed', 'cancelled') ORDER BY created"


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call as it was held, in which run and mode, and what was decided of it, if anything."""

    run: str
    mode: str
    at: datetime
    requested: ApprovalRequested
    decided: ApprovalDecided | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How many calls a rule decided, and when it decided the last one."""

    times: int
    last: datetime


class Decided:
    """What was asked and decided, over all runs."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def calls(self, told: Told = unheard) -> Sequence[HeldCall]:
        """Every held call, oldest first.

        A run that cannot be read is left out; `told` hears of it in a sentence.
        """
        calls, faults = await self._readers.read(_calls)
        for run, error in faults.items():
            told(left_out(run, error))
        return calls

    async def uses(self) -> Mapping[str, Use]:
        """By a rule's id, what it decided so far."""
        return await self._readers.read(_uses)

    async def open_runs(self) -> Sequence[str]:
        """The runs that are not over, oldest first."""
        return await self._readers.read(
            lambda connection: [row["id"] for row in connection.execute(_OPEN)]
        )


def _calls(connection: sqlite3.Connection) -> tuple[list[HeldCall], dict[str, HistoryError]]:
    """The calls of all runs that can be read, and why the others cannot."""
    found: dict[tuple[str, str], HeldCall] = {}
    faults: dict[str, HistoryError] = {}
    for row in connection.execute(_HELD):
        try:
            event = event_of(row["run"], row["seq"], row["body"])
        except HistoryError as error:
            faults.setdefault(row["run"], error)
            continue
        if isinstance(event, ApprovalRequested):
            at = datetime.fromisoformat(row["at"])
            found[row["run"], event.id] = HeldCall(row["run"], row["mode"], at, event)
        elif isinstance(event, ApprovalDecided):
            held = found.get((row["run"], event.id))
            if held is not None and held.decided is None:  # the first decision counts
                found[row["run"], event.id] = HeldCall(
                    held.run, held.mode, held.at, held.requested, event
                )
    return [one for one in found.values() if one.run not in faults], faults


def _uses(connection: sqlite3.Connection) -> dict[str, Use]:
    return {
        row["rule"]: Use(row["times"], datetime.fromisoformat(row["last"]))
        for row in connection.execute(_USES)
    }
