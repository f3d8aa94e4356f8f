"""Letters that are not what they seem, found in a text that a person is about to judge.

A word is suspect when it mixes scripts, when it is written in another script but reads as Latin
where Latin is written, or when it wears letters from the mathematician's or the printer's drawer.
Ordinary text, one script per word, holds nothing suspect.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from butler_tui.core.lookalike_letters import (
    NEVER_LATIN,
    TWINS,
    blends,
    has_plain,
    is_ascii_word,
    is_plain,
    like_of,
    name_of,
    script_of,
    scripts_of,
    undressed,
)
from butler_tui.core.lookalike_table import DASHES, LOOKS_LIKE, SIGNS


@dataclass(frozen=True, slots=True)
class Suspect:
    """A letter at a place in a text (counted from 0), its name, and what a reader takes it for.

    `like` is empty when it looks like nothing else. `mixes` says that its word mixes scripts.
    """

    place: int
    letter: str
    name: str
    like: str
    mixes: bool = False


_MARKS = "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e1-\u20ff"
_WORD = re.compile(f"(?:[^\\W_]|[{_MARKS}])+")
_MARKED = re.compile(f"[^\\W_][{_MARKS}]+")
_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_LABEL = rf"[\w{''.join(DASHES)}-]+"
_HOST = re.compile(
    r"(?:(?<=//)|(?<=@))[^\s/?#\"'<>]+"
    rf"|(?<![^\s\"'(<]){_LABEL}(?:\.{_LABEL})*\.[a-z]{{2,}}(?![\w.-])"
)
_SIGN = re.compile(f"[{re.escape(''.join(SIGNS))}]")
_PUNYCODE = re.compile(r"(?<![\w-])xn--[a-z0-9-]{1,59}", re.I)
_SHORTEST_WORD = 3
_SHORTEST_ALONE = 4


def suspects(text: str) -> tuple[Suspect, ...]:
    """What in the text is not what it seems, in the order it stands there."""
    return first_suspects(text, None)


def first_suspects(text: str, most: int | None, *, mixed: bool = False) -> tuple[Suspect, ...]:
    """At most so many suspects, so that a long text costs little; with `mixed`, in mixed words."""
    found: dict[int, Suspect] = {}
    wanted = (one for one in _all(text, mixed=mixed) if one.mixes or not mixed)
    for one in islice(wanted, most):
        found.setdefault(one.place, one)
    return tuple(found[place] for place in sorted(found))


def explained(text: str) -> str:
    """The text with the name of each suspect in ⟨⟩ behind it, for one line of it."""
    parts: list[str] = []
    at = 0
    for one in suspects(text):
        end = one.place + len(one.letter)
        parts.append(f"{text[at:end]}⟨{one.name}⟩")
        at = end
    return "".join([*parts, text[at:]])


def _all(text: str, *, mixed: bool) -> Iterator[Suspect]:
    yield from _punycode(text)
    if text.isascii():
        return
    surroundings = _Surroundings(text)
    for found in _WORD.finditer(text):
        if not is_plain(found.group()) and (blends(found.group()) or not mixed):
            yield from _word(found.group(), found.start(), surroundings)
    if mixed:
        return
    for found in _MARKED.finditer(text):
        yield from _marked(found.group(), found.start())
    for found in _HOST.finditer(text):
        if not found.group().isascii():
            yield from _host(found.group(), found.start())
    for found in _SIGN.finditer(text):
        if _misleads(text, found.start(), surroundings):
            yield _suspect(found.start(), found.group(), SIGNS[found.group()])


class _Surroundings:
    """What stands around a word, looked up when it matters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.asian = _ASIAN.search(text) is not None
        self.latin = re.search("[A-Za-z]{2}", text) is not None
        self.alone = len(text.split()) < 2
        self._plain: dict[str, bool] = {}

    def has_plain(self, script: str) -> bool:
        """True when the text holds a letter of the script that looks like no other."""
        if script not in self._plain:
            self._plain[script] = has_plain(self._text, script)
        return self._plain[script]

    def token(self, place: int) -> str:
        """What the place stands in, from blank to blank, at most a host's length to each side."""
        before = re.search(r"\S{0,255}\Z", self._text[max(0, place - 255) : place])
        behind = re.match(r"\S{0,255}", self._text[place : place + 255])
        return (before.group() if before else "") + (behind.group() if behind else "")


def _word(word: str, start: int, around: _Surroundings) -> Iterator[Suspect]:
    scripts = scripts_of(word)
    if len(word) > 1 or re.search("[A-Za-z]", around.token(start)):
        yield from _dressed(word, start, around)
        yield from _digits(word, start)
    others = [script for script in scripts if script not in ("LATIN", "")]
    if not others:
        if scripts["LATIN"] > 1:
            yield from _extended(word, start)
    elif scripts["LATIN"]:
        yield from _mixed(word, start, scripts, others)
    elif len(others) == 1:
        yield from _whole(word, start, others[0], around)
    elif set(others) <= {*NEVER_LATIN, "GREEK"}:
        strange = min(others, key=lambda script: scripts[script])
        yield from _letters(word, start, lambda one: script_of(one) == strange, mixes=True)


def _mixed(word: str, start: int, scripts: Counter[str], others: list[str]) -> Iterator[Suspect]:
    """A word of Latin and other letters: those are marked that came in among the rest."""
    foreign = [one for one in word if script_of(one) not in ("LATIN", "")]
    main = max(others, key=lambda script: scripts[script])
    if scripts[main] > scripts["LATIN"] and not all(like_of(one) for one in foreign):
        twins = TWINS.get(main, {})
        for place, letter in enumerate(word):
            if letter in twins and script_of(letter) == "LATIN":
                yield _suspect(start + place, letter, twins[letter], mixes=True)
    elif not _is_formula(word, foreign):
        yield from _letters(
            word,
            start,
            lambda one: (
                (script := script_of(one)) not in ("LATIN", "")
                and (bool(like_of(one)) or script in NEVER_LATIN)
            ),
            mixes=True,
        )


