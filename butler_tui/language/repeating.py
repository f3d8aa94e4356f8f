"""A model that goes in circles: the end of its answer is one text over and over."""

from __future__ import annotations

TIMES = 8
"""How often the same must have been said, one right behind the other."""

LEAST = 2_000
"""Characters that it must take up: a rule of dashes or a column of zeros is shorter."""

_LOOKED_AT = 8_000
_EVERY = 500


class Repeating:
    """Takes an answer's text as it streams, and says when it has begun to repeat itself."""

    def __init__(self) -> None:
        self._tail = ""
        self._new = 0

    def take(self, text: str) -> bool:
        """True when the answer so far ends in the same text many times over."""
        self._tail = (self._tail + text)[-_LOOKED_AT:]
        self._new += len(text)
        if self._new < _EVERY or len(self._tail) < LEAST:
            return False
        self._new = 0
        return _repeats(self._tail[::-1])


def _repeats(text: str) -> bool:
    """True when the text begins with a part that stands there often enough, one behind another."""
    border = [0] * len(text)  # of each beginning, how much of it is also its end
    for at, char in enumerate(text[1:], 1):
        length = border[at - 1]
        while length and char != text[length]:
            length = border[length - 1]
        border[at] = length + (char == text[length])
        period = at + 1 - border[at]
        if at + 1 >= max(LEAST, TIMES * period):
            return True
    return False
