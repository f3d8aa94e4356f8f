"""Why a call is asked, and what one can say, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from butler_tui.core.concerns import Concern
from butler_tui.core.events import ApprovalRequested
from butler_tui.core.labels import Labels
from butler_tui.tui.deck import Card
from butler_tui.tui.parts import Part, gathered
from butler_tui.tui.selection import Selection
from butler_tui.tui.text import shown
from butler_tui.tui.words import count

_EFFECTS = {
    "observe": "looks at this machine",
    "fetch": "fetches from outside",
    "change": "changes this machine",
    "send": "sends something out",
    "execute": "runs something",
}


def why_of(
    asked: ApprovalRequested, mode: str, card: Card, selection: Selection
) -> tuple[Part, ...]:
    """Everything that led to the question, in words, and what one can say on this card."""
    return gathered(_why(asked, mode, card, selection))


def _why(asked: ApprovalRequested, mode: str, card: Card, selection: Selection) -> Iterator[Part]:
    yield Content.styled("why this is asked", "bold")
    yield shown(f"Butler asked because {asked.because or 'nothing allows it'}.")
    if asked.effect is not None:
        yield shown(
            f"Its effect is {asked.effect.value}: it {_EFFECTS[asked.effect.value]}. "
            f"The mode of this run is {mode}."
        )
    concerns = [Concern.load(one) for one in asked.concerns]
    if concerns:
        yield shown("Whatever mode or rule allows it, it is asked because of:", "$warning")
        yield from (shown(f"- {one.describe()}", "$warning") for one in concerns)
    for name in asked.args:
        yield from _sources(name, asked.labels.get(name, {}))
    yield from _sources("that it runs", asked.control)
    yield Content("")
    yield Content.styled("what you can say", "bold")
    yield shown("\n".join(_sayings(card, selection, concerns)))


def _sayings(card: Card, selection: Selection, concerns: Sequence[Concern]) -> Iterator[str]:
    """What each key does on this card, a sentence each."""
    lifts = " or ".join(dict.fromkeys(one.kind for one in concerns))
    even = f", even if {lifts}" if lifts else ""
    if card.sheet is not None:
        kept = sum(selection.has(card, one) for one in card.calls)
        yield f"y accepts the plan with {count(kept, 'call')} of these {len(card.calls)}."
        yield "space takes the call under the cursor off, which denies it in this run, or on again."
        yield "e changes the arguments of the call under the cursor."
        yield "S sets bounds within which further calls are not asked, and signs them."
        yield "n denies all these calls; what comes later is asked by itself."
        return
    if card.has_rows:
        meant = selection.meant(card)
        marked = bool(selection.marked & set(meant))
        which = f"the {len(meant)} marked calls" if marked else f"all {len(meant)} calls"
        yield f"y allows {which} of this card."
        yield "space marks the call under the cursor; Y allows what is marked, on every card."
        yield f"r allows {which}, and such calls until this run is over{even}."
    else:
        which = "it"
        yield "y allows this one call."
        yield f"r allows such calls until this run is over{even}."
    yield "A shows the rule that would allow such calls always, to be changed before it is kept."
    yield "e lets you change the arguments first."
    yield "v shows the text that its arguments came from."
    yield f"n denies {which}; Butler does not try the same again in this run."


def _sources(name: str, labels: dict[str, object]) -> Iterator[Part]:
    label = Labels.load(labels).overall()
    for source in sorted(label.sources, key=repr):
        yield shown(f"- {name}: {source.describe()}", "$warning" if source.untrusted else "")
