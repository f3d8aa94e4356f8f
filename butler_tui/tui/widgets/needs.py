"""What needs you: the card of a held call, or a question, one at a time.

A card never takes the focus and never changes under the fingers: others wait behind it. Its letters
count only while this pane or the plan has the focus, and only once the card hears (see `quiet`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from butler_tui.core.calls import ApprovalState
from butler_tui.core.events import ApprovalRequested, QuestionAsked
from butler_tui.tui.actions import ANSWER, DECIDING, WHY, Action, bindings, hints
from butler_tui.tui.card import body_of, question_of, rule_of, why_of
from butler_tui.tui.clock import Clock
from butler_tui.tui.decisions import Allowed, Denied, EditWanted, RuleWanted, Scope
from butler_tui.tui.describe import View
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.watch import Wanted
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.reply import Reply
from butler_tui.tui.widgets.titles import set_subtitle, set_title

if TYPE_CHECKING:
    from butler_tui.core.policy import Rule

Mode = Literal["none", "card", "why", "rule", "reason", "question", "decided"]


class Needs(Vertical, can_focus=True):
    """Shows what waits for the person and says what they decided."""

    BINDINGS: ClassVar = [
        *bindings("plan"),
        ("up", "scroll(-1)", "up"),
        ("down", "scroll(1)", "down"),
        ("pageup", "scroll(-10)", "up"),
        ("pagedown", "scroll(10)", "down"),
        ("escape", "back", "back"),
    ]

    class Left(Message):
        """The person is done here and goes back to the plan."""

    def __init__(self, clock: Clock, quiet: Quiet, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._quiet = quiet
        self._wanted: list[Wanted] = []
        self._at = 0
        self._mode: Mode = "none"
        self._run_mode = "normal"
        self._rule: Rule | None = None
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
    def asked(self) -> ApprovalRequested | QuestionAsked | None:
        """What the card on the screen is about."""
        if not self._wanted:
            return None
        one = self._wanted[self._at]
        return one.requested if isinstance(one, ApprovalState) else one.asked

    def show(self, wanted: Sequence[Wanted], run_mode: str) -> None:
        """Show these, oldest first; the card on the screen stays there while it still waits."""
        before = self.asked
        self._wanted, self._run_mode = list(wanted), run_mode
        ids = [_asked(one).id for one in self._wanted]
        self._at = ids.index(before.id) if before is not None and before.id in ids else 0
        now = self.asked
        self.display = now is not None
        if now is None:
            self._forget()
        elif before is None or now.id != before.id:
            self._turn_up()
        self._say_which()

    def next_card(self) -> bool:
        """Show the next card; False when there is no other."""
        if len(self._wanted) < 2:
            return False
        self._at = (self._at + 1) % len(self._wanted)
        self._turn_up()
        self._say_which()
        return True

    def press(self, key: events.Key) -> None:
        """Take a letter that was pressed while this pane or the plan had the focus."""
        self._decide(key.character or "", self._clock.of(key), key=True)

    def why(self) -> bool:
        """Show why it is asked, or the card again; False when nothing is asked."""
        asked = self.asked
        if not isinstance(asked, ApprovalRequested):
            return False
        if self._mode == "why":
            self._show_card(asked)
        else:
            self._enter_mode("why")
            self._body.show(why_of(asked, self._run_mode), from_top=True)
        return True

    def show_rule(self, approval: str, rule: Rule) -> None:
        """Show the rule and wait for a `y`, which has to be heard like any other."""
        asked = self.asked
        if isinstance(asked, ApprovalRequested) and asked.id == approval:
            self._rule = rule
            self._enter_mode("rule")
            self._body.show(rule_of(rule, asked), from_top=True)

    def refused(self) -> None:
        """The decision could not be kept: the card can be decided again."""
        if self._mode == "decided" and isinstance(asked := self.asked, ApprovalRequested):
            self._show_card(asked)

    def answer(self) -> bool:
        """Go where the question is answered; False when the card is no question."""
        if self._mode != "question":
            return False
        self.query_one(Reply).take_focus()
        return True

    def view(self) -> View | None:
        """The card in full, for the whole screen; None when nothing is asked."""
        match self.asked:
            case ApprovalRequested() as asked:
                return View("needs you", body_of(asked))
            case QuestionAsked() as asked:
                return View("needs you", question_of(asked))
            case None:
                return None

    @property
    def _body(self) -> LongText:
        return self.query_one(LongText)

    def _turn_up(self) -> None:
        """Another card is on the screen: nothing of the one before it counts any more."""
        asked = self.asked
        had_focus = self.has_focus_within and not self.has_focus
        self._quiet.forget()
        if isinstance(asked, QuestionAsked):
            self._enter_mode("question")
            self._body.show(question_of(asked), from_top=True)
            self.query_one("#card-reply").mount(Reply(asked, self._clock))
        elif asked is not None:
            self._show_card(asked)
            self.call_after_refresh(self._appeared, asked.id)
        if had_focus:
            self.post_message(self.Left())
        self._ears.resume()

    def _appeared(self, approval: str) -> None:
        """The card has been painted, and can be read from now on."""
        if self.asked is not None and self.asked.id == approval:
            self._quiet.arrived(approval, self._clock.seconds())

    def _show_card(self, asked: ApprovalRequested) -> None:
        self._enter_mode("card")
        self._body.show(body_of(asked), from_top=True)

    def _enter_mode(self, mode: Mode) -> None:
        self._mode = mode
        self.set_class(mode in ("question", "reason"), "-replies")
        self.query_one("#card-reply").remove_children()
        self._show_keys()

    def _forget(self) -> None:
        if self._mode != "none":
            had_focus = self.has_focus_within
            self._enter_mode("none")
            self._quiet.forget()
            self._ears.pause()
            if had_focus:
                self.post_message(self.Left())

    def _say_which(self) -> None:
        which = f" · {self._at + 1} of {len(self._wanted)}" if len(self._wanted) > 1 else ""
        set_title(self, f"needs you{which}")

    def _show_keys(self) -> None:
        asked = self.asked
        if asked is None:
            return
        hears = self._mode == "question" or self._quiet.hears(
            asked.id, self._clock.seconds(), key=False
        )
        self.query_one(Hints).name_actions(_hints(self._mode), bright=hears)
        set_subtitle(self, "" if hears or self._mode == "decided" else "a moment…")

    def _decide(self, letter: str, at: float, *, key: bool) -> None:
        asked = self.asked
        if letter not in DECIDING or not isinstance(asked, ApprovalRequested):
            return
        if not self._quiet.hears(asked.id, at, key=key):
            return
        match self._mode, letter:
            case "card" | "why", "y":
                self._allow(asked, "once")
            case "card" | "why", "r":
                self._allow(asked, "run")
            case "card" | "why", "A":
                self.post_message(RuleWanted(asked))
            case "card" | "why", "e":
                self.post_message(EditWanted(asked))
            case "card" | "why", "n":
                self._ask_reason()
            case "rule", "y":
                self._allow(asked, "always")
            case _:
                return

    def _allow(self, asked: ApprovalRequested, scope: Scope) -> None:
        rule = self._rule if scope == "always" else None
        self._enter_mode("decided")
        self.post_message(Allowed(asked.id, scope, rule))

    def _ask_reason(self) -> None:
        self._enter_mode("reason")
        reason = Input(placeholder="why not? (may be left empty)", compact=True)
        self.query_one("#card-reply").mount(reason)
        self.call_after_refresh(reason.focus)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The reason for a denial was given."""
        event.stop()
        asked = self.asked
        if self._mode == "reason" and isinstance(asked, ApprovalRequested):
            self._enter_mode("decided")
            self.post_message(Denied(asked.id, event.value.strip()))
            self.post_message(self.Left())

    def on_key(self, event: events.Key) -> None:
        """Letters count only when this pane itself has the focus, not a line in it."""
        if not self.has_focus:
            return
        if event.character in DECIDING:
            event.stop()
            self.press(event)
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
        if letter in DECIDING and self.has_focus and at - self._focused_at >= 0.5:
            self._decide(letter, at, key=False)
        elif event.action.run:
            self.call_later(self.run_action, event.action.run)

    def action_scroll(self, by: int) -> None:
        """Scroll the body."""
        self._body.scroll_relative(y=by, animate=False)

    def action_back(self) -> None:
        """One step back: from a rule or a reason to the card, from the card to the plan."""
        asked = self.asked
        if self._mode in ("rule", "reason", "why") and isinstance(asked, ApprovalRequested):
            self._show_card(asked)
            self.focus()
        else:
            self.post_message(self.Left())


def _asked(one: Wanted) -> ApprovalRequested | QuestionAsked:
    return one.requested if isinstance(one, ApprovalState) else one.asked


def _hints(mode: Mode) -> list[Action]:
    if mode in ("card", "why"):
        return [*hints("card"), *(one for one in hints("plan") if one.word == "full"), WHY]
    if mode == "question":
        return [ANSWER]
    return hints(mode) if mode in ("rule", "reason") else []
