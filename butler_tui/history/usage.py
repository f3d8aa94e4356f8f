"""What models were called for and what they cost, over all runs; and how long tools took."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import groupby
from statistics import median
from typing import Literal

from butler_tui.core.budget import Amount, Work
from butler_tui.core.driven import TELLING, Beat, seconds_driven
from butler_tui.core.estimating import Known
from butler_tui.history.readers import Readers
from butler_tui.history.rows import as_stored, moment_of

By = Literal["day", "model", "run"]

_CALLS = """
    SELECT run, at, json_extract(body, '$.model') AS model,
        json_extract(body, '$.tokens_in') AS tokens_in,
        json_extract(body, '$.tokens_out') AS tokens_out,
        json_extract(body, '$.cost') AS cost
    FROM events WHERE type = 'model_called' AND at >= ? ORDER BY at
"""
_AMOUNT = """
    SELECT count(*), coalesce(sum(json_extract(body, '$.tokens_in')
        + json_extract(body, '$.tokens_out')), 0), coalesce(sum(json_extract(body, '$.cost')), 0)
"""
_TODAY = f"""
    {_AMOUNT}
    FROM events WHERE type = 'model_called' AND at >= ? AND run <> ?
"""
_BEFORE = f"""
    {_AMOUNT}
    FROM events WHERE type = 'model_called' AND at < ? AND run = ?
"""
_BEATS = f"""
    SELECT events.run, at, type, events.step, json_extract(body, '$.item') AS item
    FROM runs JOIN events ON events.run = runs.id
    WHERE runs.updated >= ? AND type IN ({", ".join(f"'{one}'" for one in TELLING)})
    ORDER BY events.run, seq
"""  # noqa: S608  (the types are our own)
_WRITERS = """
    SELECT json_extract(body, '$.tokens_in') AS tokens_in,
        json_extract(body, '$.tokens_out') AS tokens_out
    FROM events WHERE type = 'model_called' AND json_extract(body, '$.role') = 'writer'
    ORDER BY at DESC LIMIT ?
"""
_STEPS = """
    SELECT run, type, json_extract(body, '$.step') AS step, json_extract(body, '$.item') AS item,
        json_extract(body, '$.tool') AS tool, json_extract(body, '$.seconds') AS seconds
    FROM (SELECT * FROM events ORDER BY id DESC LIMIT ?)
    WHERE type IN ('step_started', 'step_finished') ORDER BY id
"""
_NEWEST_CALLS = 200
_NEWEST_EVENTS = 4_000


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What was used on a day, by a model or by a run (`of`), as far as prices are known.

    `cost` is in US dollars; `unpriced` counts the calls whose price is not known.
    """

    of: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost: float
    unpriced: int


class Usage:
    """Looks at what was used; all of it raises HistoryError."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def by(self, by: By, days: int) -> Sequence[UsageRow]:
        """What was used by each day, model or run in the last `days`, today among them.

        Days and runs are in their order, the newest first; models by what they cost.
        """
        since = _midnight() - timedelta(days=days - 1)
        rows = await self._readers.read(partial(_calls, since=_stored(since)))
        found = [_sum(of, group) for of, group in _grouped(rows, _KEYS[by]).items()]
        if by == "model":
            return sorted(found, key=lambda one: (-one.cost, -one.calls))
        return found[::-1]

    async def today(self, run: str) -> Amount:
        """What other runs' models used today, less what this one's used before today."""
        return await self._readers.read(partial(_today, midnight=_stored(_midnight()), run=run))

    async def worked(self, run: str) -> Work:
        """What other runs did today, less what this one did before today."""
        return await self._readers.read(partial(_worked, midnight=_midnight(), run=run))

    async def known(self) -> Known:
        """What the newest runs tell of how long tools take and how much a writer reads and says."""
        return await self._readers.read(_known)


def _midnight() -> datetime:
    """When today began where the person is."""
    here = datetime.now().astimezone()
    return datetime.combine(here.date(), time()).astimezone()


def _stored(moment: datetime) -> str:
    return as_stored(moment.astimezone(UTC))


def _calls(connection: sqlite3.Connection, since: str) -> list[sqlite3.Row]:
    return connection.execute(_CALLS, (since,)).fetchall()


def _today(connection: sqlite3.Connection, midnight: str, run: str) -> Amount:
    others = Amount(*connection.execute(_TODAY, (midnight, run)).fetchone())
    return others - Amount(*connection.execute(_BEFORE, (midnight, run)).fetchone())


def _worked(connection: sqlite3.Connection, midnight: datetime, run: str) -> Work:
    rows = connection.execute(_BEATS, (_stored(midnight),)).fetchall()
    work = Work()
    for one, beats in groupby(rows, key=lambda row: row["run"]):
        if one == run:
            work -= _of([row for row in beats if moment_of(row["at"]) < midnight])
        else:
            work += _of([row for row in beats if moment_of(row["at"]) >= midnight])
    return work


def _of(rows: Sequence[sqlite3.Row]) -> Work:
    calls = {(row["step"], row["item"]) for row in rows if row["type"] == "step_started"}
    beats = (Beat(moment_of(row["at"]), row["type"], (row["step"], row["item"])) for row in rows)
    return Work(len(calls), seconds_driven(beats))


def _known(connection: sqlite3.Connection) -> Known:
    writers = connection.execute(_WRITERS, (_NEWEST_CALLS,)).fetchall()
    tools: dict[tuple[str, str, object], str] = {}
    seconds: dict[str, list[float]] = {}
    for row in connection.execute(_STEPS, (_NEWEST_EVENTS,)):
        place = (row["run"], row["step"], row["item"])
        if row["type"] == "step_started":
            tools[place] = row["tool"]
        elif place in tools:
            seconds.setdefault(tools[place], []).append(row["seconds"] or 0.0)
    return Known(
        seconds={tool: median(each) for tool, each in seconds.items()},
        tokens_in=round(median(row["tokens_in"] for row in writers)) if writers else None,
        tokens_out=round(median(row["tokens_out"] for row in writers)) if writers else None,
    )


_KEYS: dict[By, Callable[[sqlite3.Row], str]] = {
    "day": lambda row: moment_of(row["at"]).astimezone().date().isoformat(),
    "model": lambda row: row["model"],
    "run": lambda row: row["run"],
}


def _grouped(
    rows: Sequence[sqlite3.Row], key: Callable[[sqlite3.Row], str]
) -> dict[str, list[sqlite3.Row]]:
    groups: dict[str, list[sqlite3.Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _sum(of: str, rows: Sequence[sqlite3.Row]) -> UsageRow:
    return UsageRow(
        of=of,
        calls=len(rows),
        tokens_in=sum(row["tokens_in"] for row in rows),
        tokens_out=sum(row["tokens_out"] for row in rows),
        cost=sum(row["cost"] or 0.0 for row in rows),
        unpriced=sum(1 for row in rows if row["cost"] is None),
    )