def _is_formula(word: str, foreign: list[str]) -> bool:
    """One Greek letter at the edge of a symbol, as names of proteins and formulas have it."""
    if (
        len(foreign) != 1
        or script_of(foreign[0]) != "GREEK"
        or foreign[0] not in (word[0], word[-1])
    ):
        return False
    rest = word.replace(foreign[0], "")
    return len(rest) < _SHORTEST_WORD or rest.isupper()


def _whole(word: str, start: int, script: str, around: _Surroundings) -> Iterator[Suspect]:
    """A word all of whose letters read as Latin, where nothing says that it is not meant so."""
    letters = [one for one in word if script_of(one)]
    if not all(one in LOOKS_LIKE for one in letters):
        return
    token = around.token(start)
    if re.search("[A-Za-z]", token):
        least = 2 if script == "GREEK" else 1
        reads = len(letters) >= least and not has_plain(token, script)
    elif any(one.isdigit() for one in word) and around.alone:
        reads = len(word) > 1 and not around.has_plain(script)
    else:
        least = _SHORTEST_WORD if around.latin else _SHORTEST_ALONE
        meant = around.latin or around.alone
        reads = meant and len(letters) >= least and not around.has_plain(script)
    if reads:
        yield from _letters(word, start, lambda one: one in LOOKS_LIKE)


def _dressed(word: str, start: int, around: _Surroundings) -> Iterator[Suspect]:
    """Letters and digits that are ASCII in full width, bold, script or another dress."""
    bare = any(one.isascii() for one in word)
    for place, letter in enumerate(word):
        like = undressed(letter)
        if not like or unicodedata.category(letter) in ("No", "Lm") or letter in "ªº":
            continue
        wide = unicodedata.name(letter, "").startswith("FULLWIDTH")
        if bare or (not (wide and around.asian) and (wide or len(word) > 1)):
            yield _suspect(start + place, letter, like, mixes=bare)


def _digits(word: str, start: int) -> Iterator[Suspect]:
    """Digits of another script among ASCII letters or digits."""
    if not any(one.isascii() for one in word):
        return
    for place, letter in enumerate(word):
        if unicodedata.category(letter) == "Nd" and not (letter.isascii() or undressed(letter)):
            like = LOOKS_LIKE.get(letter) or str(unicodedata.digit(letter))
            yield _suspect(start + place, letter, like, mixes=True)


def _extended(word: str, start: int) -> Iterator[Suspect]:
    """Rare Latin letters that look like an ASCII one, in a word that is ASCII otherwise."""
    strange = [one for one in word if not one.isascii()]
    if all(one in LOOKS_LIKE for one in strange):
        yield from _letters(word, start, lambda one: one in LOOKS_LIKE)


def _marked(letters: str, start: int) -> Iterator[Suspect]:
    """A letter with combining marks: two characters that look like one, or like a bare letter."""
    whole, base = unicodedata.normalize("NFC", letters), letters[0]
    if base.isascii() or len(whole) < len(letters):
        like = whole if len(whole) == 1 else base
        yield Suspect(start, letters, f"{name_of(base)} + {name_of(letters[1])}", like)


def _host(host: str, start: int) -> Iterator[Suspect]:
    """What misleads in the name of a host only: a dotless i, dashes, raised digits."""
    for place, letter in enumerate(host):
        if letter in DASHES:
            yield _suspect(start + place, letter, "-")
        elif letter == "\u0131":
            yield _suspect(start + place, letter, "i")
        elif like := undressed(letter):
            yield _suspect(start + place, letter, like)


def _misleads(text: str, place: int, around: _Surroundings) -> bool:
    """True for a sign in the middle of what a reader takes for an address, path or command."""
    before, behind = text[place - 1 : place], text[place + 1 : place + 2]
    sides = [is_ascii_word(before), is_ascii_word(behind)]
    if text[place] in "\u2044\u2215\u2236" and before.isdigit() and behind.isdigit():
        return False
    wide = unicodedata.east_asian_width(text[place]) in "FWH"
    if not wide:
        return any(sides)
    token = around.token(place)
    return all(sides) and (not around.asian or "//" in token or "@" in token)


def _punycode(text: str) -> Iterator[Suspect]:
    """Host names in ASCII disguise whose real letters read as others, or that say nothing."""
    for found in _PUNYCODE.finditer(text):
        label = found.group()
        try:
            real = label[4:].encode().decode("punycode")
        except (UnicodeError, ValueError, OverflowError):
            yield Suspect(found.start(), label, "A HOST NAME THAT CANNOT BE DECODED", "")
            continue
        inner = suspects(f"{real}.com")
        if inner:
            names = ", ".join(dict.fromkeys(one.name for one in inner))
            mixes = any(one.mixes for one in inner)
            yield Suspect(found.start(), label, f"{real} WITH {names}", _as_read(real), mixes)


def _as_read(text: str) -> str:
    return "".join(like_of(one) or one for one in text)


def _letters(
    word: str, start: int, wanted: Callable[[str], bool], *, mixes: bool = False
) -> Iterator[Suspect]:
    for place, letter in enumerate(word):
        if wanted(letter):
            yield _suspect(start + place, letter, like_of(letter), mixes=mixes)


def _suspect(place: int, letter: str, like: str, *, mixes: bool = False) -> Suspect:
    return Suspect(place, letter, name_of(letter), like, mixes)
