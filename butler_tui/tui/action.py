"""What an action of the screens is, the places in which its keys work, and what keys are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal[
    "anywhere",
    "goal",
    "instruction",
    "follow-up",
    "plan",
    "card",
    "outbox",
    "rule",
    "reason",
    "question",
    "edit",
    "plan text",
    "output",
    "title",
    "revisions",
    "changed",
    "bounds",
    "history",
    "full",
]
"""Where a key works: anywhere, or only while that part has the focus."""

HEADINGS: dict[Place, str] = {
    "anywhere": "Anywhere",
    "goal": "Goal",
    "instruction": "Goal line, while the run on the screen is not over",
    "follow-up": "Goal line, for a goal that follows a run",
    "plan": "Plan and card",
    "card": "Deciding, while the plan or the card has the focus",
    "outbox": "Outbox, while it has the focus",
    "rule": "Changing a rule before it is kept",
    "reason": "While you say why not",
    "question": "Answering a question",
    "edit": "Changing arguments",
    "plan text": "Changing the plan as text",
    "output": "Giving a step's output",
    "title": "Changing a run's title",
    "revisions": "Comparing revisions",
    "changed": "While the changed call is shown",
    "bounds": "Setting bounds",
    "history": "History",
    "full": "Full screen",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the person can do: its keys, a word or two for the key line, a line of help.

    `run` is what Textual runs for it, empty for what its own part of the screen hears by itself;
    `named` says how many of its keys the key line names, `when` whether it does so only while the
    run on the screen goes on, or once it is over.
    """

    keys: tuple[str, ...]
    word: str
    help: str
    place: Place
    run: str = ""
    hint: bool = False
    palette: bool = True
    named: int = 1
    when: Literal["always", "going", "over"] = "always"


_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "f1": "F1",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_name(key: str) -> str:
    """A key as it is called on the screen."""
    return _NAMES.get(key, key)
