"""Bounds for a plan: how many calls of each tool, to whom and where, and what it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input

from butler_tui.core.rules import Rule
from butler_tui.tui.actions import bindings
from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.screens.form import Area, FormScreen, label_for
from butler_tui.tui.signing import Draft, as_rule, globs_of, sources_of, speaks_of
from butler_tui.tui.text import lines, shown, shown_error, shown_line

_CALLS = "at most how many calls"


@dataclass(frozen=True, slots=True)
class Signed:
    """What the person signed: rules that hold in this run, and what its models may cost."""

    bounds: tuple[Rule, ...]
    cost_usd: float | None


class BoundsScreen(FormScreen):
    """What was signed, or None."""

    BINDINGS = bindings("bounds")
    PLACE: ClassVar = "bounds"

    def __init__(
        self,
        run: str,
        drafts: Sequence[Draft],
        cost_usd: float | None,
        clock: Clock,
        quiet: Quiet,
        *,
        on_sheet: bool,
    ) -> None:
        super().__init__(clock, quiet)
        self._run = run
        self._drafts = drafts
        self._cost = cost_usd
        self._on_sheet = on_sheet

    def head(self) -> Content:
        """What signing means."""
        first = Content.styled("bounds for this run", "bold")
        more = "Calls within them are not asked again; one outside stops and is asked."
        return lines([first, Content.styled(more, "$quiet")])

    def fields(self) -> ComposeResult:
        """For each tool a count, its arguments, and where untrusted values may come from."""
        for place, draft in enumerate(self._drafts):
            most = "" if draft.most is None else str(draft.most)
            yield label_for(f"{draft.tool}  {_how_many(draft.kept)}; empty: each is asked")
            yield Input(most, id=f"most-{place}", type="integer", compact=True)
            for number, (name, globs) in enumerate(draft.args.items()):
                yield label_for(f"   {draft.tool}: {name}  one pattern a line, none for any")
                yield Area(globs, id=f"argument-{place}-{number}")
            yield label_for(f"   {draft.tool}: untrusted values may come  (argument: where from)")
            yield Area(draft.sources, id=f"sources-{place}")
        yield label_for("cost  US$ at most for the models of this run; empty: as the settings say")
        cost = "" if self._cost is None else f"{self._cost:g}"
        yield Input(cost, id="cost", type="number", compact=True)

    def comes_to(self) -> tuple[Content, Signed | None]:
        """The bounds in words; or what is wrong with them."""
        try:
            signed = self._read()
        except ValueError as error:
            return shown_error(error), None
        said: list[Content] = []
        for bound in signed.bounds:
            said.append(shown(f"- {bound.describe()}{self._beside(bound.tool)}", "bold"))
            free = [name for name in self._names(bound.tool) if not speaks_of(bound, name)]
            if free:
                said.append(shown(f"  with any {', '.join(free)}", "$warning"))
        if signed.cost_usd is not None:
            said.append(shown(f"- models may cost at most ${signed.cost_usd:.2f}", "bold"))
        if not said:
            return shown("Nothing to sign yet: say how many calls, or a cost."), None
        if self._on_sheet:
            said.append(
                shown_line("Signing also accepts the plan's sheet as it stands.", "$warning")
            )
        return lines(said), signed

    def _beside(self, tool: str) -> str:
        kept = sum(draft.kept for draft in self._drafts if draft.tool == tool)
        return f", beside the {kept} on the sheet" if kept else ""

    def _names(self, tool: str) -> list[str]:
        return [name for draft in self._drafts if draft.tool == tool for name in draft.args]

    def _read(self) -> Signed:
        bounds = [self._bound(place, draft) for place, draft in enumerate(self._drafts)]
        cost = self.query_one("#cost", Input).value.strip()
        try:
            cost_usd = float(cost) if cost else None
        except ValueError:
            raise ValueError(f"cost: {cost} is no number.") from None
        if cost_usd is not None and not 0 <= cost_usd < 1e6:
            raise ValueError("cost: it must be 0 or more.")
        return Signed(tuple(one for one in bounds if one is not None), cost_usd)

    def _bound(self, place: int, draft: Draft) -> Rule | None:
        most = self.query_one(f"#most-{place}", Input).value.strip()
        if not most:
            return None
        if not most.isdecimal() or not 1 <= int(most) <= 9999:
            raise ValueError(f"{draft.tool}: how many must be from 1 to 9999.")
        args = {
            name: globs
            for number, name in enumerate(draft.args)
            if (globs := globs_of(self._text(f"argument-{place}-{number}"))) is not None
        }
        sources = sources_of(self._text(f"sources-{place}"), draft.args)
        return as_rule(
            tool=draft.tool,
            args=args,
            run=self._run,
            most=int(most),
            sources=sources,
            because="a bound you signed",
        )

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", Area).value


def _how_many(kept: int) -> str:
    """What the count is of: what the sheet's own calls come to is none of it."""
    return f"at most how many more, beside the {kept} on the sheet" if kept else _CALLS
