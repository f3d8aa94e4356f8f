"""Who asked to be left alone for a while: what one call is told holds for all others, too."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST, MOST = 1.0, 30.0
"""Seconds that are waited where nobody says how long: at first, and at most."""


@dataclass(slots=True)
class Resting:
    """Until when each host or model is left alone, on the clock of whoever asks.

    `chance` is a random number from 0 to 1, so that not all come back at the same moment.
    """

    _until: dict[str, float] = field(default_factory=dict[str, float])
    _in_a_row: dict[str, int] = field(default_factory=dict[str, int])

    def left(self, who: str, now: float) -> float:
        """The seconds for which it is still to be left alone; 0 when it may be asked."""
        return max(0.0, self._until.get(who, 0.0) - now)

    def told(self, who: str, now: float, wait: float | None, chance: float) -> float:
        """It was asked too often, and says how many seconds to wait, or None; how long it rests.

        Calls that were under way together and are all told so count once.
        """
        if wait is None and (left := self.left(who, now)):
            return left
        if wait is None:
            times = self._in_a_row.get(who, 0)
            self._in_a_row[who] = times + 1
            wait = min(MOST, FIRST * 2**times) * (0.75 + chance / 2)
        else:
            wait = wait * (1 + chance / 20)
        self._until[who] = max(self._until.get(who, 0.0), now + wait)
        return self.left(who, now)

    def answered(self, who: str) -> None:
        """It answered, so that the next wait is short again."""
        self._in_a_row.pop(who, None)
