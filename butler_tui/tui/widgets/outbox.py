"""The outbox: what goes out in a few seconds, and can be taken back until then.

It never takes the focus. Enter sends only what has been under the cursor, in focus, for a moment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from butler_tui.core.calls import Address, CallState, CallStatus
from butler_tui.core.clean import visible_line
from butler_tui.tui import words
from butler_tui.tui.actions import bindings
from butler_tui.tui.clock import Clock
from butler_tui.tui.decisions import SendNow, TakeBack, Wished
from butler_tui.tui.quiet import ARRIVAL
from butler_tui.tui.text import Piece, joined, lines, shown_line
from butler_tui.tui.values import written
from butler_tui.tui.watch import Watch
from butler_tui.tui.widgets.handing_on import handed_on
from butler_tui.tui.widgets.titles import set_title

MOST = 5
"""Calls that are named at once; it says how many more there are."""

LONGEST = 60
_AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Outbox(Widget, can_focus=True):
    """A line for each call that waits to be sent, with the seconds that are left."""

    DEFAULT_CSS = """
    Outbox { height: auto; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar = [
        *(one for one in bindings("plan") if getattr(one, "action", "") != "screen.take_back"),
        ("up", "move(-1)", "up"),
        ("down", "move(1)", "down"),
        ("u", "take_back", "take back"),
        ("escape", "leave", "plan"),
    ]

    class Left(Message):
        """The person goes back to the plan, or nothing waits here any more."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._calls: list[CallState] = []
        self._at: Address | None = None
        self._since = inf

    def on_mount(self) -> None:
        """Count the seconds down while something waits."""
        self._ticks = self.set_interval(0.25, self.refresh, pause=True)

    def forget(self) -> None:
        """Be empty, for another run."""
        self._show([])

    def show(self, watch: Watch) -> None:
        """Show what waits in this run; what goes next stands first."""
        calls = watch.state.calls.values()
        held = [one for one in calls if one.status is CallStatus.OUTBOX]
        self._show(sorted(held, key=lambda one: one.until or _AT_ONCE))

    def next_to_go(self) -> Address | None:
        """The call under the cursor; None when the outbox is empty."""
        return self._at

    def _show(self, held: list[CallState]) -> None:
        changed = [_address(one) for one in held] != [_address(one) for one in self._calls]
        self._calls = held
        if self._at not in [_address(one) for one in held]:
            self._look_at(_address(held[0]) if held else None)
        if held:
            set_title(self, f"outbox · {words.count(len(held), 'call')} to send")
            self._ticks.resume()
        else:
            self._ticks.pause()
            if self.has_focus:
                self.post_message(self.Left())
        self.display = bool(held)
        self.refresh(layout=changed)

    def _look_at(self, address: Address | None) -> None:
        """Another call under the cursor, which has to be there for a moment before it can go."""
        self._at, self._since = address, self._clock.seconds()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line a call, and one for the keys."""
        return min(len(self._calls), MOST) + (len(self._calls) > MOST) + 1

    def render(self) -> Content:
        """The calls, each with when it goes, and the keys."""
        said = [self._line(one) for one in self._calls[:MOST]]
        if len(self._calls) > MOST:
            said.append(shown_line(f"  … {len(self._calls) - MOST} more", "$quiet"))
        return lines([*said, self._keys()])

    def _keys(self) -> Content:
        """What can be done from here, where it stood before the focus came."""
        back = joined(_key("u"), " take back").stylize(_meaning("back"))
        send = joined(_key("enter"), " send now").stylize(_meaning("send"))
        if self.has_focus:
            more = joined(_key("↑↓"), " which  ", _key("esc"), " plan")
        else:
            more = joined(_key("b"), " goes here first")
        return joined(back, "  ", send, "  ", more)

    def _line(self, call: CallState) -> Content:
        mark = "▸ " if _address(call) == self._at else "  "
        args = "  ".join(f"{name} {written(value)}" for name, value in call.args.items())
        line = joined(
            (mark, "$primary"),
            (words.countdown(call.until, self._clock.now()), "$warning bold"),
            "  ",
            shown_line(f"{call.tool}  "),
            shown_line(visible_line(args), "$quiet", LONGEST),
        )
        return line.stylize(_meaning(self._calls.index(call)))

    def on_focus(self) -> None:
        """What is under the cursor has to be there for a moment, in focus, before Enter sends."""
        self._since = self._clock.seconds()

    async def on_event(self, event: events.Event) -> None:
        """Take an event, unless it is a key for a line that has got the focus meanwhile."""
        if not handed_on(self, event):
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Enter lets the call under the cursor go, if it was pressed after that moment."""
        if event.key != "enter":
            return
        event.stop()
        self._send(self._clock.of(event))

    def on_click(self, event: events.Click) -> None:
        """A click on a call looks at it; one on a key does what the key does."""
        meaning = event.style.meta.get("outbox")
        if meaning == "back":
            self.action_take_back()
        elif meaning == "send":
            self._send(self._clock.of(event))
        elif isinstance(meaning, int) and meaning < len(self._calls):
            self._look_at(_address(self._calls[meaning]))
            self.refresh()

    def _send(self, at: float) -> None:
        if self._at is not None and self.has_focus and at - self._since >= ARRIVAL:
            self.post_message(Wished(SendNow(self._at)))

    def action_move(self, by: int) -> None:
        """Look at another call."""
        places = [_address(one) for one in self._calls[:MOST]]
        if self._at in places:
            self._look_at(places[min(max(places.index(self._at) + by, 0), len(places) - 1)])
            self.refresh()

    def action_take_back(self) -> None:
        """Take the call under the cursor back."""
        if self._at is not None:
            self.post_message(Wished(TakeBack(self._at)))

    def action_leave(self) -> None:
        """Go back to the plan."""
        self.post_message(self.Left())


def _key(name: str) -> Piece:
    return (name, "$primary bold")


def _meaning(what: str | int) -> Style:
    """What a click there means."""
    return Style.from_meta({"outbox": what})


def _address(call: CallState) -> Address:
    return call.step, call.item
