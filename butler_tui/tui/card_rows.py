"""A card of several calls, and a plan's sheet: a row a call, one of them in full. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content
from textual.style import Style

from butler_tui.core.clean import visible_line
from butler_tui.core.estimating import Estimate
from butler_tui.core.events import ApprovalRequested, PlanOffered
from butler_tui.core.rules import Rule
from butler_tui.tui.card import call_of, head_of, place_of, starts_in
from butler_tui.tui.deck import Card
from butler_tui.tui.parts import Part, Rows, gathered
from butler_tui.tui.selection import Selection
from butler_tui.tui.text import joined, lines, shown, shown_line
from butler_tui.tui.values import written
from butler_tui.tui.words import count

ROW = "row"
"""What a click on a row carries: the id of its call."""

SHOWN_ROWS = 8
"""Rows that stand on the card at once; it says how many are above and below."""

LONGEST = 58
"""Characters of a call and its arguments above what is said of it in full; `…` ends what is cut."""

WIDEST = 240
"""The same where a row is as wide as the card, which cuts it."""


def rows_of(card: Card, selection: Selection, bounds: Sequence[Rule] = ()) -> tuple[Part, ...]:
    """The rows, with those that are marked, and all of the one that is looked at."""
    return gathered(_rows(card, selection, bounds))


def all_of(card: Card, selection: Selection) -> tuple[Part, ...]:
    """Every call of the card in full, one below the other."""
    return gathered(_all(card, selection))


def _rows(card: Card, selection: Selection, bounds: Sequence[Rule]) -> Iterator[Part]:
    calls = card.calls
    place = selection.place(card)
    yield _head(card, selection)
    start = min(max(place - SHOWN_ROWS // 2, 0), max(len(calls) - SHOWN_ROWS, 0))
    end = start + SHOWN_ROWS
    above = [shown(f"    … {start} more above", "$quiet")] if start else []
    rows = [
        _row(card, selection, asked, looked_at=number == place, most=WIDEST)
        for number, asked in enumerate(calls[start:end], start)
    ]
    left = len(calls) - end
    below = [shown(f"    … {left} more below", "$quiet")] if left > 0 else []
    yield Rows(lines([*above, *rows, *below]))
    if card.sheet is not None:
        yield from _later(card.sheet, bounds)
    yield Content("")
    yield from _in_full(card, selection, calls[place])


def _all(card: Card, selection: Selection) -> Iterator[Part]:
    yield _head(card, selection)
    for asked in card.calls:
        yield Content("")
        yield _row(card, selection, asked, looked_at=False, most=LONGEST)
        yield from _in_full(card, selection, asked)
    if card.sheet is not None:
        yield Content("")
        yield from _later(card.sheet, ())


def _in_full(card: Card, selection: Selection, asked: ApprovalRequested) -> Iterator[Part]:
    now = selection.as_changed(asked)
    if card.sheet is not None:
        yield head_of(now)
    else:
        yield shown_line(place_of(now), "bold")
    if now is not asked:
        yield shown("changed by you", "$primary")
    yield from call_of(now, folder=_folder(card) if card.sheet is not None else "")


def _head(card: Card, selection: Selection) -> Content:
    if card.sheet is None:
        return head_of(card.calls[0], len(card.calls))
    kept = sum(selection.has(card, one) for one in card.calls)
    first = joined(
        (f"plan · revision {card.sheet.revision}", "bold"),
        f"  y allows {kept} of {count(len(card.calls), 'call')}, as they stand",
    )
    estimate = Estimate.load(card.sheet.estimate)
    costs = f"; estimate: {estimate.describe()}" if estimate is not None else ""
    said = [first, shown(f"none has happened yet{costs}", "$quiet")]
    if folder := _folder(card):
        said.append(joined(("paths start in ", "$quiet"), shown_line(folder)))
    return lines(said)


def _folder(card: Card) -> str:
    """Where the paths of a sheet start, said once for all of its calls; empty where none does."""
    return next(filter(None, map(starts_in, card.calls)), "")


def _row(
    card: Card, selection: Selection, asked: ApprovalRequested, *, looked_at: bool, most: int
) -> Content:
    now = selection.as_changed(asked)
    has = selection.has(card, asked)
    box = "[x]" if has else "[ ]"
    said = "  ".join(f"{name} {written(value)}" for name, value in now.args.items())
    what = f"{place_of(now)}  {now.tool}" if card.sheet is not None else place_of(now)
    effect = now.effect.value if now.effect is not None else "no effect"
    tail = f" · {effect}" if card.sheet is not None else ""
    off = card.sheet is not None and not has
    style = "$quiet" if off else "bold" if looked_at else ""
    row = joined(
        ("▸ " if looked_at else "  ", "$primary"),
        (f"{box} ", "$primary" if has else "$quiet"),
        shown_line(what, style),
        (tail, "$quiet"),
        "  ",
        _cut(said, max(most - len(what) - len(tail), 12)),
    )
    return row.stylize(Style.from_meta({ROW: asked.id}))


def _cut(text: str, most: int) -> Content:
    """A row's arguments on one line; `…` says where they go on."""
    return shown_line(visible_line(text), "$quiet", most)


def _later(sheet: PlanOffered, bounds: Sequence[Rule]) -> Iterator[Part]:
    """The calls that no key on this sheet allows, and the bounds that hold for them."""
    if sheet.later:
        yield shown("later, each asked when its arguments are there (S sets bounds):", "$quiet")
    for one in sheet.later:
        said = f"    {one.get('step', '')}  {one.get('tool', '')} · {one.get('effect', '')}"
        yield shown_line(said)
    for bound in bounds:
        yield shown(f"    signed: {bound.describe()}", "$success")
