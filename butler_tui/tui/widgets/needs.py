"""What the keys and clicks on a card do: look, mark, decide, say why not.

Its letters count only while this pane or the plan has the focus, and only once the card hears (see
`quiet`); one that it does not hear is said to have come too soon.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.widgets import Input

from butler_tui.core.events import QuestionAsked
from butler_tui.tui.actions import FULL, MARK, PRESSED, SOURCES, WHY, bindings
from butler_tui.tui.card_rows import ROW
from butler_tui.tui.choosing import Choice, choice_of, denial_of
from butler_tui.tui.clock import Clock
from butler_tui.tui.decisions import Wished
from butler_tui.tui.deck import Card
from butler_tui.tui.own_questions import choice_at, takes_words
from butler_tui.tui.quiet import ARRIVAL, Quiet
from butler_tui.tui.widgets.card_pane import CardPane
from butler_tui.tui.widgets.handing_on import handed_on
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.reply import Reply

OWN = frozenset({MARK, "up", "down", "pageup", "pagedown", *FULL.keys, *SOURCES.keys, *WHY.keys})
"""Keys by which one looks at a card or marks its calls."""


class Needs(CardPane, can_focus=True):
    """Shows what waits for the person and says what they decided."""

    BINDINGS: ClassVar = [
        *bindings("plan"),
        ("up", "row(-1)", "up"),
        ("down", "row(1)", "down"),
        ("pageup", "scroll(-10)", "up"),
        ("pagedown", "scroll(10)", "down"),
        ("escape", "back", "back"),
    ]

    def __init__(self, clock: Clock, quiet: Quiet, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(clock, quiet, id=id)
        self._focused_at = 0.0

    def press(self, key: events.Key) -> None:
        """Take a letter that was pressed while this pane or the plan had the focus."""
        self._decide(key.character or "", self._clock.of(key), key=True)

    def answer(self) -> bool:
        """Go where the question is answered; False when the card is no question."""
        asked = self.card.first if self.card is not None else None
        if self._mode == "choice" and isinstance(asked, QuestionAsked) and takes_words(asked):
            self._enter_mode("words")
            reply = Reply(asked.model_copy(update={"choices": None}), self._clock)
            self.query_one("#card-reply").mount(reply)
            self.call_after_refresh(reply.take_focus)
            return True
        if self._mode not in ("question", "words"):
            return False
        self.query_one(Reply).take_focus()
        return True

    def _decide(self, letter: str, at: float, *, key: bool) -> None:
        card = self.card
        if self._mode == "choice" and card is not None:
            self._choose_how(card, letter, at, key=key)
            return
        if card is None or not card.calls or self._mode not in ("card", "why"):
            return
        choice = choice_of(letter, card, self._selection)
        if choice is None and letter != "n":
            return
        if not self._quiet.hears(card.id, at, key=key):
            self._too_soon()
        elif choice is None:
            self._ask_reason()
        else:
            self._choose(choice)

    def _choose_how(self, card: Card, letter: str, at: float, *, key: bool) -> None:
        """Answer the run's own question by the choice of that number."""
        asked = card.first
        said = choice_at(asked, letter) if isinstance(asked, QuestionAsked) else None
        if said is None:
            return
        if not self._quiet.hears(card.id, at, key=key):
            self._too_soon()
            return
        self._deck.decided([asked.id])
        self._show_top()
        self.post_message(Reply.Given(asked.id, said))

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
        if handed_on(self, event):
            return
        if isinstance(event, events.Key) and self.has_focus and self._is_own(event.key):
            self._quiet.own(self._on_screen, self._clock.of(event))
        await super().on_event(event)

    def _is_own(self, key: str) -> bool:
        """True for a key that this card takes for itself as it is, and that decides nothing."""
        if self._mode not in ("card", "why", "choice"):
            return False
        if key == "escape":
            return self._mode == "why"
        return len(self._deck.cards) > 1 if key == "tab" else key in OWN

    def reading(self) -> Callable[[events.Key], None]:
        """Takes the keys of a view of this card, opened from here, as the card's own."""
        card = self._on_screen
        return lambda key: self._quiet.own(card, self._clock.of(key))

    def on_key(self, event: events.Key) -> None:
        """Letters count only when this pane itself has the focus, not a line in it."""
        if not self.has_focus:
            return
        if event.character in PRESSED:
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
        elif letter in PRESSED and self.has_focus and at - self._focused_at >= ARRIVAL:
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
        if self._mode in ("reason", "why", "words") and self.card is not None:
            self._show_card(self.card)
            self.focus()
        else:
            self.post_message(self.Left())
