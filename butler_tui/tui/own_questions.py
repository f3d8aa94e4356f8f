"""What a run asks of its own accord: about a call that may have happened, or that it is stuck.

Each choice has a number, and says what comes of it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from butler_tui.core.events import QuestionAsked
from butler_tui.core.revising import DONE, RETRY, SKIP, STOP
from butler_tui.tui.action import Action
from butler_tui.tui.actions import ANSWER, CHOOSE, FULL
from butler_tui.tui.text import joined, shown, shown_line

_HEADS = {
    "unknown": "this may have happened: check, then say how the run goes on",
    "stuck": "the run does not get further by itself",
}
_UNKNOWN = {
    RETRY: "it runs again; if it did happen, it happens twice",
    DONE: "it happened, and the run goes on without its output",
    SKIP: "the run does without it",
    STOP: "the run ends here, failed, and says what is done",
}
_STUCK = {**_UNKNOWN, RETRY: "what failed is tried once more", SKIP: "the run does without it"}


def asks_itself(asked: QuestionAsked) -> bool:
    """True for a question of the run itself, which numbered keys answer."""
    return asked.about != "step" and bool(asked.choices)


def own_question(asked: QuestionAsked) -> Iterator[Content]:
    """What is the matter, the evidence, and what each choice comes to."""
    yield shown(_HEADS.get(asked.about, ""), "bold")
    yield shown_line(f"step {asked.step}{list(asked.item) or ''}", "$quiet")
    yield joined("\n", shown(asked.question))
    yield Content("")
    meaning = _UNKNOWN if asked.about == "unknown" else _STUCK
    for number, choice in enumerate(asked.choices or (), 1):
        yield _choice(str(number), choice, meaning.get(choice, ""))
    if takes_words(asked):
        yield _choice("a", "say it", "in your own words, as an instruction")


def _choice(key: str, choice: str, meaning: str) -> Content:
    said = shown_line(f"{choice:<14}", "bold")
    return joined((f"{key}  ", "$primary bold"), said, (meaning, "$quiet"))


def takes_words(asked: QuestionAsked) -> bool:
    """True when the person may also say in their own words how the run goes on."""
    return asked.about == "stuck"


def choice_at(asked: QuestionAsked, key: str) -> str | None:
    """What the key chooses; None when it chooses nothing."""
    choices = asked.choices or ()
    place = int(key) - 1 if key in CHOOSE.keys else len(choices)
    return choices[place] if place < len(choices) else None


def hints_for(asked: QuestionAsked) -> Sequence[Action]:
    """The keys of such a card."""
    numbered = [
        Action((str(number),), choice, choice, "card")
        for number, choice in enumerate(asked.choices or (), 1)
    ]
    said = [Action(ANSWER.keys, "say it", ANSWER.help, "plan", ANSWER.run)]
    return [*numbered, *(said if takes_words(asked) else ()), FULL]
