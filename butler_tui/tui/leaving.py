"""Leaving the app: by a letter only when it was meant, and with a question while runs are alive."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from butler_tui.tui.quiet import AFTER_KEY

if TYPE_CHECKING:
    from butler_tui.tui.app import ButlerApp
    from butler_tui.tui.watch import Watch


class Leaving:
    """Quits when the person means it."""

    def __init__(self, app: ButlerApp) -> None:
        self._app = app
        self._left = -inf

    def left_screen(self) -> None:
        """A screen was left: the same letter pressed again does not leave the app as well."""
        self._left = self._app.clock.seconds()

    def by_letter(self) -> None:
        """Quit, unless a screen was left by a key just before; a key held down does not quit."""
        now = self._app.clock.seconds()
        if now - self._left < AFTER_KEY:
            self._left = now
            self._app.notify("To quit Butler, press q again in a moment.", timeout=3)
        else:
            self.leave()

    def leave(self) -> None:
        """Quit; ask first while a run is not over. With text selected, copy it instead."""
        from butler_tui.tui.screens.confirm import Confirm

        app = self._app
        marked = getattr(app.focused, "selected_text", "")
        if text := marked or app.screen.get_selected_text():
            app.copy_to_clipboard(text)
            app.screen.clear_selection()
            return
        runs = app.desk.runs if app.desk is not None else None
        alive = [runs.watches[run] for run in runs.alive()] if runs is not None else []
        if not alive or isinstance(app.screen, Confirm):
            app.exit()
            return
        app.push_screen(
            Confirm(question(alive), "quit", app.clock), lambda yes: app.exit() if yes else None
        )


def question(alive: Sequence[Watch]) -> str:
    """What is left behind: how many runs go on, and how many only wait for the person."""
    waiting = sum(waits(one) for one in alive)
    going = len(alive) - waiting
    said: list[str] = []
    if going:
        said.append("a run is going on" if going == 1 else f"{going} runs are going on")
    if waiting:
        said.append("a run waits for you" if waiting == 1 else f"{waiting} runs wait for you")
    what = ", and ".join(said)
    kept = "What is finished is kept, and the rest can be resumed."
    return f"{what[:1].upper()}{what[1:]}. {kept}"


def waits(watch: Watch) -> bool:
    """True when nothing of the run goes on before the person decides something."""
    from butler_tui.core.calls import CallStatus, RunStatus

    state = watch.state
    goes_on = (CallStatus.RUNNING, CallStatus.RETRYING, CallStatus.OUTBOX)
    if any(call.status in goes_on for call in state.calls.values()):
        return False
    return state.status is RunStatus.WAITING or (state.planned and bool(watch.wanted()))
