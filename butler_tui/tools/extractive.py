"""A summary made of a text's own sentences: the ones whose words the text speaks of most.

Scored as SumBasic does: a word counts by how often the text uses it, and less once a chosen
sentence has it, so that nothing is said twice. Knows English and German function words.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass

from butler_tui.tools.prose import passages, sentences

SHORTEST = 4
"""Words; a shorter sentence tells little without its neighbours."""

ALIKE = 0.8
"""The part of two sentences' words that are the same, from which on both say the same."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTION_WORDS = _words(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers him his how i if in into is it its itself just may me more most
    must my no nor not of off on once one only or other our ours out over own same shall she should
    so some such than that the their theirs them then there these they this those through to too
    under until up us use used uses using very was we were what when where which while who whom why
    will with would you your yours e g i.e
    ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis
    bist da dabei damit dann das dass dazu dem den denn der deren des dessen die dies diese diesem
    diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwa etwas euch
    für gegen hab habe haben hat hatte hatten hier hin ihm ihn ihnen ihr ihre ihrem ihren ihrer im
    in indem ins ist ja jede jedem jeden jeder jedes jedoch kann kein keine keinem keinen keiner
    können könnte man mehr mein meine mich mir mit muss müssen nach nicht nichts noch nun nur ob
    oder ohne sehr sein seine seinem seinen seiner seit sich sie sind so sollte soll sowie um und
    uns unser unter vom von vor war waren was wegen weil welche welcher wenn wer werden wie wieder
    will wir wird wo wurde wurden während zu zum zur zwar zwischen über
    """
)


_POINTER = re.compile(
    "(?:please )?(?:see|visit|click|jump|for more|read more|check out|go to|here is|here are"
    "|siehe|besuche|klicke|mehr dazu|weitere informationen|hier ist|hier sind)\\b"
    "|[^.]*\\b(?:following|folgende[nrs]?)\\b",
    re.I,
)
"""Sentences that point elsewhere tell little themselves."""

_LEANING = re.compile(r"(?:it|they|this|these|he|she|es|er|sie|dies\w*|das)\b", re.I)
"""Sentences that need the one before them."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that may be chosen; `place` is its number in the text."""

    place: int
    text: str
    stems: tuple[str, ...]
    bonus: float


def summary(text: str, most: int) -> str:
    """At most `most` of the text's sentences, in their order; empty when it has no words."""
    best, others = _candidates(text)
    chosen = _choose(best, most, [])
    chosen = _choose(others, most, chosen)  # what else the text says, as far as there is room
    chosen.sort(key=lambda one: one.place)
    return " ".join(_closed(one.text) for one in chosen)


def _candidates(text: str) -> tuple[list[_Candidate], list[_Candidate]]:
    """The sentences that read well alone, and the shorter ones; every one when there are none."""
    every: list[_Candidate] = []
    for place_of_passage, passage in enumerate(passages(text)):
        for place, sentence in enumerate(sentences(passage.text)):
            bonus = (1.0 if place == 0 else 0.5) / (1 + place_of_passage)
            bonus -= 0.3 if passage.is_item else 0.0
            bonus -= 0.2 if _LEANING.match(sentence) else 0.0
            bonus -= 0.5 if _POINTER.match(sentence) else 0.0
            every.append(_Candidate(len(every), sentence, _stems(sentence), bonus))
    good = [one for one in every if _stands_alone(one.text)]
    short = [one for one in every if _is_short(one)]
    if good or short:
        return good, short
    return every or _lines(text), []


def _lines(text: str) -> list[_Candidate]:
    """A text without prose (only a heading or a table): its lines as they are."""
    lines = [line.strip(" #|\t") for line in text.splitlines()]
    worded = [line for line in lines if re.search(r"\w", line)]
    return [_Candidate(place, line, _stems(line), 0.0) for place, line in enumerate(worded)]


def _stands_alone(sentence: str) -> bool:
    """True for what reads well without its neighbours: no scrap, menu, question, list's opening."""
    return _worded(sentence) >= SHORTEST and not _is_fragment(sentence)


def _is_short(one: _Candidate) -> bool:
    """True for a whole sentence of few words (`Tomatoes need water.`), not for `Yes.`."""
    whole = 1 < _worded(one.text) < SHORTEST and one.text.endswith((".", "!"))
    return whole and not _is_fragment(one.text)


def _worded(sentence: str) -> int:
    return sum(any(map(str.isalpha, word)) for word in sentence.split())


def _is_fragment(sentence: str) -> bool:
    is_menu = len(re.findall(r"\s[•·|/]\s", sentence)) > 1
    return is_menu or sentence.endswith((":", "\uff1a", ",", "?"))


def _stems(sentence: str) -> tuple[str, ...]:
    """The words that carry meaning, cut so that most inflections of one word are equal."""
    words = re.findall(r"[^\W_][\w'-]*", sentence.lower())
    return tuple(dict.fromkeys(word[:6] for word in words if word not in _FUNCTION_WORDS))


def _choose(candidates: list[_Candidate], most: int, already: list[_Candidate]) -> list[_Candidate]:
    """Those already chosen and the best of the candidates; after each, what it says counts less."""
    counts = Counter(stem for one in candidates for stem in one.stems)
    total = counts.total() or 1
    weight = {stem: count / total for stem, count in counts.items()}
    top = max(weight.values(), default=1.0)

    def score(one: _Candidate) -> float:
        spread = max(len(one.stems), 8) * (1.0 if len(one.text) <= 400 else len(one.text) / 400)
        return sum(weight[stem] for stem in one.stems) / spread + one.bonus * top / 4

    # Weights only fall, so a score computed earlier is an upper bound: look again only at the top.
    heap = [(-score(one), one.place, one) for one in candidates]
    heapq.heapify(heap)
    chosen = list(already)
    said = {one.stems for one in chosen}
    while heap and len(chosen) < most:
        _, place, one = heapq.heappop(heap)
        now = -score(one)
        if heap and now > heap[0][0]:
            heapq.heappush(heap, (now, place, one))
            continue
        if one.stems in said or any(_alike(one, other) for other in chosen):
            continue
        chosen.append(one)
        said.add(one.stems)
        for stem in one.stems:
            weight[stem] *= weight[stem]
    return chosen


def _alike(one: _Candidate, other: _Candidate) -> bool:
    """True for nearly the same words; another number or a *not* is another thing said."""
    mine, theirs = set(one.stems), set(other.stems)
    if len(mine & theirs) < ALIKE * len(mine | theirs):
        return False
    return _facts(one.text) == _facts(other.text)


def _facts(sentence: str) -> set[str]:
    return set(re.findall(r"\d+|\b(?:no|not|never|nicht|kein\w*|nie)\b", sentence.lower()))


_CLOSED = re.compile(r"[.!?…。\uff01\uff1f:;][\"'”\u2019“»«)\]*_`]*$")


def _closed(sentence: str) -> str:
    """The sentence with a full stop when it, a list item say, ended without one."""
    return sentence if _CLOSED.search(sentence) else f"{sentence}."
