"""What the card pane shows: the card on top, why it is asked, a reason or a question; and its keys.

It never takes the focus and never changes under the fingers: other cards wait behind the one on
top. What its keys do is in `needs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from butler_tui.core.calls import Address
from butler_tui.core.events import ApprovalRequested, QuestionAsked
from butler_tui.core.rules import Rule
from butler_tui.tui.card import body_of
from butler_tui.tui.card_keys import Mode, hints_of
from butler_tui.tui.card_rows import all_of, rows_of
from butler_tui.tui.card_why import why_of
from butler_tui.tui.choosing import picked_from
from butler_tui.tui.clock import Clock
from butler_tui.tui.decisions import Accept
from butler_tui.tui.deck import Card, Deck
from butler_tui.tui.own_questions import asks_itself
from butler_tui.tui.parts import View
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.selection import Selection
from butler_tui.tui.watch import Watch
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.reply import Reply
from butler_tui.tui.widgets.titles import set_subtitle, set_title

DEAF = "a moment…"
"""What the card says while it does not hear yet."""

TOO_SOON = "pressed too soon: wait a moment"
AGAIN = "pressed too soon: press again"
"""What it says of a key that it did not hear: while it is still deaf, and then."""

_TYPED = ("question", "reason", "words")
"""What is on the card while something is typed there."""

REMEMBERED = 4.0
"""Seconds for which it speaks of such a key."""


class CardPane(Vertical):
    """Shows what waits for the person in one run, one card at a time."""

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
        self._missed = -inf

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
        keep_top = self._mode not in ("card", "choice") or self._awake()
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
            why = why_of(asked, self._run_mode, card, self._selection)
            self._body.show(why, from_top=True)
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

    def view(self) -> View | None:
        """The card in full, for the whole screen; None when nothing is asked."""
        card = self.card
        if card is None:
            return None
        parts = all_of(card, self._selection) if card.has_rows else body_of(card.asks)
        return View("needs you", parts)

    def uncovered(self) -> None:
        """No other screen lies above this one any more: a card that came meanwhile is seen now."""
        if self._quiet.card != self._on_screen:
            self.call_after_refresh(self._appeared, self._on_screen)

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
        self._missed = -inf
        if card is None:
            self._enter_mode("none")
            self._ears.pause()
            return
        if isinstance(card.first, QuestionAsked) and not asks_itself(card.first):
            self._enter_mode("question")
            self._body.show(body_of(card.asks), from_top=True)
            self.query_one("#card-reply").mount(Reply(card.first, self._clock))
        else:
            self._show_card(card)
            self.call_after_refresh(self._appeared, card.id)
        self._ears.resume()

    def _appeared(self, card: str) -> None:
        """The card has been painted, and can be read from now on, unless a screen covers it."""
        if self._on_screen == card and self._mode != "question" and self.app.screen is self.screen:
            self._quiet.arrived(card, self._clock.seconds())

    def _show_card(self, card: Card, *, from_top: bool = True) -> None:
        self._enter_mode("card" if card.calls else "choice")
        if card.has_rows:
            self._body.show(rows_of(card, self._selection, self._bounds), from_top=from_top)
        else:
            self._body.show(body_of(card.asks), from_top=from_top)

    def _enter_mode(self, mode: Mode) -> None:
        self._mode = mode
        self.set_class(mode in _TYPED, "-replies")
        self.query_one("#card-reply").remove_children()
        self._show_keys()

    def _awake(self) -> bool:
        return self._quiet.awake(self._on_screen, self._clock.seconds(), key=False)

    def _show_keys(self) -> None:
        if self.card is None:
            return
        hears = self._mode in _TYPED or self._awake()
        actions = hints_of(self._mode, self.card, self._selection)
        self.query_one(Hints).name_actions(actions, bright=hears)
        missed = self._clock.seconds() - self._missed < REMEMBERED
        self.set_class(missed, "-missed")
        if missed:
            set_subtitle(self, AGAIN if hears else TOO_SOON)
        else:
            set_subtitle(self, self._more() if hears else DEAF)

    def _too_soon(self) -> None:
        """Say that a key which would have decided was not heard."""
        self._missed = self._clock.seconds()
        self._show_keys()

    def _more(self) -> str:
        """Says that the card goes on below what is on the screen."""
        if self._body.scroll_y >= self._body.max_scroll_y:
            return ""
        return "more below: pgdn" if self.has_focus else "more below: c, then pgdn"
