"""What the person has picked on the cards: the row looked at, the marks, the changed calls. Pure.

All of it is about an approval's id, so a call that is asked anew starts with nothing picked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from butler_tui.core.events import ApprovalRequested
from butler_tui.tui.deck import Card


@dataclass(slots=True)
class Selection:
    """`marked` and `off` are ids of calls: marked on cards, taken off a plan's sheet.

    `changed` are calls of a sheet as the person changed them.
    """

    at: str = ""
    marked: set[str] = field(default_factory=set[str])
    off: set[str] = field(default_factory=set[str])
    changed: dict[str, ApprovalRequested] = field(default_factory=dict[str, ApprovalRequested])

    def keep(self, waiting: Iterable[str]) -> None:
        """Forget what was picked of calls that do not wait any more."""
        ids = set(waiting)
        self.marked &= ids
        self.off &= ids
        self.changed = {one: call for one, call in self.changed.items() if one in ids}

    def place(self, card: Card) -> int:
        """Which row of the card is looked at."""
        ids = [one.id for one in card.calls]
        return ids.index(self.at) if self.at in ids else 0

    def move(self, card: Card, by: int) -> None:
        """Look at another row."""
        place = min(max(self.place(card) + by, 0), len(card.calls) - 1)
        self.at = card.calls[place].id

    def look_at(self, card: Card, identity: str) -> bool:
        """Look at the row of that call; False when it is looked at already."""
        if card.calls[self.place(card)].id == identity:
            return False
        self.at = identity
        return True

    def call(self, card: Card) -> ApprovalRequested:
        """The call that is looked at, as it is now."""
        return self.as_changed(card.calls[self.place(card)])

    def as_changed(self, asked: ApprovalRequested) -> ApprovalRequested:
        """The call with the arguments that the person gave it on the sheet."""
        return self.changed.get(asked.id, asked)

    def toggle(self, card: Card) -> None:
        """Mark the row that is looked at, or take it off the sheet; or the other way round."""
        picked = self.off if card.sheet is not None else self.marked
        picked ^= {card.calls[self.place(card)].id}

    def has(self, card: Card, asked: ApprovalRequested) -> bool:
        """True when the row is marked, or on a sheet, when it is to be allowed."""
        return asked.id not in self.off if card.sheet is not None else asked.id in self.marked

    def meant(self, card: Card) -> tuple[str, ...]:
        """The calls that a key on this card speaks of: its marked ones, or all where none is."""
        ids = tuple(one.id for one in card.calls)
        return tuple(one for one in ids if one in self.marked) or ids

    def edits(self, card: Card) -> dict[str, ApprovalRequested]:
        """The changed calls that are still on the sheet, as they were shown, by their ids."""
        ids = {one.id for one in card.calls} - self.off
        return {one: call for one, call in self.changed.items() if one in ids}
