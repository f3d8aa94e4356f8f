"""The cards that wait for the person, one on top. Pure.

Calls of one comprehension that are asked for the same reason share a card, and so do the calls of a
plan's sheet. The card on top stays as it is while it can be decided; what comes later lies below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from butler_tui.core.calls import ApprovalState
from butler_tui.core.events import ApprovalRequested, PlanOffered, QuestionAsked
from butler_tui.tui.watch import Wanted

Asked = ApprovalRequested | QuestionAsked


@dataclass(frozen=True, slots=True)
class Card:
    """One question, the held calls that one key decides, or a plan's `sheet`; never empty."""

    asks: tuple[Asked, ...]
    sheet: PlanOffered | None = None

    @property
    def id(self) -> str:
        """Another card has another id, and so has a card with other calls on it."""
        calls = "+".join(one.id for one in self.asks)
        return f"{self.sheet.id}:{calls}" if self.sheet is not None else calls

    @property
    def first(self) -> Asked:
        """The oldest of what it asks."""
        return self.asks[0]

    @property
    def calls(self) -> tuple[ApprovalRequested, ...]:
        """The held calls, none for a question."""
        return tuple(one for one in self.asks if isinstance(one, ApprovalRequested))

    @property
    def has_rows(self) -> bool:
        """True when its calls are rows that one picks from."""
        return len(self.asks) > 1 or self.sheet is not None


class Deck:
    """Deals what is wanted into cards and remembers which is on top."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.at = 0
        self._wanted: list[Asked] = []
        self._sheet: PlanOffered | None = None
        self._decided: set[str] = set()

    @property
    def top(self) -> Card | None:
        """The card on the screen."""
        return self.cards[self.at] if self.cards else None

    @property
    def ids(self) -> set[str]:
        """The ids of all that lies here."""
        return {one.id for card in self.cards for one in card.asks}

    def deal(
        self, wanted: Iterable[Wanted], *, keep_top: bool, sheet: PlanOffered | None = None
    ) -> None:
        """Take what is wanted now, oldest first, and the plan's sheet that is open, if one is.

        `keep_top`: the top card gets no more calls.
        """
        self._wanted = [_asked(one) for one in wanted]
        self._sheet = sheet
        self._deal(keep_top)

    def turn(self) -> bool:
        """Put the next card on top; False when there is no other."""
        if len(self.cards) < 2:
            return False
        self.at = (self.at + 1) % len(self.cards)
        return True

    def decided(self, ids: Iterable[str]) -> None:
        """Take these away: the person has decided them, and the run will say so soon."""
        self._decided |= set(ids)
        self._deal(keep_top=False)

    def refused(self) -> None:
        """A decision could not be kept: what still waits comes back."""
        self._decided.clear()
        self._deal(keep_top=True)

    def _deal(self, keep_top: bool) -> None:
        top = self.top
        waiting = [one for one in self._wanted if one.id not in self._decided]
        ids = {one.id for one in waiting}
        kept = top if top is not None and keep_top and ids >= {one.id for one in top.asks} else None
        self.cards = _grouped(waiting, kept, self._sheet)
        self.at = _place_of(self.cards, top)


def _grouped(waiting: Sequence[Asked], kept: Card | None, sheet: PlanOffered | None) -> list[Card]:
    groups: dict[object, list[Asked]] = {}
    mine = {one.id for one in kept.asks} if kept is not None else set[str]()
    for one in waiting:
        key = "kept" if one.id in mine else _key(one, sheet)
        groups.setdefault(key, []).append(one)
    sheets = {"kept": kept.sheet if kept is not None else None, "sheet": sheet}
    return [Card(_in_order(asks), sheets.get(str(key))) for key, asks in groups.items()]


def _in_order(asks: Sequence[Asked]) -> tuple[Asked, ...]:
    """The elements of one comprehension as they stand there, whichever came first."""
    if len({one.step for one in asks}) == 1:
        return tuple(sorted(asks, key=lambda one: one.item))
    return tuple(asks)


def _key(one: Asked, sheet: PlanOffered | None) -> object:
    if sheet is not None and one.id in sheet.approvals:
        return "sheet"
    if isinstance(one, QuestionAsked) or not one.item:
        return one.id, ""
    return (one.step, one.tool, one.effect, one.because)


def _place_of(cards: Sequence[Card], top: Card | None) -> int:
    """Where the card lies that has the oldest of what was on top; else the first."""
    if top is not None:
        for place, card in enumerate(cards):
            if any(one.id == top.first.id for one in card.asks):
                return place
    return 0


def _asked(one: Wanted) -> Asked:
    return one.requested if isinstance(one, ApprovalState) else one.asked
