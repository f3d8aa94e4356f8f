"""When a held call may be decided: never by a key that was meant for something else.

A card is deaf until it has been on the screen for a moment, and until a moment has passed since
the last keystroke anywhere. Both start anew with each card. Keys that a card took as its own while
nobody was typing (to look, to mark) leave it awake: only typing faster than anyone reads does not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf

ARRIVAL = 0.5
"""Seconds for which a card that has just appeared hears nothing."""

AFTER_KEY = 1.0
"""Seconds without a keystroke anywhere before a key can decide."""

AFTER_OWN = 0.25
"""Seconds after a key of the card's own, so that text which begins like one decides nothing."""


class Quiet:
    """Remembers when keys were pressed and when the card that is on the screen appeared."""

    def __init__(self) -> None:
        self._keys: deque[float] = deque(maxlen=64)
        self._own: deque[float] = deque(maxlen=64)
        self.card = ""
        self._since = inf

    def beside(self) -> Quiet:
        """One for something else on the screen, which hears of the same keystrokes."""
        other = Quiet()
        other._keys, other._own = self._keys, self._own
        return other

    def pressed(self, at: float) -> None:
        """A key was pressed, wherever it went."""
        self._keys.append(at)

    def own(self, card: str, at: float) -> None:
        """The key pressed then was this card's own and decides nothing.

        It counts as any other key if the card was deaf: then it may be a part of what is typed.
        """
        if at in self._keys and self.awake(card, at):
            self._keys.remove(at)
            self._own.append(at)

    def alone(self) -> bool:
        """True when the key pressed last was not one of several pressed in a row."""
        keys = sorted([*self._keys, *self._own])
        return len(keys) < 2 or keys[-1] - keys[-2] >= AFTER_KEY

    def last(self) -> float:
        """When a key was pressed last."""
        return max((*self._keys, *self._own), default=-inf)

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
        return self.awake(card, at, key=key) and at - _before(self._own, at) >= AFTER_OWN

    def awake(self, card: str, at: float, *, key: bool = True) -> bool:
        """True when the card has been there for a moment and nobody types."""
        before = sorted(pressed for pressed in self._keys if pressed <= at)
        if key and before and before[-1] == at:
            before.pop()
        return self.settled(card, at) and at - _before(before, at) >= AFTER_KEY

    def settled(self, card: str, at: float) -> bool:
        """True when the card has been there for a moment: enough for what decides nothing."""
        return card == self.card and at - self._since >= ARRIVAL


def _before(pressed: Iterable[float], at: float) -> float:
    """When the last of these keys was pressed before that time."""
    return max((one for one in pressed if one <= at), default=-inf)
