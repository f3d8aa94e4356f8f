"""Phrasings: patterns of goals, with slots for parameters.

    summarise {path} [and save it [to {save_to}]]
    (find|show) files named {name} [in {folder}]

What stands in square brackets may be left out; of `(a|b)` there is one. Words have many spellings
and fillers need not be written: `planning.wording` knows which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from butler_tui.planning.wording import FILLERS, canonical, joined_words

MOST_WAYS = 200
"""In how many ways one phrasing may be said."""

DEEPEST = 10
"""How deep its brackets may nest."""

_PART = re.compile(r"\{\s*(?P<slot>\w+)\s*\}|(?P<mark>[\[\](){}|])|(?P<word>[^\s\[\](){}|]+)")


class PhrasingError(ValueError):
    """A phrasing that is no pattern; the message says why."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a parameter's value stands."""

    name: str


Element = frozenset[str] | Slot
"""One of these words, in their one spelling; or a parameter's value."""


_Part = str | frozenset[str] | Slot


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say a phrasing: words and slots, in order."""

    elements: tuple[Element, ...]

    @property
    def words(self) -> tuple[frozenset[str], ...]:
        """The words of which a goal must hold one each."""
        return tuple(one for one in self.elements if not isinstance(one, Slot))

    @property
    def slots(self) -> tuple[str, ...]:
        """The parameters that it gives a value."""
        return tuple(one.name for one in self.elements if isinstance(one, Slot))


def phrases_of(phrasing: str) -> list[Phrase]:
    """Every way to say a phrasing; raises PhrasingError."""
    phrases = dict.fromkeys(Phrase(_settled(way)) for way in _PatternReader(phrasing).read())
    for phrase in phrases:
        _check(phrase, phrasing)
    return list(phrases)


def _settled(way: Sequence[_Part]) -> tuple[Element, ...]:
    """The words in their one spelling, without fillers."""
    made: list[Element] = []
    run: list[str] = []
    for part in [*way, None]:
        if isinstance(part, str):
            run.append(part)
            continue
        made += _joined(tuple(run))
        run.clear()
        if isinstance(part, frozenset):
            made.append(frozenset(canonical(word) for word in part))
        elif part is not None:
            made.append(part)
    return tuple(made)


@lru_cache(maxsize=1_000)
def _joined(words: tuple[str, ...]) -> list[frozenset[str]]:
    return [frozenset((word,)) for word in joined_words(words) if word and word not in FILLERS]


def _check(phrase: Phrase, phrasing: str) -> None:
    if not phrase.words:
        raise PhrasingError(f"'{phrasing}' has no word of its own that a goal must hold")
    if len(set(phrase.slots)) < len(phrase.slots):
        raise PhrasingError(f"'{phrasing}' has a parameter twice in one way to say it")


class _PatternReader:
    """Reads a pattern and yields the ways to say it; sequences of words and slots."""

    def __init__(self, phrasing: str) -> None:
        self._phrasing = phrasing
        self._parts = list(_PART.finditer(phrasing))
        self._at = 0
        self._depth = 0

    def read(self) -> list[tuple[_Part, ...]]:
        """Every way, as words and slots."""
        return self._alternatives("")

    def _alternatives(self, closing: str) -> list[tuple[_Part, ...]]:
        ways = self._sequence(closing)
        while self._mark() == "|":
            self._at += 1
            ways += self._sequence(closing)
        words = frozenset(way[0] for way in ways if len(way) == 1 and isinstance(way[0], str))
        if len(words) < 2 or words & FILLERS:
            return ways
        return [(words,), *(way for way in ways if len(way) != 1 or way[0] not in words)]

    def _sequence(self, closing: str) -> list[tuple[_Part, ...]]:
        ways: list[tuple[_Part, ...]] = [()]
        while self._at < len(self._parts):
            mark = self._mark()
            if mark == "|" or (closing and mark == closing):
                break
            part = self._parts[self._at]
            self._at += 1
            ways = [(*first, *second) for first, second in product(ways, self._one(part))]
            if len(ways) > MOST_WAYS:
                raise PhrasingError(
                    f"'{self._phrasing}' can be said in more than {MOST_WAYS} ways; make it two"
                )
        return ways

    def _one(self, part: re.Match[str]) -> list[tuple[_Part, ...]]:
        if part["slot"]:
            return [(Slot(part["slot"]),)]
        if part["word"]:
            word = part["word"].strip(",.:;!?")
            return [(word,) if canonical(word) else ()]
        if part["mark"] in "[(":
            if self._depth >= DEEPEST:
                raise PhrasingError(f"'{self._phrasing}' nests brackets more than {DEEPEST} deep")
            optional = part["mark"] == "["
            self._depth += 1
            ways = self._alternatives("]" if optional else ")")
            self._depth -= 1
            if self._at >= len(self._parts):
                raise PhrasingError(f"'{self._phrasing}' has a bracket that is never closed")
            self._at += 1
            return [*ways, ()] if optional else ways
        if part["mark"] in "])":
            raise PhrasingError(f"'{self._phrasing}' has a bracket that was never opened")
        raise PhrasingError(f"'{self._phrasing}' has a {part['mark']} where none can be")

    def _mark(self) -> str | None:
        return self._parts[self._at]["mark"] if self._at < len(self._parts) else None
