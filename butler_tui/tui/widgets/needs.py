"""What needs you: the card of a held call, or a question, one at a time.

A card never takes the focus and never changes under the fingers: others wait behind it. Its letters
count only while this pane or the plan has the focus, and only once the card hears (see `quiet`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from butler_tui.core.calls import Address
from butler_tui.core.events import ApprovalRequested, QuestionAsked
from butler_tui.core.rules import Rule
from butler_tui.tui.actions import DECIDING, MARK, bindings
from butler_tui.tui.card import body_of
from butler_tui.tui.card_keys import Mode, hints_of
from butler_tui.tui.card_rows import ROW, all_of, rows_of
from butler_tui.tui.card_why import why_of
from butler_tui.tui.choosing import Choice, choice_of, denial_of, picked_from
from butler_tui.tui.clock import Clock
from butler_tui.tui.decisions import Accept, Wished
from butler_tui.tui.deck import Card, Deck
from butler_tui.tui.parts import View
from butler_tui.tui.quiet import ARRIVAL, Quiet
from butler_tui.tui.selection import Selection
from butler_tui.tui.watch import Watch
from butler_tui.tui.widgets.handing_on import handed_on
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.reply import Reply
from butler_tui.tui.widgets.titles import set_subtitle, set_title

DEAF = "a moment…"
"""What the card says while it does not hear yet."""


class Needs(Vertical, can_focus=True):
    """Shows what waits for the person and says what they decided."""

    BINDINGS: ClassVar = [
        *bindings("plan"),
        ("up", "row(-1)", "up"),
        ("down", "row(1)", "down"),
        ("pageup", "scroll(-10)", "up"),
        ("pagedown", "scroll(10)", "down"),
        ("escape", "back", "back"),
    ]

    class Turned(Message):
        """Another card is on top, or none."""

    class Left(Message):
        """The person is done here and goes back to the plan."""

    def __init__(self, clock: Clock, quiet: Quiet, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._quiet = quiet
        self._deck = Deck()
        self._selection = Selection()
        self._bounds: Sequence[Rule] = ()
        self._on_screen = ""
        self._mode: Mode = "none"
        self._run_mode = "normal"
        self._focused_at = 0.0

    def compose(self) -> ComposeResult:
        """The card, where an answer or a reason is typed, and the keys."""
        yield LongText(id="card-body")
        yield Vertical(id="card-reply")
        yield Hints(id="card-keys")

    def on_mount(self) -> None:
        """Look some times a second whether the card hears already."""
        self._ears = self.set_interval(0.1, self._show_keys, pause=True)

    @property
    def card(self) -> Card | None:
        """The card on the screen."""
        return self._deck.top

    def show(self, watch: Watch) -> None:
        """Show what waits in this run, oldest first. A card that can be decided stays as it is."""
        state = watch.state
        self._run_mode, self._bounds = state.mode, state.bounds
        offer = state.open_offer()
        keep_top = self._mode != "card" or self._hears()
        sheet = offer.offered if offer is not None else None
        self._deck.deal(watch.wanted(), keep_top=keep_top, sheet=sheet)
        self._selection.keep(self._deck.ids)
        self._show_top()

    def forget(self) -> None:
        """Be empty, for another run."""
        self._deck, self._selection = Deck(), Selection()
        self._show_top()

    def next_card(self) -> bool:
        """Show the next card; False when there is no other."""
        turned = self._deck.turn()
        self._show_top()
        return turned

    def press(self, key: events.Key) -> None:
        """Take a letter that was pressed while this pane or the plan had the focus."""
        self._decide(key.character or "", self._clock.of(key), key=True)

    def why(self) -> bool:
        """Show why it is asked, or the card again; False when no call is held."""
        card = self.card
        if card is None or not card.calls:
            return False
        if self._mode == "why":
            self._show_card(card)
        else:
            self._enter_mode("why")
            asked = self._selection.call(card)
            self._body.show(why_of(asked, self._run_mode), from_top=True)
        return True

    def changed(self, asked: ApprovalRequested) -> None:
        """A call of the sheet has other arguments now; accepting the sheet allows it so."""
        self._selection.changed[asked.id] = asked
        if self.card is not None and self._mode == "card":
            self._show_card(self.card)

    def look_at(self, address: Address) -> None:
        """Look at the row of that call, where the card has one; the person steered there."""
        card = self.card
        if card is None or not card.has_rows or self._mode != "card":
            return
        at = next((one.id for one in card.calls if (one.step, one.item) == address), None)
        if at is not None and self._selection.look_at(card, at):
            self._show_card(card)

    def looked_at(self) -> ApprovalRequested | None:
        """The held call that is looked at on the card; None when the card holds none."""
        card = self.card
        return self._selection.call(card) if card is not None and card.calls else None

    def picked(self) -> Accept | None:
        """The plan's sheet as the person has picked from it; None when another card is shown."""
        return picked_from(self.card, self._selection) if self.card is not None else None

    def refused(self) -> None:
        """A decision could not be kept: what still waits can be decided again."""
        self._deck.refused()
        self._show_top()

    def answer(self) -> bool:
        """Go where the question is answered; False when the card is no question."""
        if self._mode != "question":
            return False
        self.query_one(Reply).take_focus()
        return True

    def view(self) -> View | None:
        """The card in full, for the whole screen; None when nothing is asked."""
        card = self.card
        if card is None:
            return None
        parts = all_of(card, self._selection) if card.has_rows else body_of(card.asks)
        return View("needs you", parts)

    @property
    def _body(self) -> LongText:
        return self.query_one(LongText)

    def _show_top(self) -> None:
        """Bring the screen in step with the deck; another card starts from the beginning."""
        card = self.card
        if (card.id if card is not None else "") != self._on_screen:
            self._on_screen = card.id if card is not None else ""
            self._turn_up(card)
        self.display = card is not None
        several = len(self._deck.cards) > 1
        which = f" · {self._deck.at + 1} of {len(self._deck.cards)}" if several else ""
        set_title(self, f"needs you{which}")

    def _turn_up(self, card: Card | None) -> None:
        """Another card, or none: nothing of the one before it counts any more."""
        self.post_message(self.Turned())
        if self.has_focus_within and not (self.has_focus and card is not None):
            self.post_message(self.Left())
        self._quiet.forget()
        if card is None:
            self._enter_mode("none")
            self._ears.pause()
            return
        if isinstance(card.first, QuestionAsked):
            self._enter_mode("question")
            self._body.show(body_of(card.asks), from_top=True)
            self.query_one("#card-reply").mount(Reply(card.first, self._clock))
        else:
            self._show_card(card)
            self.call_after_refresh(self._appeared, card.id)
        self._ears.resume()

    def _appeared(self, card: str) -> None:
        """The card has been painted, and can be read from now on."""
        if self._on_screen == card:
            self._quiet.arrived(card, self._clock.seconds())

    def _show_card(self, card: Card, *, from_top: bool = True) -> None:
        self._enter_mode("card")
        if card.has_rows:
            self._body.show(rows_of(card, self._selection, self._bounds), from_top=from_top)
        else:
            self._body.show(body_of(card.asks), from_top=from_top)

    def _enter_mode(self, mode: Mode) -> None:
        self._mode = mode
        self.set_class(mode in ("question", "reason"), "-replies")
        self.query_one("#card-reply").remove_children()
        self._show_keys()

    def _hears(self) -> bool:
        return self._quiet.hears(self._on_screen, self._clock.seconds(), key=False)

    def _show_keys(self) -> None:
        if self.card is None:
            return
        hears = self._mode == "question" or self._hears()
        actions = hints_of(self._mode, self.card, self._selection)
        self.query_one(Hints).name_actions(actions, bright=hears)
        set_subtitle(self, self._more() if hears else DEAF)

    def _more(self) -> str:
        """Says that the card goes on below what is on the screen."""
        if self._body.scroll_y >= self._body.max_scroll_y:
            return ""
        return "more below: pgdn" if self.has_focus else "more below: c, then pgdn"

    def _decide(self, letter: str, at: float, *, key: bool) -> None:
        card = self.card
        if card is None or not card.calls or not self._quiet.hears(card.id, at, key=key):
            return
        if self._mode not in ("card", "why"):
            return
        if letter == "n":
            self._ask_reason()
        elif (choice := choice_of(letter, card, self._selection)) is not None:
            self._choose(choice)

    def _choose(self, choice: Choice) -> None:
        """Say what the person wants; the calls that it decides go at once."""
        if choice.decided:
            self._deck.decided(choice.decided)
            self._selection.keep(self._deck.ids)
            self._show_top()
        self.post_message(Wished(choice.wish))

    def _mark(self, at: float) -> None:
        """Mark the row that is looked at; this decides nothing, but only what one has seen."""
        card = self.card
        if self._mode == "card" and card is not None and self._quiet.settled(card.id, at):
            self._selection.toggle(card)
            self._show_card(card, from_top=False)

    def _ask_reason(self) -> None:
        self._enter_mode("reason")
        reason = Input(placeholder="why not? (may be left empty)", compact=True)
        self.query_one("#card-reply").mount(reason)
        self.call_after_refresh(reason.focus)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The reason for a denial was given."""
        event.stop()
        card = self.card
        if self._mode == "reason" and card is not None:
            self._choose(denial_of(card, self._selection, event.value.strip()))
            self.post_message(self.Left())

    async def on_event(self, event: events.Event) -> None:
        """Take an event, unless it is a key for a line that has got the focus meanwhile."""
        if not handed_on(self, event):
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Letters count only when this pane itself has the focus, not a line in it."""
        if not self.has_focus:
            return
        if event.character in DECIDING:
            event.stop()
            self.press(event)
        elif event.key == MARK:
            event.stop()
            self._mark(self._clock.of(event))
        elif event.key == "tab" and self.next_card():
            event.stop()
            event.prevent_default()

    def on_focus(self) -> None:
        """Remember since when, so that the click that brought the focus decides nothing."""
        self._focused_at = self._clock.seconds()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on a key counts like the key, but not the one that brought the focus."""
        event.stop()
        at = self._clock.of(event.click)
        letter = event.action.keys[0]
        if event.action.run:
            self.call_later(self.run_action, event.action.run)
        elif letter in DECIDING and self.has_focus and at - self._focused_at >= ARRIVAL:
            self._decide(letter, at, key=False)
        elif letter == MARK and self.has_focus:
            self._mark(at)

    def on_click(self, event: events.Click) -> None:
        """A click on a row looks at it; on the one that is looked at, it marks it."""
        card, at = self.card, self._clock.of(event)
        identity = event.style.meta.get(ROW)
        if card is None or self._mode != "card" or identity not in self._deck.ids:
            return
        if self._selection.look_at(card, str(identity)):
            self._show_card(card)
        elif self.has_focus and at - self._focused_at >= ARRIVAL:
            self._mark(at)

    def action_row(self, by: int) -> None:
        """Look at another row; without rows, scroll."""
        card = self.card
        if card is None or not card.has_rows or self._mode != "card":
            self.action_scroll(by)
            return
        self._selection.move(card, by)
        self._show_card(card)

    def action_scroll(self, by: int) -> None:
        """Scroll the body."""
        self._body.scroll_relative(y=by, animate=False)

    def action_back(self) -> None:
        """One step back: from a reason to the card, from the card to the plan."""
        if self._mode in ("reason", "why") and self.card is not None:
            self._show_card(self.card)
            self.focus()
        else:
            self.post_message(self.Left())
