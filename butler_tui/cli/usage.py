"""`butler usage`: what models were called for and what they cost, by day, model or run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from butler_tui.butler import Butler
from butler_tui.cli.output import listing, note
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError
from butler_tui.history.usage import By, UsageRow


def show_usage(days: int, by: str, *, as_json: bool) -> int:
    """List what was used, and its sum. Raises UsageError for what it cannot be listed by."""
    known: tuple[By, ...] = get_args(By)
    kind: By | None = next((one for one in known if one == by), None)
    if kind is None:
        raise UsageError(f"--by {by}: it must be {', '.join(known[:-1])} or {known[-1]}.")

    async def work(butler: Butler) -> int:
        rows = await butler.history.usage.by(kind, days)
        shown = [_row(kind, row, as_json=as_json) for row in rows]
        columns = {
            kind: kind.upper(),
            "calls": "CALLS",
            "tokens_in": "READ",
            "tokens_out": "WROTE",
            "cost": "COST",
        }
        when = "today" if days == 1 else f"in {days} days"
        listing(shown, columns, as_json, f"No model was called {when}.")
        if rows and not as_json:
            calls = sum(row.calls for row in rows)
            note(f"{calls} call{'' if calls == 1 else 's'} {when}: {_cost(rows)}")
        return 0

    return with_butler(work)


def _row(kind: By, row: UsageRow, *, as_json: bool) -> dict[str, Any]:
    """A row by its columns; prices that are not known are counted, never guessed."""
    return {
        kind: row.of,
        "calls": row.calls,
        "tokens_in": row.tokens_in,
        "tokens_out": row.tokens_out,
        "cost": row.cost if as_json else _cost([row]),
        **({"unpriced": row.unpriced} if as_json else {}),
    }


def _cost(rows: Sequence[UsageRow]) -> str:
    calls, unpriced = sum(row.calls for row in rows), sum(row.unpriced for row in rows)
    if unpriced == calls:
        return "not known"
    known = f"${sum(row.cost for row in rows):.4f}"
    return f"{known} and {unpriced} without a known price" if unpriced else known
