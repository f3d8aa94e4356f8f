"""`butler diff`: two runs side by side, or the revisions of one run's plan."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import pairwise

from butler_tui.butler import Butler
from butler_tui.cli.output import note, say_json, width
from butler_tui.cli.session import with_butler
from butler_tui.core.clean import visible_line
from butler_tui.core.columns import wrapped
from butler_tui.core.comparing import Comparison, Row
from butler_tui.core.plan_history import SAME, plan_diff, revision_in_words
from butler_tui.core.run import RunState

WIDEST = 160
_WHAT = 18
_LEAST = 12
_RED, _GREEN, _CYAN, _BOLD, _OFF = "\033[31m", "\033[32m", "\033[36m", "\033[1m", "\033[0m"
_SIGNS = (("+++", _BOLD), ("---", _BOLD), ("@@", _CYAN), ("+", _GREEN), ("-", _RED))


def diff_runs(left: str, right: str, *, as_json: bool) -> int:
    """Show two runs side by side. Raises UsageError when there is no such run."""

    async def work(butler: Butler) -> int:
        found = await butler.compare(await butler.find(left), await butler.find(right))
        if as_json:
            say_json(found.dump())
            return 0
        _print(side_by_side(found, min(width(), WIDEST), coloured=_coloured()))
        return 0

    return with_butler(work)


def diff_revisions(run: str, *, as_json: bool) -> int:
    """Show what changed from each revision of a run's plan to the next. Raises UsageError."""

    async def work(butler: Butler) -> int:
        state = await butler.state(await butler.find(run))
        if as_json:
            for one in state.revisions:
                say_json(asdict(one))
            return 0
        if len(state.revisions) < 2:
            note(f"The plan of run {state.id} was never changed.")
            return 0
        _print(_revisions(state, coloured=_coloured()))
        return 0

    return with_butler(work)


def _revisions(state: RunState, *, coloured: bool) -> Iterator[str]:
    for before, after in pairwise(state.revisions):
        yield _painted(revision_in_words(after), _BOLD, coloured)
        changed = plan_diff(before, after) or [SAME]
        yield from (_diff_line(line, coloured) for line in changed)
        yield ""


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201  (each is cleaned where it is painted; the colours are ours)


def side_by_side(found: Comparison, room: int, *, coloured: bool) -> Iterator[str]:
    """The lines of a comparison. What differs has a `|` between its sides, and colours."""
    for row in found.rows():
        if row.title:
            yield ""
            yield _painted(row.what, _BOLD, coloured)
        elif row.lines:
            if row.what.strip():
                yield _painted(row.what, "", coloured)
            yield from (_diff_line(line, coloured) for line in row.lines)
        else:
            yield from _columns(row, room, coloured)


def _columns(row: Row, room: int, coloured: bool) -> Iterator[str]:
    column = max(_LEAST, (room - _WHAT - 3) // 2)
    left, right = wrapped(row.left, column), wrapped(row.right, column)
    sign = "|" if row.differs else " "
    red, green = (_RED, _GREEN) if row.differs else ("", "")
    what = visible_line(row.what)
    if len(what) > _WHAT - 1:
        yield what
        what = ""
    for at in range(max(len(left), len(right))):
        one = left[at] if at < len(left) else ("", 0)
        other = right[at] if at < len(right) else ("", 0)
        head = f"{what if at == 0 else '':<{_WHAT}}"
        cell = _painted(one[0], red, coloured) + " " * (column - one[1])
        line = f"{head}{cell} {sign} {_painted(other[0], green, coloured)}"
        yield line.rstrip()


def _diff_line(line: str, coloured: bool) -> str:
    colour = next((colour for sign, colour in _SIGNS if line.startswith(sign)), "")
    return "  " + _painted(line, colour, coloured)


def _painted(text: str, colour: str, coloured: bool) -> str:
    clean = visible_line(text)
    return f"{colour}{clean}{_OFF}" if coloured and colour and clean else clean
