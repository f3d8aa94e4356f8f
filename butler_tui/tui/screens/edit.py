"""Changing a held call's arguments: a field each, by its type; then the call as it would be.

Keeping checks them against the tool, and the policy looks again. What is shown then is what a
second key allows, exactly so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ButlerError
from butler_tui.core.events import ApprovalRequested
from butler_tui.core.labels import Json
from butler_tui.core.tool import Tool
from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.argument import Argument, argument_of
from butler_tui.tui.card import body_of, head_of
from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.screens.form import Area, OneLine, label_for
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.text import shown_error, shown_line
from butler_tui.tui.values import written
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText

Check = Callable[[dict[str, Json]], Awaitable[ApprovalRequested]]
"""The call as it would be with these arguments; raises ButlerError when it cannot be so."""


class EditScreen(OnceScreen[ApprovalRequested | None]):
    """The changed call as it was shown and allowed, or None when the person went back."""

    BINDINGS = bindings("edit")

    def __init__(
        self,
        asked: ApprovalRequested,
        tool: Tool | None,
        check: Check,
        clock: Clock,
        quiet: Quiet,
        *,
        on_sheet: bool = False,
    ) -> None:
        super().__init__()
        self._asked = asked
        self._check = check
        self._clock = clock
        self._ears = quiet.beside()
        self._on_sheet = on_sheet
        self._now: ApprovalRequested | None = None
        names = dict.fromkeys([*asked.args, *(tool.names if tool is not None else ())])
        self._arguments = [
            argument_of(name, asked.args, tool.parameter(name) if tool is not None else None)
            for name in names
        ]

    def compose(self) -> ComposeResult:
        """A field for each argument; later the call as it would be."""
        yield Static(head_of(self._asked), id="edit-head", markup=False)
        with VerticalScroll(id="edit"):
            for place, argument in enumerate(self._arguments):
                yield label_for(argument.label)
                yield _field(argument, f"argument-{place}")
        yield LongText(id="changed")
        yield Static("", id="comes-to", markup=False)
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Begin with the first argument."""
        self.query_one("#changed").display = False
        self._show_keys()
        self._first.focus()
        self.set_interval(0.1, self._show_keys)

    @property
    def _first(self) -> Widget:
        return self.query_one("#argument-0")

    def _show_keys(self) -> None:
        hears = self._now is None or self._hears(self._clock.seconds(), key=False)
        actions = hints("edit" if self._now is None else "changed")
        self.query_one(Hints).name_actions(actions, bright=hears)

    def _hears(self, at: float, *, key: bool) -> bool:
        return self._ears.hears("changed", at, key=key)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        if event.action.run:
            self.call_later(self.run_action, event.action.run)
        elif event.action.keys[0] == "y":
            self._allow(self._hears(self._clock.of(event.click), key=False))
        else:
            self.action_back()

    def on_key(self, event: events.Key) -> None:
        """`y` allows exactly the call that is shown, if it was meant for it."""
        if self._now is not None and event.character == "y":
            event.stop()
            self._allow(self._hears(self._clock.of(event), key=True))

    def _allow(self, meant: bool) -> None:
        if meant and self._now is not None:
            self.dismiss(self._now)

    def action_keep(self) -> None:
        """Have the changed call checked and shown, or say what is wrong with it."""
        if self._now is not None:
            return
        try:
            args = self._read()
        except ValueError as error:
            self._say_wrong(str(error))
            return
        self.run_worker(self._checked(args), exclusive=True, group="check")

    def _read(self) -> dict[str, Json]:
        read: dict[str, Json] = {}
        for place, argument in enumerate(self._arguments):
            given, value = _value(argument, self.query_one(f"#argument-{place}"))
            if given:
                read[argument.name] = value
        return read

    async def _checked(self, args: dict[str, Json]) -> None:
        try:
            now = await self._check(args)
        except ButlerError as error:
            self._say_wrong(str(error))
            return
        self._now = now
        self.set_focus(None)
        self.query_one("#edit").display = False
        body = self.query_one("#changed", LongText)
        body.display = True
        body.show(body_of([now]), from_top=True)
        said = "y puts it on the sheet so" if self._on_sheet else "y allows exactly this"
        self.query_one("#comes-to", Static).update(shown_line(f"{said}; esc goes back.", "$quiet"))
        self._show_keys()
        self.call_after_refresh(self._appeared)

    def _appeared(self) -> None:
        self._ears.arrived("changed", self._clock.seconds())

    def _say_wrong(self, why: str) -> None:
        self.query_one("#comes-to", Static).update(shown_error(why))

    def action_back(self) -> None:
        """Back to the fields, or change nothing."""
        if self._now is None:
            self.dismiss(None)
            return
        self._now = None
        self._ears.forget()
        self.query_one("#changed").display = False
        self.query_one("#edit").display = True
        self.query_one("#comes-to", Static).update("")
        self._show_keys()
        self._first.focus()


def _field(argument: Argument, identity: str) -> Widget:
    match argument.kind:
        case "choice":
            options = [
                (visible_line(written(one)), place) for place, one in enumerate(argument.choices)
            ]
            chosen: Any = Select.NULL
            if argument.given:
                chosen = list(argument.choices).index(argument.value)
            return Select(options, value=chosen, allow_blank=not argument.given, id=identity)
        case "whole number" | "number":
            kind = "integer" if argument.kind == "whole number" else "number"
            return Input(argument.text, type=kind, compact=True, id=identity)
        case "line":
            return OneLine(argument.text, id=identity)
        case _:
            return Area(argument.text, id=identity)


def _value(argument: Argument, field: Widget) -> tuple[bool, Json]:
    """Whether the argument is given, and its value. What is left empty stays not given."""
    if isinstance(field, Select):
        if not isinstance(field.value, int):
            return False, None
        return True, argument.choices[field.value]
    text = field.value if isinstance(field, Area | Input) else ""
    if not text and (not argument.given or argument.kind not in ("line", "text", "lines")):
        if argument.given and not argument.optional:
            raise ValueError(f"{argument.name} is missing.")
        return False, None
    return True, argument.read(text)
