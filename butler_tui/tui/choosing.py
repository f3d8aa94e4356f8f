"""What a letter on a card comes to, by what the person has picked there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from butler_tui.tui.decisions import Accept, Allow, Deny, WantEdit, WantRule, Wish
from butler_tui.tui.deck import Card
from butler_tui.tui.selection import Selection


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person wants, and which calls are decided with it."""

    wish: Wish
    decided: Sequence[str] = ()


def choice_of(letter: str, card: Card, selection: Selection) -> Choice | None:
    """What the letter comes to; None when it says nothing here. `n` asks for a reason first."""
    if letter == "e":
        return Choice(WantEdit(selection.call(card), sheet=card.sheet is not None))
    if card.sheet is not None:
        accepted = picked_from(card, selection) if letter == "y" else None
        return Choice(accepted, _ids(card)) if accepted is not None else None
    match letter:
        case "y":
            return _allowed(selection.meant(card))
        case "r":
            return Choice(Allow(meant := selection.meant(card), "run"), meant)
        case "Y" if selection.marked:
            return _allowed(tuple(sorted(selection.marked)))
        case "A":
            return Choice(WantRule(selection.call(card)))
        case _:
            return None


def denial_of(card: Card, selection: Selection, reason: str) -> Choice:
    """The denial of the marked calls, of all where none is marked, or of the whole sheet."""
    if card.sheet is not None:
        return Choice(Deny([card.sheet.id], reason), _ids(card))
    return Choice(Deny(meant := selection.meant(card), reason), meant)


def picked_from(card: Card, selection: Selection) -> Accept | None:
    """The plan's sheet as the person has picked from it; None for another card."""
    if card.sheet is None:
        return None
    without = frozenset(selection.off & set(_ids(card)))
    return Accept(card.sheet.id, without, selection.edits(card))


def _allowed(ids: Sequence[str]) -> Choice:
    return Choice(Allow(ids), ids)


def _ids(card: Card) -> list[str]:
    return [one.id for one in card.asks]
