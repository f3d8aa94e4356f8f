"""What is shown before there is a run: what to do, and what Butler can do as it is set up."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from butler_tui.tui.redacted import redacted
from butler_tui.tui.text import lines, shown, shown_line

EXAMPLES = 8


class Welcome(Static):
    """Calm and short; filled in when Butler is open."""

    DEFAULT_CSS = """
    Welcome { height: 1fr; padding: 1 2; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(self._said("", ()), markup=False, id=id)

    def say(self, model: str | None, examples: Sequence[str]) -> None:
        """Say what plans: the model's name, or with None the recipes and how to add a model."""
        if model is not None:
            self.update(self._said("", ()))
            return
        without = (
            "No model is set up, so Butler plans from its recipes. "
            "For anything else, run `butler setup`."
        )
        self.update(self._said(without, examples))

    def explain(self, goal: str, why: str) -> None:
        """Say why a goal was not taken on."""
        asked = shown_line(redacted(f"Not started: {goal}"), "bold", 200)
        said = [asked, Content(""), shown(redacted(why))]
        self.update(lines(said))

    def _said(self, without: str, examples: Sequence[str]) -> Content:
        said = [
            Content.styled("What shall be done?", "bold"),
            Content(""),
            Content("Type a goal below and press Enter. You see the plan before anything happens,"),
            Content("and whatever changes your machine or leaves it waits for your key."),
        ]
        if without:
            said += [Content(""), Content.styled(without, "$quiet")]
        if examples:
            said += [Content(""), Content.styled("Goals that work as Butler is:", "$quiet")]
            said += [shown_line(f"  {example}", "", 200) for example in examples[:EXAMPLES]]
        return lines(said)
