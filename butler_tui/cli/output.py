"""What the command line prints: results to standard output, narration to standard error.

All text from runs passes `visible`, so that nothing in it can command the terminal.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from butler_tui.core.clean import visible, visible_line
from butler_tui.core.columns import cells, cells_of

_LEAST = 20
"""Cells below which a last column is put on a line of its own."""


def say(text: str = "") -> None:
    """A line of the result, to standard output."""
    print(visible(text), flush=True)  # noqa: T201


def say_json(value: Any) -> None:  # noqa: ANN401  (any JSON)
    """One JSON value on one line, to standard output; what a terminal would obey is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    print(re.sub(r"[^ -~]", _escaped, text), flush=True)  # noqa: T201


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    return char if visible(char) == char else json.dumps(char)[1:-1]


def note(text: str) -> None:
    """A line of narration, to standard error."""
    print(visible(text), file=sys.stderr, flush=True)  # noqa: T201


def paragraph(text: str, indent: str = "") -> None:
    """A text to standard output, wrapped to the terminal's width, every line indented."""
    room = max(_LEAST, min(width(), 100))
    wrapped = textwrap.wrap(
        visible_line(text), room, initial_indent=indent, subsequent_indent=indent
    )
    print("\n".join(wrapped))  # noqa: T201


def width() -> int:
    """The terminal's width; without a terminal, as much as one likes, or what COLUMNS says."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size((100, 24)).columns
    return 10_000


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns; the last one is cut to what the terminal has left, and says so by `…`.

    Where hardly anything is left for the last column, it goes on a line of its own.
    """
    shown = [list(headers), *([visible_line(cell) for cell in row] for row in rows)]
    widths = [max(cells(row[at]) for row in shown) for at in range(len(headers) - 1)]
    left = width() - sum(one + 2 for one in widths)
    for row in shown:
        first = "  ".join(_padded(cell, to) for cell, to in zip(row[:-1], widths, strict=True))
        if left >= _LEAST:
            lines = [f"{first}  {_cut(row[-1], left)}"]
        else:
            lines = [_cut(first.rstrip(), width()), f"  {_cut(row[-1], width() - 2)}"]
        print("\n".join(line.rstrip() for line in lines))  # noqa: T201


def _padded(text: str, to: int) -> str:
    return text + " " * (to - cells(text))


def _cut(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    kept, used = "", 0
    for char in text:
        used += cells_of(char)
        if used > room - 1:
            break
        kept += char
    return kept + "…"


def listing(
    rows: Sequence[Mapping[str, Any]], headers: Mapping[str, str], as_json: bool, empty: str
) -> None:
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
    return local_time(value) if isinstance(value, datetime) else str(value)


def local_time(moment: datetime) -> str:
    """A moment as the person's own date and time."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
