"""What letters are: their script, their name, and what a reader takes them for."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

from butler_tui.core.lookalike_table import LOOKS_LIKE

NEVER_LATIN = ("ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GEORGIAN")
"""Scripts whose letters never belong in a Latin word; Greek ones do, in formulas."""

TWINS = {
    script: {LOOKS_LIKE[one]: one for one in LOOKS_LIKE if unicodedata.name(one).startswith(script)}
    for script in ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
}
"""By script: each ASCII letter or digit, and the letter of the script that looks like it."""


def name_of(letter: str) -> str:
    """Unicode's name of a letter, or its code where it has none."""
    return unicodedata.name(letter, f"U+{ord(letter):04X}")


def is_ascii_word(sign: str) -> bool:
    """True for one ASCII letter or digit."""
    return sign.isascii() and sign.isalnum()


def has_plain(text: str, script: str) -> bool:
    """True when the text holds a letter of the script that looks like no ASCII letter."""
    return any(script_of(one) == script and one not in LOOKS_LIKE for one in set(text))


def scripts_of(word: str) -> Counter[str]:
    """How many letters of each script a word has."""
    return Counter(script for one in word if (script := script_of(one)))


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """The script of a letter by its Unicode name; empty for digits, marks and dressed ASCII."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else ""
    if not letter.isalpha() or undressed(letter):
        return ""
    first = unicodedata.name(letter, "").split(" ", 1)[0]
    return "" if first in ("MODIFIER", "HALFWIDTH", "FULLWIDTH", "FEMININE", "MASCULINE") else first


@lru_cache(maxsize=4096)
def like_of(letter: str) -> str:
    """The ASCII letter or digit that a letter looks like, accents aside; empty when none."""
    base = unicodedata.normalize("NFKD", letter)[0]
    return LOOKS_LIKE.get(letter) or LOOKS_LIKE.get(base) or undressed(letter)


@lru_cache(maxsize=4096)
def undressed(letter: str) -> str:
    """The ASCII letter or digit that compatibility normalisation makes of a letter, if one."""
    if letter.isascii():
        return ""
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 and plain.isascii() and plain.isalnum() else ""


@lru_cache(maxsize=4096)
def is_plain(word: str) -> bool:
    """True for a word of one script that reads as nothing else, as nearly every word is."""
    if word.isascii():
        return True
    return (
        word.isalpha()
        and unicodedata.is_normalized("NFKC", word)
        and len(scripts_of(word)) == 1
        and not any(one.isascii() for one in word)
        and any(one not in LOOKS_LIKE for one in word)
    )


@lru_cache(maxsize=4096)
def blends(word: str) -> bool:
    """True for a word that may mix scripts, digits and dress counted."""
    return any(one.isascii() for one in word) or len(scripts_of(word)) > 1
