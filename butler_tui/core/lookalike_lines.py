"""Warnings for a card: which letters of an argument are not what they seem, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice

from butler_tui.core.clean import visible_line
from butler_tui.core.labels import Json
from butler_tui.core.lookalikes import Suspect, first_suspects
from butler_tui.core.odd_blanks import is_name, odd_blanks

LONGEST_NAME = 200
"""Longer text, and text of several lines, is prose: there only words of mixed scripts count."""

_LONGEST_PLACE = 80
_MOST_LEAVES = 20
_MOST_LETTERS = 6
_MOST_PLACES = 3
_MOST_SUSPECTS = 200


def warnings(name: str, value: Json) -> Iterator[str]:
    """A line for each text in an argument that holds letters that look like others.

    In names that counts for blanks too. Characters are counted from 1. What the lines leave out,
    they say.
    """
    warned = (
        line
        for where, text in _leaves(name, value)
        if (line := _line(where, text, is_name(name, text)))
    )
    for number, line in enumerate(warned):
        if number == _MOST_LEAVES:
            yield f"{_short(name)} holds more such letters in other places"
            return
        yield line


def _leaves(name: str, value: Json) -> Iterator[tuple[str, str]]:
    """Every text in a value, keys too, with where it is: `headers.Accept`, `to[0]`."""
    waiting: list[tuple[str, Json]] = [(name, value)]
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, str):
            yield where, one
        elif isinstance(one, Mapping):
            for key in one:
                yield f"{where}, a key,", key
            waiting += [(f"{where}.{key}", inner) for key, inner in reversed(one.items())]
        elif isinstance(one, list):
            inner = [(f"{where}[{number}]", each) for number, each in enumerate(one)]
            waiting += reversed(inner)


@lru_cache(maxsize=32)
def _line(where: str, text: str, named: bool) -> str:
    prose = len(text) > LONGEST_NAME or "\n" in text
    found = [*first_suspects(text, _MOST_SUSPECTS, mixed=prose)]
    if named:
        known = {one.place for one in found}
        blanks = islice(odd_blanks(text), _MOST_SUSPECTS)
        found += [one for one in blanks if one.place not in known]
    if not found:
        return ""
    alike: dict[str, list[Suspect]] = {}
    for one in found:
        alike.setdefault(one.letter, []).append(one)
    said = [_said(ones) for ones in list(alike.values())[:_MOST_LETTERS]]
    if len(alike) > _MOST_LETTERS:
        said.append(f"and {len(alike) - _MOST_LETTERS} other letters")
    return f"{_short(where)} holds letters that look like others: {', '.join(said)}"


def _short(where: str) -> str:
    line = visible_line(where)
    return line if len(line) <= _LONGEST_PLACE else f"{line[:_LONGEST_PLACE]}…"


def _said(ones: list[Suspect]) -> str:
    first = ones[0]
    looks = "a blank" if first.like == " " else first.like
    like = f", like {looks}" if looks else ""
    return f"{_seen(first.letter)} ({first.name}{like}) at {_places(one.place + 1 for one in ones)}"


def _seen(letter: str) -> str:
    """The letter, or the code of a blank, which nobody could see."""
    if not letter.isspace() and letter != "\u2800":
        return letter
    return "".join(f"⟨U+{ord(one):04X}⟩" for one in letter[:_MOST_PLACES])


def _places(numbers: Iterable[int]) -> str:
    all_of_them = [str(number) for number in numbers]
    shown = all_of_them[:_MOST_PLACES]
    more = len(all_of_them) - len(shown)
    return " and ".join([*shown, f"{more} more places"] if more else shown)
