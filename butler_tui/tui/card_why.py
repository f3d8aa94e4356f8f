"""Why a call is asked, and what one can say, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from butler_tui.core.concerns import Concern
from butler_tui.core.events import ApprovalRequested
from butler_tui.core.labels import Labels
from butler_tui.tui.parts import Part, gathered
from butler_tui.tui.text import shown

_EFFECTS = {
    "observe": "looks at this machine",
    "fetch": "fetches from outside",
    "change": "changes this machine",
    "send": "sends something out",
    "execute": "runs something",
}


def why_of(asked: ApprovalRequested, mode: str) -> tuple[Part, ...]:
    """Everything that led to the question, in words."""
    return gathered(_why(asked, mode))


def _why(asked: ApprovalRequested, mode: str) -> Iterator[Part]:
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
    lifts = " or ".join(dict.fromkeys(one.kind for one in concerns))
    even = f", even if {lifts}" if lifts else ""
    yield shown(
        "y allows this one call.\n"
        f"r allows such calls until this run is over{even}.\n"
        "A shows the rule that would allow such calls always, to be changed before it is kept.\n"
        "e lets you change the arguments first.\n"
        "v shows the text that its arguments came from.\n"
        "n denies it; Butler does not try the same again in this run."
    )


def _sources(name: str, labels: dict[str, object]) -> Iterator[Part]:
    label = Labels.load(labels).overall()
    for source in sorted(label.sources, key=repr):
        yield shown(f"- {name}: {source.describe()}", "$warning" if source.untrusted else "")
