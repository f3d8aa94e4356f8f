"""Past runs, newest first; a search shows those in which the words occur."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from butler_tui.core.errors import ButlerError
from butler_tui.tui import words
from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.clock import Clock
from butler_tui.tui.parts import TONES
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.text import joined, lines, shown, shown_line
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.titles import set_title

if TYPE_CHECKING:
    from butler_tui.history import Hit, RunRow
    from butler_tui.tui.desk import Desk

PAGE = 200
"""Runs that are read at a time; more are read when the cursor comes near the end."""

LONGEST = 400
"""Characters of a goal or a snippet that are shown."""

PAUSE = 0.15
"""Seconds without a key before the search looks."""


class HistoryScreen(OnceScreen[None]):
    """Lists and finds; opening a run goes back to the main screen."""

    BINDINGS = bindings("history")

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk = desk
        self._clock = clock
        self._read = 0
        self._all_read = False
        self._searched = ""
        self._marked: str | None = None
        self._about: dict[str, Content] = {}

    def compose(self) -> ComposeResult:
        """The search, the list, the keys."""
        yield Input(placeholder="search goals, steps, arguments and outputs", id="search")
        runs = OptionList(id="runs", markup=False)
        set_title(runs, "past runs")
        yield runs
        yield Static(id="about", markup=False)
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Read the newest runs."""
        self.query_one(Hints).name_actions([*hints("history"), *hints("anywhere")])
        self._runs.focus()
        self._read_more()

    @property
    def _runs(self) -> OptionList:
        return self.query_one(OptionList)

    @work(group="read", exclusive=True)
    async def _read_more(self) -> None:
        if self._searched or self._all_read:
            return
        try:
            rows = await self._desk.runs.rows(self._read, PAGE)
            stopped = await self._stopped(row.id for row in rows if row.status == "running")
        except ButlerError as error:
            self.notify(str(error), severity="error")
            return
        if not self._searched:
            self._list(rows, stopped)

    def _list(self, rows: list[RunRow], stopped: set[str]) -> None:
        first = not self._read
        self._read += len(rows)
        self._all_read = len(rows) < PAGE
        now = self._clock.now()
        for row in rows:
            # a run that was started meanwhile has moved the others, and one comes twice
            if row.id not in self._about:
                self._about[row.id] = about_row(row)
                line = row_of(row, now, stopped=row.id in stopped)
                self._runs.add_option(Option(line, id=row.id))
        if first:
            self._say_how_many("No runs yet: type a goal on the main screen.")

    @work(group="search", exclusive=True)
    async def _search(self, text: str) -> None:
        if text:
            await asyncio.sleep(PAUSE)
        if text == self._searched:
            return
        self._searched = text
        self._about.clear()
        self._runs.clear_options()
        if not text:
            self._read, self._all_read = 0, False
            self._read_more()
            return
        try:
            hits = await self._desk.runs.found(text)
            stopped = await self._stopped(hit.run for hit in hits if hit.status == "running")
        except ButlerError as error:
            self.notify(str(error), severity="error")
            return
        now = self._clock.now()
        self._runs.add_options(
            Option(hit_of(hit, now, stopped=hit.run in stopped), id=hit.run) for hit in hits
        )
        self._about.update({hit.run: about_hit(hit) for hit in hits})
        self._say_how_many("Nothing found.")

    async def _stopped(self, going: Iterable[str]) -> set[str]:
        """Those of the runs that no living process carries on."""
        return {run for run in going if await self._desk.runs.stopped(run)}

    def _say(self, what: str) -> None:
        """Say it beside the title of the list."""
        title = "past runs" if not self._searched else "found"
        set_title(self._runs, f"{title} · {what}" if what else title)

    def _say_how_many(self, nothing: str) -> None:
        count = self._runs.option_count
        if count:
            self._runs.highlighted = 0
        else:
            self._runs.add_option(Option(Content.styled(nothing, "$quiet"), disabled=True))
        set_title(self._runs, f"found · {count}" if self._searched else "past runs")

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        self._search(event.value.strip())

    @on(Input.Submitted, "#search")
    def _entered(self) -> None:
        self._runs.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        about = self._about.get(event.option_id or "")
        self.query_one("#about", Static).update(about or "")
        if event.option_index > self._runs.option_count - PAGE // 4:
            self._read_more()

    @on(OptionList.OptionSelected)
    async def _selected(self) -> None:
        await self.action_open()

    def _run(self) -> str | None:
        option = self._runs.highlighted_option
        return option.id if option is not None else None

    async def action_open(self) -> None:
        """Open the run under the cursor on the main screen."""
        if run := self._run():
            self.dismiss()
            await self._desk.open_run(run)

    async def action_again(self) -> None:
        """Run its goal again."""
        if run := self._run():
            self.dismiss()
            await self._desk.again(run)

    async def action_resume(self) -> None:
        """Go on with it."""
        if run := self._run():
            self.dismiss()
            await self._desk.resume(run)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away."""
        run = self._run()
        self._marked = None if run == self._marked else run
        self._say("" if self._marked is None else "marked; D on another run compares the two")

    async def action_compare(self) -> None:
        """Show the marked run and the one under the cursor side by side."""
        run = self._run()
        if run is None or self._marked is None or run == self._marked:
            self._say("mark a run with space first, then D on another")
            return
        try:
            found = await self._desk.runs.compared(self._marked, run)
        except ButlerError as error:
            self.notify(str(error), severity="error")
            return
        from butler_tui.tui.screens.runs_compared import RunsCompared

        self.app.push_screen(RunsCompared(found))

    def action_search(self) -> None:
        """Type what to search for."""
        self.query_one("#search").focus()

    def action_back(self) -> None:
        """From the search to the list, from the list to the main screen."""
        search = self.query_one("#search", Input)
        if search.has_focus or search.value:
            search.value = ""
            self._runs.focus()
        else:
            self.dismiss()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        self.call_later(self.run_action, event.action.run)


def row_of(row: RunRow, now: datetime, *, stopped: bool = False) -> Content:
    """One run in a line: how it stands, when it was started, and what it is about."""
    mark = _mark(row.status, row.waiting, stopped=stopped)
    return _line(mark, row.created, now, row.title or row.goal)


def hit_of(hit: Hit, now: datetime, *, stopped: bool = False) -> Content:
    """One run that was found, in a line."""
    mark = _mark(hit.status, hit.waiting, stopped=stopped)
    return _line(mark, hit.created, now, hit.title)


def about_row(row: RunRow) -> Content:
    """What a line has no room for: the whole goal, how it was planned, where, and its id."""
    planned = f"recipe {row.recipe}" if row.recipe else row.model or "by hand"
    said = joined(planned, " · ", shown_line(row.folder), " · run ", row.id)
    return lines([shown(row.goal[:LONGEST], "$foreground"), said])


def about_hit(hit: Hit) -> Content:
    """Where the words were found."""
    where = f"{hit.step} {hit.kind}" if hit.step else hit.kind
    return lines([shown_line(where), shown(hit.snippet[:LONGEST], "$foreground")])


def _mark(status: str, waiting: int, *, stopped: bool) -> words.Mark:
    if waiting:
        return words.NEEDS
    return words.mark_of_run("interrupted" if stopped else status)


def _line(mark: words.Mark, at: datetime, now: datetime, title: str) -> Content:
    return joined(
        (f"{mark.sign} {mark.word:<12}", TONES[mark.tone]),
        (f"{words.day_and_time(at, now):<12}", "$quiet"),
        shown_line(title, "", LONGEST),
    )
