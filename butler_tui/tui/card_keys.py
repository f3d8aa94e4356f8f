"""Which keys a card names, by what it shows at the moment. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from butler_tui.tui.actions import ANSWER, FULL, SPLIT, WHY, Action, hints
from butler_tui.tui.deck import Card

Mode = Literal["none", "card", "why", "rule", "reason", "question"]
"""What is on the card: itself, why it is asked, the rule to keep, a reason, or a question."""


def hints_of(mode: Mode, card: Card) -> list[Action]:
    """The keys that work on this card in this mode."""
    if mode not in ("card", "why"):
        return [ANSWER] if mode == "question" else hints(mode) if mode != "none" else []
    if len(card.calls) == 1:
        return [*hints("card"), FULL, WHY]
    several = f"all {len(card.calls)}"
    words = {"y": several, "n": f"deny {several}", "r": "all in this run"}
    named = [replace(one, word=words.get(one.keys[0], one.word)) for one in hints("card")]
    return [*(one for one in named if one.keys[0] in words), SPLIT, FULL, WHY]
