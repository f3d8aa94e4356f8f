"""The app: composes the screens with Butler, and owns what runs."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Literal

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.screen import Screen

from butler_tui.core.clean import visible
from butler_tui.tui.actions import bindings
from butler_tui.tui.clock import Clock, SystemClock
from butler_tui.tui.hangup import leave_on_hangup
from butler_tui.tui.leaving import Leaving
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.redacted import redacted
from butler_tui.tui.screens.main import MainScreen
from butler_tui.tui.theme import DARK, LIGHT

if TYPE_CHECKING:
    from textual.widgets import Markdown

    from butler_tui.butler import Butler
    from butler_tui.core.ports import Notices
    from butler_tui.tui.decisions import Wished
    from butler_tui.tui.desk import Desk
    from butler_tui.tui.forking import Forked
    from butler_tui.tui.steering import Steered
    from butler_tui.tui.widgets.goal_input import GoalInput
    from butler_tui.tui.widgets.reply import Reply
    from butler_tui.tui.widgets.unfinished import Unfinished

ButlerFactory = Callable[[], AbstractAsyncContextManager["Butler"]]

INTERRUPTED = 130


class ButlerApp(App[None]):
    """Paints first, then opens Butler. What runs belongs to the app, never to a screen."""

    TITLE = "butler"
    CSS_PATH = "styles/butler.tcss"
    BINDINGS = bindings("anywhere", priority=True)

    def __init__(
        self,
        butler_factory: ButlerFactory,
        *,
        folder: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.clock: Clock = clock or SystemClock()
        self.quiet = Quiet()
        self.folder = folder or Path.cwd()
        self.main = MainScreen(self.clock, self.quiet)
        self.desk: Desk | None = None
        self.notices: Notices | None = None
        self.opened = asyncio.Event()
        self._butler_factory = butler_factory
        self._leaving = asyncio.Event()
        self._going = Leaving(self)
        self._house: asyncio.Task[None] | None = None
        self.fault: BaseException | None = None
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[Any]:
        """The main screen is there from the first paint on."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What themes other than Butler's own have no colour for."""
        own = DARK if self.current_theme.dark else LIGHT
        return {"quiet": own.variables["quiet"]}

    def on_mount(self) -> None:
        """Open Butler once something has been painted."""
        if sys.platform != "win32":
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, self._end_from_outside)
            leave_on_hangup(self._end_from_outside, INTERRUPTED)
        self.call_after_refresh(self._open)

    def _end_from_outside(self) -> None:
        self.exit(return_code=INTERRUPTED)

    async def on_unmount(self) -> None:
        """Interrupt what runs, so that it can be resumed, and close Butler."""
        self._leaving.set()
        if self._house is not None:
            if not self.opened.is_set():
                self._house.cancel()
            await asyncio.wait([self._house])

    def _open(self) -> None:
        self._house = asyncio.create_task(self._keep_house(), name="butler")
        self._house.add_done_callback(self._house_ended)

    async def _keep_house(self) -> None:
        """Hold Butler open from the first paint until the app ends."""
        desks = await asyncio.to_thread(import_module, "butler_tui.tui.desk")
        async with self._butler_factory() as butler:
            desk = self.desk = desks.Desk(self, butler)
            try:
                await desk.open()
                self.opened.set()
                await self._leaving.wait()
            finally:
                await desk.close()

    def _house_ended(self, house: asyncio.Task[None]) -> None:
        """Without Butler there is nothing to do here: end, and let whoever started us say why."""
        if not house.cancelled() and (fault := house.exception()) is not None:
            self.fault = fault
            self.exit(return_code=1)

    async def on_event(self, event: events.Event) -> None:
        """Note every keystroke, wherever it goes, before anything acts on it."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.quiet.pressed(self.clock.of(event))
        await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Literal["information", "warning", "error"] = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a short notice: never markup, never a secret, and never over the plan or a card."""
        said = redacted(message)
        if self.screen is self.main:
            self.main.notices.say(said, severity, timeout)
            return
        super().notify(visible(said), title=title, severity=severity, timeout=timeout, markup=False)

    def write_notice(self, sequence: str) -> None:
        """Write a notice to the terminal, between what the driver paints and never into it."""
        if self._driver is not None and self.is_running:
            self._driver.write(sequence)

    def tell_away(self, text: str) -> None:
        """Tell the person who looks elsewhere; one who sees the app needs no notice."""
        if self.app_focus:
            return
        if self.notices is None:
            self.bell()
        else:
            self.run_worker(self.notices.tell(text), group="notices")

    def _fatal_error(self) -> None:
        """Tell a fault of ours without the values it was about, which Textual would show too."""
        fault = "".join(format_exception(self._exception)) if self._exception is not None else ""
        self.panic(Text(visible(redacted(fault))))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that has a place on this screen, for the palette."""
        from butler_tui.tui.palette import commands

        yield from commands(self, screen)
        kept = {"Theme", "Screenshot"}
        yield from (one for one in super().get_system_commands(screen) if one.title in kept)

    def pop_screen(self) -> AwaitComplete:
        """Leave the screen on top; what is pressed right behind that is not for the one below."""
        self._going.left_screen()
        return super().pop_screen()

    def action_leave(self) -> None:
        """Quit; ask first while a run is not over."""
        self._going.leave()

    def action_leave_by_letter(self) -> None:
        """Quit, unless the letter was pressed right after another screen was left."""
        self._going.by_letter()

    def action_help(self) -> None:
        """All keys."""
        from butler_tui.tui.screens.full import FullScreen
        from butler_tui.tui.screens.help import help_screen

        if not isinstance(self.screen, FullScreen):
            self.push_screen(help_screen())

    def action_history(self) -> None:
        """Past runs."""
        if self.desk is not None:
            self.desk.show_history()

    def action_new_goal(self) -> None:
        """Type a new goal; what runs goes on beside it."""
        if isinstance(self.screen, MainScreen):
            self.main.show(None)
            self.main.action_goal()
            if self.desk is not None:
                self._carry_out(self.desk.list_unfinished())

    def action_cancel_run(self) -> None:
        """Stop the run on the screen for good, when the person says so."""
        if self.desk is not None:
            self.desk.ask_cancel()

    def action_cancel_now(self) -> None:
        """Stop the run on the screen for good, at once; not by a letter among others."""
        if self.desk is None:
            return
        if self.quiet.alone():
            self._carry_out(self.desk.cancel())
        else:
            self.notify("Pressed too soon: to cancel, press X again in a moment.", timeout=3)

    def action_steer(self, what: Steered) -> None:
        """Pause, skip, try again, edit or compare: the run on the screen, or the step there."""
        if self.desk is not None:
            self._carry_out(self.desk.steer(what))

    def action_fork(self, what: Forked) -> None:
        """A new run from this one: from the step there, or with its output given; or its title."""
        if self.desk is not None:
            self._carry_out(self.desk.fork(what))

    def action_follow_up(self) -> None:
        """Type a goal that can use what the run on the screen found."""
        if self.desk is not None:
            self.desk.follow_up()

    def action_unfinished(self) -> None:
        """Go on with the next run that waits or was interrupted."""
        if self.desk is not None:
            self._carry_out(self.desk.next_unfinished())

    def action_undo(self) -> None:
        """Show the run that would put back what the run on the screen changed."""
        if self.desk is not None:
            self._carry_out(self.desk.undo())

    def action_resume_run(self) -> None:
        """Go on with the run on the screen."""
        if self.desk is not None:
            self._carry_out(self.desk.resume())

    def action_run_again(self) -> None:
        """Run the goal on the screen again, the same way."""
        if self.desk is not None:
            self._carry_out(self.desk.again())

    def action_turn(self, by: int) -> None:
        """Show another of the runs that were opened."""
        if self.desk is not None:
            self._carry_out(self.desk.turn(by))

    def on_goal_input_started(self, event: GoalInput.Started) -> None:
        """A goal was typed, maybe before Butler was open."""
        event.stop()
        self._carry_out(self._start(event.goal, rehearse=event.rehearse))

    async def _start(self, goal: str, *, rehearse: bool) -> None:
        await self.opened.wait()
        if self.desk is not None:
            await self.desk.start(goal, rehearse=rehearse)

    def _carry_out(self, wish: Coroutine[Any, Any, None]) -> None:
        """Do what takes a while beside the keys, which are heard meanwhile."""
        self.run_worker(wish, group="wishes")

    def on_goal_input_instructed(self, event: GoalInput.Instructed) -> None:
        """The person said how the run on the screen shall go on."""
        event.stop()
        if self.desk is not None:
            self._carry_out(self.desk.instruct(event.text))

    def on_goal_input_followed(self, event: GoalInput.Followed) -> None:
        """A goal was typed that follows a run."""
        event.stop()
        if self.desk is not None:
            self._carry_out(self.desk.start(event.goal, follows=event.run))

    def on_unfinished_chosen(self, event: Unfinished.Chosen) -> None:
        """A run that waits or was interrupted was picked on the welcome screen."""
        event.stop()
        if self.desk is not None:
            self._carry_out(self.desk.go_on(event.run))

    def on_workbench_shown(self) -> None:
        """The run on the screen was painted anew: so are its totals."""
        if self.desk is not None:
            self.desk.say_standing()
        self.main.name_keys()

    def on_wished(self, event: Wished) -> None:
        """The person decided or wants something on a card, a sheet or the outbox."""
        event.stop()
        if self.desk is not None:
            self._carry_out(self.desk.wish(event.wish))

    def on_reply_given(self, event: Reply.Given) -> None:
        """A question was answered."""
        if self.desk is not None:
            self._carry_out(self.desk.answer(event.question, event.answer))

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """A link in an output was clicked."""
        from butler_tui.tui.addresses import ask_to_open

        event.stop()
        ask_to_open(self, event.href)
