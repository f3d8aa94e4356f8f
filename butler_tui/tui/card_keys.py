"""Which keys a card names, by what it shows at the moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from butler_tui.core.concerns import Concern
from butler_tui.core.events import QuestionAsked
from butler_tui.tui.action import Action
from butler_tui.tui.actions import ANSWER, BOUNDS, FULL, SOURCES, WHY, hints
from butler_tui.tui.deck import Card
from butler_tui.tui.own_questions import hints_for
from butler_tui.tui.selection import Selection

Mode = Literal["none", "card", "why", "reason", "question", "choice", "words"]
"""What is on the card: itself, why it is asked, a reason, a step's question, the run's own with
its numbered choices, or the line in which that is answered in one's own words."""

BESIDE = (SOURCES, FULL, WHY)


def hints_of(mode: Mode, card: Card, selection: Selection) -> list[Action]:
    """The keys that work on this card in this mode, by what they do here."""
    if mode == "question":
        return [ANSWER]
    if mode == "words":
        return hints("question")
    if mode == "choice" and isinstance(card.first, QuestionAsked):
        return [*hints_for(card.first)]
    if mode not in ("card", "why"):
        return hints("reason") if mode == "reason" else []
    if card.sheet is not None:
        return _sheet(card, selection)
    lifts = _lifts(card)
    run = f"this run, even if {lifts}" if lifts else "this run"
    words = {"r": run}
    if card.has_rows:
        meant = selection.meant(card)
        which = f"{len(meant)} marked" if selection.marked & set(meant) else f"all {len(meant)}"
        words = {"y": which, "n": f"deny {which}", "r": f"{which}, {run}"}
    if selection.marked:
        words["Y"] = f"allow {len(selection.marked)} marked"
    kept = [one for one in _deciding(words) if one.keys[0] != "Y" or selection.marked]
    if not card.has_rows:
        kept = [one for one in kept if one.keys[0] != "space"]
    return [*kept, *BESIDE]


def _sheet(card: Card, selection: Selection) -> list[Action]:
    kept = sum(selection.has(card, one) for one in card.calls)
    words = {"y": f"accept {kept}", "space": "off or on", "e": "edit", "n": "deny all"}
    return [*(one for one in _deciding(words) if one.keys[0] in words), BOUNDS, *BESIDE]


def _deciding(words: Mapping[str, str]) -> list[Action]:
    return [replace(one, word=words.get(one.keys[0], one.word)) for one in hints("card")]


def _lifts(card: Card) -> str:
    """What *this run* allows although it would be asked: the concerns that are shown."""
    kinds = [Concern.load(one).kind for asked in card.calls for one in asked.concerns]
    return " or ".join(dict.fromkeys(kinds))
