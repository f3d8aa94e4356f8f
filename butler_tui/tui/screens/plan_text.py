"""Changing a run's plan as text, with what is wrong with it said as one types."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static, TextArea

from butler_tui.core.clean import visible
from butler_tui.core.errors import ButlerError
from butler_tui.core.revising import staying
from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.clock import Clock
from butler_tui.tui.screens.confirm import Confirm
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.text import lines, shown_error, shown_line
from butler_tui.tui.watch import Watch
from butler_tui.tui.widgets.hints import Hints

Check = Callable[[str], Awaitable[list[str]]]
Take = Callable[[str], Awaitable[None]]

PAUSE = 0.15
"""Seconds without a key before the text is checked."""

MOST = 6
"""Problems that are said at once."""


class PlanTextScreen(OnceScreen[None]):
    """The plan's text; `check` says what is wrong with another one, `take` makes it the plan."""

    BINDINGS = bindings("plan text")

    def __init__(self, text: str, watch: Watch, check: Check, take: Take, clock: Clock) -> None:
        super().__init__()
        self._text = visible(text)
        self._watch = watch
        self._revision = watch.state.revision
        self._meanwhile = ""
        self._check = check
        self._take = take
        self._clock = clock

    def compose(self) -> ComposeResult:
        """What stays, the text, what is wrong with it, and the keys."""
        yield Static(self._head(), id="edit-head", markup=False)
        yield TextArea(self._text, id="plan-text", tab_behavior="focus", show_line_numbers=True)
        yield Static("", id="comes-to", markup=False)
        yield Hints(id="keys")

    def _head(self) -> Content:
        first = Content.styled(f"the plan at revision {self._revision}, a statement a line", "bold")
        stays = ", ".join(one.id for one in staying(self._watch.state))
        more = f"Done or under way, and staying as it is: {stays}." if stays else "Nothing began."
        return lines([first, shown_line(more, "$quiet")])

    def on_mount(self) -> None:
        """Begin at the end of the text."""
        self.query_one(Hints).name_actions(hints("plan text"))
        area = self.query_one(TextArea)
        area.focus()
        area.move_cursor(area.document.end)
        self._look(self._text)

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        self._look(event.text_area.text)

    @work(group="check", exclusive=True)
    async def _look(self, text: str) -> None:
        await asyncio.sleep(PAUSE)
        try:
            problems = await self._check(text)
        except ButlerError as error:
            problems = [str(error)]
        self._say(text, problems)

    def _say(self, text: str, problems: list[str]) -> None:
        if problems:
            said = [shown_error(one) for one in problems[:MOST]]
            if len(problems) > MOST:
                said.append(shown_line(f"and {len(problems) - MOST} more", "$quiet"))
        elif text == self._text:
            said = [shown_line("Nothing is changed yet.", "$quiet")]
        else:
            said = [shown_line("It fits: ctrl+s makes it the plan.", "$success")]
        if self._meanwhile:
            said.insert(0, shown_line(self._meanwhile, "$warning"))
        self.query_one("#comes-to", Static).update(lines(said))

    def action_keep(self) -> None:
        """Make the text the plan, if it fits."""
        now = self._watch.state.revision
        if now != self._revision:
            self._revision = now
            self._meanwhile = f"The plan is at revision {now} meanwhile; ctrl+s again replaces it."
            self._look(self.query_one(TextArea).text)
            return
        self._keep(self.query_one(TextArea).text)

    @work(group="keep", exclusive=True)
    async def _keep(self, text: str) -> None:
        if text == self._text:
            self.dismiss()
            return
        try:
            await self._take(text)
        except ButlerError as error:
            self.query_one("#comes-to", Static).update(shown_error(error))
            return
        self.dismiss()

    def action_back(self) -> None:
        """Change nothing; ask first where that loses what was typed."""
        if self.query_one(TextArea).text == self._text:
            self.dismiss()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss()

        question = "Leave the plan as it is? What you changed here is lost."
        self.app.push_screen(Confirm(question, "leave it", self._clock), answered)

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        self.call_later(self.run_action, event.action.run)
