"""Every action of the screens, once: keys, key line, palette and help are made from this list.

What decides a held call is listed here but has no `run`: only a key or a click on the card itself
can decide, so that no palette, no text and no typed-ahead Enter ever does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Place = Literal[
    "anywhere",
    "goal",
    "plan",
    "card",
    "outbox",
    "rule",
    "reason",
    "question",
    "edit",
    "changed",
    "bounds",
    "history",
    "full",
]
"""Where a key works: anywhere, or only while that part has the focus."""

HEADINGS: dict[Place, str] = {
    "anywhere": "Anywhere",
    "goal": "Goal",
    "plan": "Plan and card",
    "card": "Deciding, while the plan or the card has the focus",
    "outbox": "Outbox, while it has the focus",
    "rule": "Changing a rule before it is kept",
    "reason": "While you say why not",
    "question": "Answering a question",
    "edit": "Changing arguments",
    "changed": "While the changed call is shown",
    "bounds": "Setting bounds",
    "history": "History",
    "full": "Full screen",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the person can do: its keys, a word or two for the key line, a line of help.

    `run` is what Textual runs for it, empty for what its own part of the screen hears by itself;
    `named` says how many of its keys the key line names.
    """

    keys: tuple[str, ...]
    word: str
    help: str
    place: Place
    run: str = ""
    hint: bool = False
    palette: bool = True
    named: int = 1


ACTIONS: tuple[Action, ...] = (
    Action(("enter",), "start", "Start the goal and go to its plan", "goal", hint=True),
    Action(("up", "down"), "past goals", "Your past goals", "goal", hint=True, named=2),
    Action(
        ("ctrl+t", "f4"),
        "rehearse",
        "Rehearse the goal: look for real, only preview what changes, sends or runs",
        "goal",
        "screen.rehearse",
        hint=True,
    ),
    Action(("escape",), "plan", "Go to the plan", "goal", "screen.to_plan", True, False),
    Action(("enter",), "show", "Keep the step under the cursor in view", "plan", hint=True),
    Action(("d",), "full", "See the step or card on the full screen", "plan", "screen.full", True),
    Action(("a",), "answer", "Answer the question of a step", "plan", "screen.answer"),
    Action(("m",), "as written", "Output as Markdown or as written", "plan", "screen.markdown"),
    Action(("J",), "scroll down", "Scroll what is beside the plan", "plan", "screen.scroll(1)"),
    Action(("K",), "scroll up", "Scroll it back", "plan", "screen.scroll(-1)"),
    Action(("c",), "card", "Go to the card: its rows, its scrolling", "plan", "screen.to_card"),
    Action(("v",), "from", "See the text that arguments came from", "plan", "screen.sources"),
    Action(("s",), "bounds", "Set bounds for this plan, and sign them", "plan", "screen.bounds"),
    Action(("u",), "take back", "Take a call back out of the outbox", "plan", "screen.take_back"),
    Action(("b",), "outbox", "Go to the outbox", "plan", "screen.to_outbox"),
    Action(("R",), "report", "What was done, and whether it was found so", "plan", "screen.report"),
    Action(("U",), "undo", "Put back what this run or this step changed", "plan", "app.undo"),
    Action(("i",), "new goal", "Type a goal", "plan", "screen.goal", True, False),
    Action(("x",), "cancel", "Cancel this run for good", "plan", "app.cancel_run", True),
    Action(("o",), "go on", "Go on with an interrupted or waiting run", "plan", "app.resume_run"),
    Action(("g",), "again", "Run this goal again", "plan", "app.run_again"),
    Action(("left_square_bracket",), "other run", "Show the run before", "plan", "app.turn(-1)"),
    Action(("right_square_bracket",), "next run", "Show the run after", "plan", "app.turn(1)"),
    Action(
        ("question_mark",), "why", "Why it is asked; without a card, help", "plan", "screen.why"
    ),
    Action(("h",), "history", "Past runs", "plan", "app.history", True, False),
    Action(
        ("q",),
        "quit",
        "Quit; what runs can be resumed",
        "plan",
        "app.leave_by_letter",
        False,
        False,
    ),
    Action(("y",), "once", "Allow this call", "card", hint=True),
    Action(("r",), "this run", "Allow such calls until this run is over", "card", hint=True),
    Action(("A",), "always", "Show the rule that allows such calls always", "card", hint=True),
    Action(("e",), "edit", "Change the arguments, then allow the call", "card", hint=True),
    Action(("space",), "mark", "Mark the call, or take it off the plan's sheet", "card", hint=True),
    Action(("Y",), "allow marked", "Allow all the marked calls", "card", hint=True),
    Action(("n",), "deny", "Deny the call, with a reason if you like", "card", hint=True),
    Action(("tab",), "next card", "Show the next card; without one, the next part", "card"),
    Action(("enter",), "send now", "Send the call under the cursor now", "outbox", hint=True),
    Action(("u",), "take back", "Take it back: it is not sent", "outbox", hint=True),
    Action(("escape",), "plan", "Go back to the plan", "outbox", hint=True),
    Action(
        ("ctrl+s", "f2"),
        "keep the rule and allow",
        "Keep the rule and allow this call",
        "rule",
        "screen.keep",
        True,
        False,
    ),
    Action(("escape",), "back", "Keep nothing", "rule", "screen.back", True, False),
    Action(("enter",), "deny", "Deny the call", "reason", hint=True),
    Action(("escape",), "back", "Deny nothing and go back to the card", "reason", hint=True),
    Action(("enter",), "answer", "Give the answer", "question", hint=True),
    Action(("escape",), "plan", "Go back to the plan", "question", hint=True),
    Action(
        ("ctrl+s", "f2"),
        "look at it",
        "See what the changed call would do, and what the policy says",
        "edit",
        "screen.keep",
        True,
        False,
    ),
    Action(("escape",), "back", "Change nothing", "edit", "screen.back", True, False),
    Action(
        ("y",), "allow as changed", "Allow exactly the call that is shown", "changed", hint=True
    ),
    Action(("escape",), "back", "Change it again", "changed", hint=True),
    Action(
        ("ctrl+s", "f2"), "sign", "Sign the bounds as shown", "bounds", "screen.keep", True, False
    ),
    Action(("escape",), "back", "Sign nothing", "bounds", "screen.back", True, False),
    Action(("ctrl+n",), "new goal", "A new goal beside what runs", "anywhere", "app.new_goal"),
    Action(("ctrl+r",), "history", "Past runs", "anywhere", "app.history"),
    Action(("f1",), "help", "All keys", "anywhere", "app.help", True),
    Action(
        ("ctrl+p",), "all", "Everything by name", "anywhere", "app.command_palette", True, False
    ),
    Action(("ctrl+c", "ctrl+q"), "quit", "Quit; what runs can be resumed", "anywhere", "app.leave"),
    Action(("enter",), "open", "Open the run", "history", "screen.open", True, False),
    Action(
        ("slash",),
        "search",
        "Search goals, steps and outputs",
        "history",
        "screen.search",
        True,
        False,
    ),
    Action(("g",), "again", "Run its goal again", "history", "screen.again", True, False),
    Action(("o",), "go on", "Go on with it", "history", "screen.resume", True, False),
    Action(("escape",), "back", "Back to the plan", "history", "screen.back", True, False),
    Action(("escape", "d", "q"), "back", "Back", "full", "screen.back", True, False),
)

