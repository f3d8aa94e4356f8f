"""Blanks in a name that are not the space they look like, or that nobody sees at its edge.

In a sentence they are good typography (`5 €`); in a file's name, an address or a command they make
two names of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from butler_tui.core.lookalike_letters import name_of
from butler_tui.core.lookalikes import Suspect
from butler_tui.core.rules import PATH_ARGUMENTS

ALSO_NAMES = frozenset({"url", "argv"})
"""Arguments that hold names beside those of files, whatever their tool."""

_ODD = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_EDGE = re.compile(r"\A +| +\Z")
_LOOKS_LIKE_A_FILE = re.compile(r"[^ ]*\.[A-Za-z][A-Za-z0-9]{0,7}\s?")
_WIDE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
_TAB = "TAB"


def is_name(argument: str, text: str) -> bool:
    """True for the text of an argument that holds names, and for one that reads as a file's."""
    if argument in PATH_ARGUMENTS:
        return True
    one_line = "\n" not in text
    return one_line and (argument in ALSO_NAMES or bool(_LOOKS_LIKE_A_FILE.fullmatch(text)))


def odd_blanks(text: str) -> Iterator[Suspect]:
    """The blanks of a name that a reader takes for a space or does not see, in their order.

    A wide one between wide letters is ordinary: Chinese and Japanese names have it.
    """
    for found in _ODD.finditer(text):
        letter, place = found.group(), found.start()
        beside = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
        if letter != "\u3000" or not _WIDE.search(beside):
            yield Suspect(place, letter, _TAB if letter == "\t" else name_of(letter), " ")
    for found in _EDGE.finditer(text):
        edge = "BEGINNING" if found.start() == 0 else "END"
        yield Suspect(found.start(), found.group(), f"SPACE AT THE {edge}", "")
