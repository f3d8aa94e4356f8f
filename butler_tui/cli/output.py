"""What the command line prints: results to standard output, narration to standard error.

All text from runs passes `visible`, so that nothing in it can command the terminal.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from butler_tui.core.clean import visible, visible_line


def say(text: str = "") -> None:
    """A line of the result, to standard output."""
    print(visible(text), flush=True)  # noqa: T201


def say_json(value: Any) -> None:  # noqa: ANN401  (any JSON)
    """One JSON value on one line, to standard output."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)  # noqa: T201


def note(text: str) -> None:
    """A line of narration, to standard error."""
    print(visible(text), file=sys.stderr, flush=True)  # noqa: T201


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns; the last one is cut to what the terminal has left, and says so by `…`."""
    shown = [[visible_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(headers), *shown]) for place in range(len(headers))]
    room = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 10_000
    for row in [list(headers), *shown]:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        left = max(10, room - sum(len(cell) + 2 for cell in cells))
        last = row[-1] if len(row[-1]) <= left else row[-1][: left - 1] + "…"
        print("  ".join([*cells, last]).rstrip())  # noqa: T201


def listing(rows: Sequence[Mapping[str, Any]], headers: Mapping[str, str], as_json: bool, empty: str) -> None:
    """Rows as a table of the columns in `headers` (key to heading), or one JSON object a line."""
    if as_json:
        for row in rows:
            say_json(row)
    elif rows:
        cells = [[_cell(row.get(key)) for key in headers] for row in rows]
        table(list(headers.values()), cells)
    else:
        note(empty)


def _cell(value: Any) -> str:  # noqa: ANN401  (any JSON)
    if value is None:
        return ""
    return ago(value) if isinstance(value, datetime) else str(value)


def ago(moment: datetime) -> str:
    """A moment as the person's own date and time."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
