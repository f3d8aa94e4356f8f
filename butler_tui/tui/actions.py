"""Every action of the screens, once: keys, key line, palette and help are made from this list.

What decides a held call is listed here but has no `run`: only a key or a click on the card itself
can decide, so that no palette, no text and no typed-ahead Enter ever does.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding

from butler_tui.tui.action import Action, Place

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
    Action(
        ("enter",),
        "instruct",
        "Tell this run how to go on: it is planned anew, and what runs goes on",
        "instruction",
        hint=True,
    ),
    Action(
        ("ctrl+n",),
        "as a new goal",
        "Make a new goal of what is typed; Enter then starts it beside this run",
        "instruction",
        "app.new_goal",
        True,
        False,
    ),
    Action(("escape",), "plan", "Go to the plan", "instruction", "screen.to_plan", True, False),
    Action(
        ("enter",), "follow up", "Start it; it can use what the run found", "follow-up", hint=True
    ),
    Action(("escape",), "back", "No follow-up; back to the plan", "follow-up", "", True, False),
    Action(("enter",), "show", "Keep the step under the cursor in view", "plan", hint=True),
    Action(("d",), "full", "See the step or card on the full screen", "plan", "screen.full", True),
    Action(("a",), "answer", "Answer the question of a step", "plan", "screen.answer"),
    Action(("m",), "as written", "Output as Markdown or as written", "plan", "screen.markdown"),
    Action(("J",), "scroll down", "Scroll what is beside the plan", "plan", "screen.scroll(1)"),
    Action(("K",), "scroll up", "Scroll it back", "plan", "screen.scroll(-1)"),
    Action(("c",), "card", "Go to the card: its rows, its scrolling", "plan", "screen.to_card"),
    Action(("v",), "from", "See the text that arguments came from", "plan", "screen.sources"),
    Action(
        ("p",),
        "pause",
        "Pause this run, or let it go on",
        "plan",
        "app.steer('pause')",
        True,
        when="going",
    ),
    Action(
        ("s",),
        "skip",
        "Do without the step under the cursor; t takes it in again",
        "plan",
        "app.steer('skip')",
    ),
    Action(
        ("t",),
        "try again",
        "Try the step under the cursor again that failed or was skipped",
        "plan",
        "app.steer('retry')",
    ),
    Action(("E",), "edit plan", "Change the plan of this run as text", "plan", "app.steer('edit')"),
    Action(
        ("D",), "changes", "What a revision of the plan changed", "plan", "app.steer('compare')"
    ),
    Action(("S",), "bounds", "Set bounds for this plan, and sign them", "plan", "screen.bounds"),
    Action(("u",), "take back", "Take a call back out of the outbox", "plan", "screen.take_back"),
    Action(("b",), "outbox", "Go to the outbox", "plan", "screen.to_outbox"),
    Action(
        ("R",),
        "report",
        "What was done, and whether it was found so",
        "plan",
        "screen.report",
        True,
        when="over",
    ),
    Action(("U",), "undo", "Put back what this run or this step changed", "plan", "app.undo"),
    Action(
        ("i",),
        "type",
        "Type a goal, or an instruction for this run",
        "plan",
        "screen.goal",
        True,
        False,
    ),
    Action(
        ("x",),
        "cancel",
        "Cancel this run for good, when you say y",
        "plan",
        "app.cancel_run",
        True,
        when="going",
    ),
    Action(
        ("X",),
        "cancel at once",
        "Cancel it and all that is in flight, without a question",
        "plan",
        "app.cancel_now",
    ),
    Action(("o",), "go on", "Go on with an interrupted or waiting run", "plan", "app.resume_run"),
    Action(("g",), "again", "Run this goal again", "plan", "app.run_again", True, when="over"),
    Action(
        ("G",),
        "again from here",
        "Run the step under the cursor, and what depends on it, again in a new run",
        "plan",
        "app.fork('from')",
    ),
    Action(
        ("O",),
        "give output",
        "Give the output of the step under the cursor; what depends on it runs in a new run",
        "plan",
        "app.fork('output')",
    ),
    Action(
        ("F",),
        "follow up",
        "Type a goal that can use what this run found",
        "plan",
        "app.follow_up",
        True,
        when="over",
    ),
    Action(("T",), "title", "Give this run another title", "plan", "app.fork('title')"),
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
    Action(
        ("1", "2", "3", "4"),
        "choose",
        "Choose how the run goes on, where the run itself asks",
        "card",
        named=4,
    ),
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
        ("ctrl+s", "f2"),
        "take it",
        "Let the text take the place of the plan",
        "plan text",
        "screen.keep",
        True,
        False,
    ),
    Action(("escape",), "back", "Change nothing", "plan text", "screen.back", True, False),
    Action(
        ("ctrl+s", "f2"),
        "run with it",
        "Run what depends on the step again, with this as its output",
        "output",
        "screen.keep",
        True,
        False,
    ),
    Action(("escape",), "back", "Change nothing", "output", "screen.back", True, False),
    Action(
        ("enter", "ctrl+s"),
        "keep",
        "List the run by this title",
        "title",
        "screen.keep",
        True,
        False,
    ),
    Action(("escape",), "back", "Change nothing", "title", "screen.back", True, False),
    Action(
        ("left", "right"),
        "revision",
        "Compare an older or a newer revision with the one before it",
        "revisions",
        hint=True,
        named=2,
    ),
    Action(
        ("up", "down"),
        "compared with",
        "Compare with an older or a newer one",
        "revisions",
        hint=True,
        named=2,
    ),
    Action(("escape", "D", "q"), "back", "Back to the plan", "revisions", "screen.back", True),
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
    Action(
        ("ctrl+o",),
        "unfinished",
        "Go on with the next run that waits or was interrupted",
        "anywhere",
        "app.unfinished",
    ),
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
    Action(("space",), "mark", "Mark a run, to compare another with it", "history", "screen.mark"),
    Action(
        ("D",),
        "compare",
        "Show the marked run and this one side by side",
        "history",
        "screen.compare",
        True,
        False,
    ),
    Action(("escape",), "back", "Back to the plan", "history", "screen.back", True, False),
    Action(("escape", "d", "q"), "back", "Back", "full", "screen.back", True, False),
)

FULL = next(one for one in ACTIONS if one.run == "screen.full")
SOURCES = next(one for one in ACTIONS if one.run == "screen.sources")
BOUNDS = next(one for one in ACTIONS if one.run == "screen.bounds")
TO_GOAL = next(one for one in ACTIONS if one.run == "screen.goal")
WHY = next(one for one in ACTIONS if one.run == "screen.why")
GIVE_OUTPUT = next(one for one in ACTIONS if one.word == "give output")
ANSWER = next(one for one in ACTIONS if one.run == "screen.answer")
CHOOSE = next(one for one in ACTIONS if one.word == "choose")
MARK = "space"
DECIDING = frozenset(
    one.keys[0] for one in ACTIONS if one.place == "card" and one.hint and one.keys[0] != MARK
)
"""The letters that decide a held call; `space` only marks one."""
PRESSED = DECIDING | frozenset(CHOOSE.keys)
"""The keys that decide something on a card, whatever it asks."""

Bound = Binding | tuple[str, str] | tuple[str, str, str]


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


def hints(*places: Place, over: bool = False) -> list[Action]:
    """What the key line names in these places; `over`: the run on the screen is."""
    unfit = "going" if over else "over"
    return [one for one in actions_in(*places) if one.hint and one.when != unfit]
