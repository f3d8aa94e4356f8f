"""`butler runs`, `show`, `search` and `cancel`: the runs of the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from butler_tui.butler import Butler
from butler_tui.cli.describe import run_lines
from butler_tui.cli.output import listing, local_time, note, say, say_json
from butler_tui.cli.session import with_butler
from butler_tui.core.clean import visible_line
from butler_tui.core.ending import in_short
from butler_tui.core.errors import UsageError
from butler_tui.core.run import RunStatus
from butler_tui.history import RunRow
from butler_tui.history.leaving_out import leaving_out

_RUN_COLUMNS = {"id": "RUN", "began": "BEGAN", "standing": "STATUS", "title": "TITLE"}
_HIT_COLUMNS = {"run": "RUN", "created": "BEGAN", "where": "WHERE", "snippet": "FOUND"}


def list_runs(most: int, *, as_json: bool) -> int:
    """List runs, newest first."""

    async def work(butler: Butler) -> int:
        found = await butler.history.runs.newest(most)
        short = await _in_short(butler, found)
        rows = [_row(row, short, going=await _goes_on(butler, row)) for row in found]
        listing(rows, _RUN_COLUMNS, as_json, 'There are no runs yet; try butler run "..."')
        return 0

    return with_butler(work)


async def _in_short(butler: Butler, rows: Sequence[RunRow]) -> Mapping[str, str]:
    """How the runs ended that are done, but not all of what they were to do; by their ids.

    Only these are read whole, so that a long list stays quick.
    """
    done = [row.id for row in rows if row.status == RunStatus.DONE]
    found: dict[str, str] = {}
    for run in await butler.history.runs.not_whole(done):
        with leaving_out(run, note):
            found[run] = in_short(await butler.state(run))
    return found


async def _goes_on(butler: Butler, row: RunRow) -> bool:
    """False for a run that says it goes on and that no living process carries on."""
    return await _carried_on(butler, row.id, row.status)


async def _carried_on(butler: Butler, run: str, status: str) -> bool:
    under_way = status in (RunStatus.PLANNING, RunStatus.RUNNING)
    return not under_way or await butler.history.leases.owner(run) is not None


def _row(row: RunRow, short: Mapping[str, str], *, going: bool) -> dict[str, object]:
    status = "needs you" if row.waiting and row.status != "paused" else row.status
    if not going and not row.waiting:
        status = "interrupted"
    standing = short.get(row.id, status)
    began = local_time(row.created)
    return {**asdict(row), "began": began, "status": status, "standing": standing}


def show_run(run: str, *, as_json: bool) -> int:
    """Show a run, or its events."""

    async def work(butler: Butler) -> int:
        found = await butler.history.runs.find(run)
        if as_json:
            for event in await butler.history.journal.read(found, outputs=False):
                say_json(event.line())
            return 0
        state = await butler.state(found)
        goes_on = await _carried_on(butler, found, state.status)
        for line in run_lines(state, goes_on=goes_on):
            say(line)
        return 0

    return with_butler(work)


def search_runs(text: str, *, as_json: bool) -> int:
    """List the runs in which all words occur. Raises UsageError when there is no word."""
    if not any(char.isalnum() for char in text):
        raise UsageError(f"{text!r} holds no word to search for.")

    async def work(butler: Butler) -> int:
        hits = await butler.history.search.find(text)
        rows = [{**asdict(one), "where": one.step or one.kind} for one in hits]
        words = visible_line(text)
        listing(rows, _HIT_COLUMNS, as_json, f"No run holds {words!r}; `butler runs` lists all.")
        return 0

    return with_butler(work)


def cancel_run(run: str) -> int:
    """Stop a run for good."""

    async def work(butler: Butler) -> int:
        found = await butler.history.runs.find(run)
        await butler.cancel(found)
        note(f"run {found}: cancelled")
        return 0

    return with_butler(work)
