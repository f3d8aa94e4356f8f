"""The plan, the step one looks at, and what needs you, kept in step with one run."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from butler_tui.core.calls import Address, CallStatus
from butler_tui.tui.clock import Clock
from butler_tui.tui.describe import view_of
from butler_tui.tui.parts import View
from butler_tui.tui.plan_head import plan_head
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.rows import OVERVIEW, RowKey
from butler_tui.tui.sources import sources_view
from butler_tui.tui.watch import Watch
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.needs import Needs
from butler_tui.tui.widgets.outbox import Outbox
from butler_tui.tui.widgets.plan_tree import PlanTree
from butler_tui.tui.widgets.titles import set_title

SOON, AGAIN = 0.02, 0.1
"""Seconds until a first change is shown, and between one showing and the next."""

SHARE = 10
"""A look at what is ready may take a tenth of the time."""

_WORTH_A_LOOK = (
    CallStatus.UNKNOWN,
    CallStatus.OUTBOX,
    CallStatus.RUNNING,
    CallStatus.ASKING,
    CallStatus.HELD,
)


class Workbench(Horizontal):
    """Shows one run at a time. Until the person moves the cursor, it follows what goes on."""

    class Shown(Message):
        """The run's state was painted anew; whoever shows its totals may do the same."""

    def __init__(self, clock: Clock, quiet: Quiet, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._quiet = quiet
        self.shown: Watch | None = None
        self.key: RowKey = OVERVIEW
        self._follows = True
        self._due = False
        self._next_look = 0.0

    def compose(self) -> ComposeResult:
        """The plan at the left; the detail and the card at the right."""
        yield PlanTree(id="plan")
        with Vertical(id="side"):
            yield LongText(id="detail")
            yield Outbox(self._clock, id="outbox")
            yield Needs(self._clock, self._quiet, id="needs")

    def on_mount(self) -> None:
        """Count the seconds of what runs."""
        self.needs.display = False
        self.set_interval(1.0, self._tick)

    @property
    def plan(self) -> PlanTree:
        """The plan."""
        return self.query_one(PlanTree)

    @property
    def needs(self) -> Needs:
        """What waits for the person."""
        return self.query_one(Needs)

    @property
    def outbox(self) -> Outbox:
        """What waits to be sent."""
        return self.query_one(Outbox)

    @property
    def detail(self) -> LongText:
        """The step one looks at."""
        return self.query_one("#detail", LongText)

    def show(self, watch: Watch) -> None:
        """Show another run, from its beginning to where it stands."""
        if watch is self.shown:
            return
        self.shown, self.key, self._follows = watch, OVERVIEW, True
        watch.mark_all()
        self.plan.forget()
        self.needs.forget()
        self.outbox.forget()
        self._draw(watch)

    def changed(self) -> None:
        """The run changed: show it soon, and at most ten times a second."""
        if not self._due:
            self._due = True
            self.set_timer(SOON, self._paint)

    def view(self) -> View:
        """What is looked at, in full."""
        assert self.shown is not None  # noqa: S101  (asked for only once a run is shown)
        return view_of(self.shown, self.key, self._clock.now())

    def in_outbox(self) -> Address | None:
        """The call under the cursor if it waits in the outbox, else the one that goes next."""
        here = self._here
        call = self.shown.state.calls.get(here) if self.shown is not None else None
        if call is not None and call.status is CallStatus.OUTBOX:
            return here
        return self.outbox.next_to_go()

    def sources(self) -> View | None:
        """The text behind the card's arguments, or behind those of the call one looks at."""
        assert self.shown is not None  # noqa: S101  (asked for only once a run is shown)
        state = self.shown.state
        held = self.needs.looked_at()
        call = state.calls.get(self._here)
        if held is not None and (self.needs.has_focus or call is None or not call.args):
            return sources_view(state, held.tool, held.args, held.labels)
        if call is None or not call.args:
            return None
        return sources_view(state, call.tool, call.args, call.arg_labels)

    def _paint(self) -> None:
        if self.shown is not None and self.is_attached:
            self._draw(self.shown)
            self.set_timer(AGAIN, self._rested)

    def _draw(self, watch: Watch) -> None:
        self._look(watch)
        changed = watch.take_changes()
        now = self._clock.now()
        with self.app.batch_update():
            self.plan.show(watch, changed, now)
            set_title(self.plan, plan_head(watch))
            self.needs.show(watch)
            self.outbox.show(watch)
            if self._follows and (key := self._goes_on(watch)) != self.key:
                self.key = key
                self.plan.look_at(key)
                self._show_detail(from_top=True)
            elif self.key == OVERVIEW or self.key[0] in changed:
                self._show_detail()
            self._make_room()
        self.post_message(self.Shown())

    def _rested(self) -> None:
        self._due = False
        if self.shown is not None and self.shown.has_changes():
            self.changed()

    def _look(self, watch: Watch) -> None:
        begun = self._clock.seconds()
        if begun >= self._next_look or watch.state.status.over:
            watch.look()
            ended = self._clock.seconds()
            self._next_look = ended + SHARE * (ended - begun)

    def _goes_on(self, watch: Watch) -> RowKey:
        """The row that is worth looking at: what runs, else what is held, else the whole run."""
        state = watch.state
        if state.status.over:
            return OVERVIEW
        calls = {at: call.status for at, call in state.calls.items()}
        here = self.key[1]
        if here is not None and calls.get(here) is CallStatus.RUNNING:
            return self.key
        for wanted in _WORTH_A_LOOK:
            for at, status in calls.items():
                if status is wanted:
                    return (watch.statement_of(at[0]), at)
        return self.key

    def _show_detail(self, *, from_top: bool = False) -> None:
        view = self.view()
        set_title(self.detail, view.title)
        self.detail.show(view.parts, from_top=from_top)
        if view.streams:
            self.detail.scroll_end(animate=False)

    @property
    def _here(self) -> Address:
        """The call that is looked at, where the row is of one."""
        return self.key[1] or (self.key[0], ())

    def _make_room(self) -> None:
        """Leave all the room to the card while the detail would say the same once more."""
        card = self.needs.card
        asks = card.asks if card is not None else ()
        self.set_class(card is not None, "-asked")
        self.set_class(any((one.step, one.item) == self._here for one in asks), "-same")

    def _tick(self) -> None:
        if self.shown is not None and not self.shown.state.status.over:
            self.shown.mark_running()
            self.changed()

    @on(PlanTree.Steered)
    def _steered(self, event: PlanTree.Steered) -> None:
        event.stop()
        self._follows = False

    @on(PlanTree.Looked)
    def _looked(self, event: PlanTree.Looked) -> None:
        event.stop()
        if self.shown is not None and event.key != self.key and not self._follows:
            self.key = event.key
            self.needs.look_at(self._here)
            self._show_detail(from_top=True)
            self._make_room()

    @on(Needs.Turned)
    def _turned(self, event: Needs.Turned) -> None:
        event.stop()
        self._make_room()

    @on(PlanTree.Pressed)
    def _pressed(self, event: PlanTree.Pressed) -> None:
        event.stop()
        if event.key.key != "tab":
            self.needs.call_later(self.needs.press, event.key)
        elif not self.needs.next_card():
            self.screen.focus_next()

    @on(Needs.Left)
    @on(Outbox.Left)
    def _left(self, event: Message) -> None:
        event.stop()
        self.plan.focus()
