"""Giving a step's output, or changing the one it has; what depends on it runs again with it."""

from __future__ import annotations

import json
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.content import Content

from butler_tui.core.labels import Json
from butler_tui.tui.actions import bindings
from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.screens.form import Area, FormScreen
from butler_tui.tui.text import lines, shown_error, shown_line


class OutputScreen(FormScreen):
    """A tuple that holds the output, which may be null; or None when the person went back."""

    BINDINGS = bindings("output")
    PLACE: ClassVar = "output"

    def __init__(self, step: str, before: Json, clock: Clock, quiet: Quiet) -> None:
        super().__init__(clock, quiet)
        self._step = step
        self._before = before

    def head(self) -> Content:
        """What becomes of it."""
        first = shown_line(f"the output of {self._step}", "bold")
        more = "What depends on it runs again, in a new run; this run stays as it is."
        return lines([first, shown_line(more, "$quiet")])

    def fields(self) -> ComposeResult:
        """The output: text as it is, anything else as JSON."""
        yield Area(_as_text(self._before), id="output")

    def comes_to(self) -> tuple[Content, tuple[Json] | None]:
        """The output as it would be taken; or what is wrong with it."""
        text = self.query_one("#output", Area).value
        try:
            output = _read(text, self._before)
        except ValueError as error:
            return shown_error(f"This is no JSON as the output was: {error}."), None
        if output == self._before and self._before is not None:
            return shown_line("Nothing is changed yet.", "$quiet"), (output,)
        return shown_line(_said(output), "$quiet"), (output,)


def _as_text(output: Json) -> str:
    if output is None:
        return ""
    if isinstance(output, str):
        return output
    if (text := _text_in(output)) is not None:
        return text
    return json.dumps(output, ensure_ascii=False, indent=2)


def _text_in(output: Json) -> str | None:
    """The text of an output that is text above all."""
    text = output.get("text") if isinstance(output, dict) else None
    return text if isinstance(text, str) else None


def _read(text: str, before: Json) -> Json:
    """What was typed in place of the output before. Raises ValueError."""
    if isinstance(before, str):
        return text
    if isinstance(before, dict) and _text_in(before) is not None:
        return {**before, "text": text}
    if before is not None:
        return cast("Json", json.loads(text))
    try:
        return cast("Json", json.loads(text)) if text.strip() else None
    except ValueError:
        return text


def _said(output: Any) -> str:  # noqa: ANN401  (JSON)
    match output:
        case None:
            return "Taken as nothing (null)."
        case str():
            return "Taken as text."
        case dict() if _text_in(output) is not None:
            return "Taken as its text; the other fields stay."
        case _:
            return "Taken as JSON."
