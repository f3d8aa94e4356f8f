"""The command palette's entries, made from the one list of actions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.screen import Screen

from butler_tui.tui.action import Action, key_name
from butler_tui.tui.actions import actions_in
from butler_tui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from butler_tui.tui.app import ButlerApp


def commands(app: ButlerApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What can be done on this screen. Whatever decides a held call only leads to its card."""
    for action in actions_in("anywhere"):
        if action.palette:
            yield _runs(app, action)
    if not isinstance(screen, MainScreen):
        return
    for action in actions_in("goal", "plan"):
        if action.run and action.palette:
            yield _runs(app, action)
    for action in actions_in("card"):
        yield SystemCommand(
            f"{action.word.capitalize()} ({key_name(action.keys[0])} on the card)",
            action.help,
            partial(_to_card, app, action),
        )


def _runs(app: ButlerApp, action: Action) -> SystemCommand:
    title = f"{action.word.capitalize()} ({key_name(action.keys[0])})"
    return SystemCommand(title, action.help, partial(app.run_action, action.run))


def _to_card(app: ButlerApp, action: Action) -> None:
    bench = app.main.bench
    if bench is None or bench.needs.card is None:
        app.notify("Nothing waits for you in this run.")
        return
    bench.needs.focus()
    app.notify(f"Read the card, then press {key_name(action.keys[0])}.")