FULL = next(one for one in ACTIONS if one.run == "screen.full")
SOURCES = next(one for one in ACTIONS if one.run == "screen.sources")
BOUNDS = next(one for one in ACTIONS if one.run == "screen.bounds")
TO_GOAL = next(one for one in ACTIONS if one.run == "screen.goal")
WHY = next(one for one in ACTIONS if one.run == "screen.why")
ANSWER = next(one for one in ACTIONS if one.run == "screen.answer")
MARK = "space"
DECIDING = frozenset(
    one.keys[0] for one in ACTIONS if one.place == "card" and one.hint and one.keys[0] != MARK
)
"""The letters that decide a held call; `space` only marks one."""

_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "f1": "F1",
    "up": "↑",
    "down": "↓",
}


Bound = Binding | tuple[str, str] | tuple[str, str, str]


def key_name(key: str) -> str:
    """A key as it is called on the screen."""
    return _NAMES.get(key, key)


def actions_in(*places: Place) -> Iterator[Action]:
    """The actions of these places, in the order of the list."""
    return (one for one in ACTIONS if one.place in places)


def bindings(*places: Place, priority: bool = False) -> list[Bound]:
    """What Textual binds in these places."""
    return [
        Binding(",".join(one.keys), one.run, one.word, show=False, priority=priority)
        for one in actions_in(*places)
        if one.run
    ]


def hints(*places: Place) -> list[Action]:
    """What the key line names in these places."""
    return [one for one in actions_in(*places) if one.hint]
