"""The main screen: the plan at the left, the step one looks at and what needs you at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.tui.action import Place
from butler_tui.tui.actions import hints
from butler_tui.tui.decisions import TakeBack, WantBounds, Wished
from butler_tui.tui.widgets.goal_input import GoalInput
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.notices import Notices
from butler_tui.tui.widgets.status_line import StatusLine
from butler_tui.tui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from butler_tui.tui.clock import Clock
    from butler_tui.tui.parts import View
    from butler_tui.tui.quiet import Quiet
    from butler_tui.tui.watch import Watch
    from butler_tui.tui.widgets.unfinished import Unfinished
    from butler_tui.tui.widgets.workbench import Workbench

ACROSS = [(0, "-cramped"), (40, "-tiny"), (60, "-narrow"), (100, "-wide")]
DOWN = [(0, "-flat"), (10, "-short"), (20, "-low"), (30, "-tall")]
"""From how many columns and rows on the screen has which look."""

TOO_SMALL = "Too small: Butler needs 40 columns and 10 rows."


class MainScreen(Screen[None]):
    """Painted lean at first; the workbench is mounted when there is a first run to show."""

    HORIZONTAL_BREAKPOINTS = ACROSS
    VERTICAL_BREAKPOINTS = DOWN

    AUTO_FOCUS = "#plan"
    """Where the focus goes after a screen above was left, if it was nowhere before."""

    def __init__(self, clock: Clock, quiet: Quiet) -> None:
        super().__init__()
        self._clock = clock
        self._quiet = quiet
        self.status = StatusLine()
        self.notices = Notices(id="notices")
        self.welcome = Welcome(id="welcome")
        self.goal = GoalInput(id="goal")
        self.keys = Hints(id="keys")
        self.bench: Workbench | None = None
        self.unfinished: Unfinished | None = None

    def compose(self) -> ComposeResult:
        """Only what the first paint needs."""
        yield self.status
        yield self.notices
        yield self.welcome
        yield self.goal
        yield self.keys
        yield Static(TOO_SMALL, id="too-small", markup=False)

    def on_mount(self) -> None:
        """The goal is what one starts with."""
        self.goal.focus()
        self.name_keys()

    def on_screen_resume(self) -> None:
        """What lay above was left: what came here meanwhile is seen from now on."""
        if self.bench is not None:
            self.bench.needs.uncovered()

    @property
    def shows_run(self) -> bool:
        """True while a run is on the screen."""
        return self.bench is not None and self.has_class("-run")

    async def furnish(self) -> None:
        """Mount what the first paint did without."""
        if self.bench is None:
            from butler_tui.tui.widgets.unfinished import Unfinished
            from butler_tui.tui.widgets.workbench import Workbench

            self.bench = Workbench(self._clock, self._quiet, id="bench")
            self.unfinished = Unfinished(self._clock)
            await self.mount(self.unfinished, self.bench, after=self.welcome)

    def show(self, watch: Watch | None) -> None:
        """Show a run, or without one the beginning."""
        bench = self.bench
        if bench is None:
            return
        self.set_class(watch is not None, "-run")
        if watch is not None:
            bench.show(watch)
        else:
            self.goal.offer("goal", meant=True)
        self.name_keys()

    def to_plan(self) -> None:
        """Move the focus to the plan, if there is one."""
        if self.bench is not None and self.shows_run:
            self.bench.plan.focus()
        elif self.unfinished is not None and self.unfinished.display:
            self.unfinished.focus_list()

    @on(GoalInput.Offered)
    @on(events.DescendantFocus)
    def name_keys(self) -> None:
        """Say which keys do what, where the focus is and as the run stands."""
        watch = self.bench.shown if self.bench is not None and self.shows_run else None
        over = watch is not None and watch.state.status.over
        self.keys.name_actions(hints(self._place(), "anywhere", over=over))

    def _place(self) -> Place:
        if self.focused is None or isinstance(self.focused, GoalInput):
            return self.goal.purpose
        if self.focused.id == "unfinished":
            return "goal"
        if self.focused.id == "outbox":
            return "outbox"
        return "plan" if self.focused.id in ("plan", "needs") else "question"

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        if event.action.run:
            self.call_later(self.run_action, event.action.run)

    def action_to_plan(self) -> None:
        """Go to the plan; what was typed for a follow-up is a goal or an instruction again."""
        self.goal.follow(None)
        self.to_plan()

    def action_goal(self) -> None:
        """Go to the goal, at once: what is typed next belongs there."""
        self.set_focus(self.goal)

    def action_answer(self) -> None:
        """Go where the question on the card is answered."""
        if self.bench is None or not self.bench.needs.answer():
            self.notify("No question waits for an answer here.")

    def action_markdown(self) -> None:
        """Show the output as it was written, or as Markdown again."""
        if self.bench is not None:
            self.bench.detail.toggle_markdown()

    def action_scroll(self, by: int) -> None:
        """Scroll what is beside the plan by half its height."""
        if self.bench is not None:
            detail = self.bench.detail
            detail.scroll_relative(y=by * max(detail.size.height // 2, 1), animate=False)

    def action_rehearse(self) -> None:
        """Rehearse the goal that was typed."""
        if not self.goal.start(rehearse=True):
            self.notify("Type a goal first; then it can be rehearsed.")
            self.set_focus(self.goal)

    def action_to_card(self) -> None:
        """Go to the card."""
        if self.bench is None or self.bench.needs.card is None:
            self.notify("Nothing waits for you in this run.")
        else:
            self.bench.needs.focus()

    def action_to_outbox(self) -> None:
        """Go to the outbox."""
        if self.bench is None or self.bench.outbox.next_to_go() is None:
            self.notify("The outbox is empty.")
        else:
            self.bench.outbox.focus()

    def action_take_back(self) -> None:
        """Take the call under the cursor back, or else the one that goes next."""
        address = self.bench.in_outbox() if self.bench is not None else None
        if address is None:
            self.notify("The outbox is empty.")
        else:
            self.post_message(Wished(TakeBack(address)))

    def action_bounds(self) -> None:
        """Set bounds for the plan."""
        if self.bench is not None and self.shows_run:
            self.post_message(Wished(WantBounds(self.bench.needs.picked())))

    def action_sources(self) -> None:
        """The text that the arguments of the card, or of the step one looks at, came from."""
        view = self.bench.sources() if self.bench is not None and self.shows_run else None
        if view is None:
            self.notify("There are no arguments here.")
        else:
            self._push_view(view)

    def action_report(self) -> None:
        """What was done, and whether it was found so."""
        bench = self.bench
        if bench is not None and bench.shown is not None:
            from butler_tui.tui.report import report_view

            self._push_view(report_view(bench.shown.state))

    def action_why(self) -> None:
        """Why it is asked; help where nothing is asked."""
        if self.bench is None or not self.bench.needs.why():
            self.call_later(self.app.run_action, "help")

    def action_full(self) -> None:
        """The card, or the step one looks at, on the whole screen."""
        bench = self.bench
        if bench is None or bench.shown is None:
            return
        shown = bench.needs.view() if bench.needs.has_focus else None
        self._push_view(shown or bench.view())

    def _push_view(self, view: View) -> None:
        from butler_tui.tui.screens.full import FullScreen

        needs = self.bench.needs if self.bench is not None else None
        takes = needs.reading() if needs is not None and needs.has_focus else None
        self.app.push_screen(FullScreen(view, takes))
