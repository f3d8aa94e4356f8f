"""Whether a goal says what a phrase says, and with which values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from butler_tui.core.labels import Json
from butler_tui.planning.phrasing import Phrase, Slot
from butler_tui.planning.recipe import Recipe
from butler_tui.planning.slots import readings
from butler_tui.planning.wording import Token

_WORD = 10.0
_SKIPPED = -1.0
_DEFAULTED = -0.1


@dataclass(frozen=True, slots=True)
class Fit:
    """The values that a goal gives a phrase's slots, and how well it fits: more is better."""

    score: float
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])


def fit(recipe: Recipe, tokens: Sequence[Token], goal: str, now: datetime) -> Fit | None:
    """The best fit of any of the recipe's phrases; None when the goal says something else.

    `now` is what `today` goes by.

    Every token counts: one that is no filler and has no place in the phrase rules it out.
    """
    words = {token.word for token in tokens}
    fits = [
        found
        for phrase in recipe.phrases
        if all(words & one for one in phrase.words)
        and (found := _Matching(recipe, phrase, tokens, goal, now).fit(0, 0)) is not None
    ]
    best = max(fits, key=lambda one: one.score, default=None)
    if best is None:
        return None
    defaulted = len(recipe.parameters) - len(best.values)
    return Fit(best.score + _DEFAULTED * defaulted, best.values)


@dataclass(slots=True)
class _Matching:
    recipe: Recipe
    phrase: Phrase
    tokens: Sequence[Token]
    goal: str
    now: datetime
    _known: dict[tuple[int, int], Fit | None] = field(
        default_factory=dict[tuple[int, int], "Fit | None"]
    )

    def fit(self, element: int, token: int) -> Fit | None:
        """The best fit of the elements from one on with the tokens from one on."""
        place = (element, token)
        if place not in self._known:
            self._known[place] = max(
                self._ways(element, token), key=lambda one: one.score, default=None
            )
        return self._known[place]

    def _ways(self, element: int, token: int) -> list[Fit]:
        ways: list[Fit] = []
        if token == len(self.tokens):
            return [Fit(0.0)] if element == len(self.phrase.elements) else []
        here = self.tokens[token]
        if here.filler and (rest := self.fit(element, token + 1)):
            ways.append(Fit(rest.score + _SKIPPED, rest.values))
        if element == len(self.phrase.elements):
            return ways
        wanted = self.phrase.elements[element]
        if isinstance(wanted, Slot):
            ways += self._slot(wanted, element, token)
        elif here.word in wanted and (rest := self.fit(element + 1, token + 1)):
            ways.append(Fit(rest.score + _WORD, rest.values))
        return ways

    def _slot(self, wanted: Slot, element: int, token: int) -> list[Fit]:
        parameter = self.recipe.parameter(wanted.name)
        if parameter is None:
            return []
        return [
            Fit(rest.score + reading.fit, {**rest.values, wanted.name: reading.value})
            for reading in readings(parameter, self.tokens, token, self.goal, self.now)
            if (rest := self.fit(element + 1, reading.end)) is not None
        ]
