"""When a held call may be decided: never by a key that was meant for something else.

A card is deaf until it has been on the screen for a moment, and until a moment has passed since
the last keystroke anywhere. Both start anew with each card.
"""

from __future__ import annotations

from collections import deque
from math import inf

ARRIVAL = 0.5
"""Seconds for which a card that has just appeared hears nothing."""

AFTER_KEY = 1.0
"""Seconds without a keystroke anywhere before a key can decide."""


class Quiet:
    """Remembers when keys were pressed and when the card that is on the screen appeared."""

    def __init__(self) -> None:
        self._keys: deque[float] = deque(maxlen=64)
        self.card = ""
        self._since = inf

    def beside(self) -> Quiet:
        """One for something else on the screen, which hears of the same keystrokes."""
        other = Quiet()
        other._keys = self._keys
        return other

    def pressed(self, at: float) -> None:
        """A key was pressed, wherever it went."""
        self._keys.append(at)

    def last(self) -> float:
        """When a key was pressed last."""
        return max(self._keys, default=-inf)

    def arrived(self, card: str, at: float) -> None:
        """The card is on the screen; telling it twice changes nothing."""
        if card != self.card:
            self.card, self._since = card, at

    def forget(self) -> None:
        """No card is on the screen."""
        self.card, self._since = "", inf

    def hears(self, card: str, at: float, *, key: bool = True) -> bool:
        """True when a key pressed (or, without `key`, a click made) then may decide this card.

        The key itself, which `pressed` was told of, is not a keystroke before it.
        """
        if card != self.card:
            return False
        before = sorted(pressed for pressed in self._keys if pressed <= at)
        if key and before and before[-1] == at:
            before.pop()
        return at - self._since >= ARRIVAL and (not before or at - before[-1] >= AFTER_KEY)

    def settled(self, card: str, at: float) -> bool:
        """True when the card has been there for a moment: enough for what decides nothing."""
        return card == self.card and at - self._since >= ARRIVAL

    def opens(self) -> float:
        """When the card will hear, if no key is pressed until then."""
        return max(self._since + ARRIVAL, self.last() + AFTER_KEY)
