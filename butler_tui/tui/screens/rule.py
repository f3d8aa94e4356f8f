"""The rule that *always* would keep: shown exactly, changed as one likes, and then kept or not."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input

from butler_tui.core.clean import visible_line
from butler_tui.core.events import ApprovalRequested
from butler_tui.core.policy import as_text
from butler_tui.core.rules import Rule, with_hosts
from butler_tui.tui.actions import bindings
from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.screens.form import Area, FormScreen, label_for
from butler_tui.tui.signing import (
    as_rule,
    globs_of,
    lifts_of,
    lines_of,
    moment_of,
    passes,
    speaks_of,
)
from butler_tui.tui.text import lines, shown, shown_error, shown_line


class RuleScreen(FormScreen):
    """The rule as it is to be kept, or None."""

    BINDINGS = bindings("rule")
    PLACE: ClassVar = "rule"

    def __init__(self, rule: Rule, asked: ApprovalRequested, clock: Clock, quiet: Quiet) -> None:
        super().__init__(clock, quiet)
        self._rule = rule
        self._asked = asked
        texts = {name: as_text(value) for name, value in asked.args.items()}
        self._names = list(dict.fromkeys([*rule.args, *with_hosts(texts)]))

    def head(self) -> Content:
        """Where it would be kept."""
        first = Content.styled("this rule would be kept in rules.toml, for every run", "bold")
        more = (
            "In a pattern, * stands for any text, in a path for any text within a name and ** "
            "across folders; ? for one character; several, one a line."
        )
        return lines([first, Content.styled(more, "$quiet")])

    def fields(self) -> ComposeResult:
        """A field for each part of the rule."""
        yield label_for("tool")
        yield Input(visible_line(self._rule.tool), id="tool", compact=True)
        for place, name in enumerate(self._names):
            yield label_for(f"{name}  one pattern a line, none for any")
            yield Area(lines_of(self._rule.args.get(name, ())), id=f"argument-{place}")
        yield label_for("even if  untrusted, private, changed")
        yield Input(" ".join(self._rule.even_if), id="even-if", compact=True)
        yield label_for("expires  a date, or 30 days; empty for never")
        yield Input("", id="expires", compact=True)
        yield label_for("because")
        yield Input(visible_line(self._rule.because), id="because", compact=True)

    def comes_to(self) -> tuple[Content, Rule | None]:
        """The rule in words, with what it would let pass; or what is wrong with it."""
        try:
            rule = self._read()
        except ValueError as error:
            return shown_error(error), None
        said = [shown(rule.describe(), "bold")]
        free = [name for name in self._asked.args if not speaks_of(rule, name)]
        if free:
            said.append(shown(f"It allows any {', '.join(free)}.", "$warning"))
        if rule.even_if:
            said.append(
                shown(f"It allows such calls even if {', '.join(rule.even_if)}.", "$warning")
            )
        if any(char in rule.tool for char in "*?["):
            said.append(shown(f"It speaks of every tool named {rule.tool}.", "$warning"))
        if not passes(rule, self._asked, self.clock.now()):
            said.append(
                shown("It would not let this call pass, which is allowed once.", "$warning")
            )
        said.append(shown_line("Nothing is kept before you press the key.", "$quiet"))
        return lines(said), rule

    def _read(self) -> Rule:
        args = {
            name: globs
            for place, name in enumerate(self._names)
            if (globs := globs_of(self.query_one(f"#argument-{place}", Area).value)) is not None
        }
        tool = self._line("tool").strip()
        if not tool:
            raise ValueError("tool: a name, or a pattern for several, is missing.")
        return as_rule(
            tool=tool,
            args=args,
            even_if=lifts_of(self._line("even-if")),
            expires=moment_of(self._line("expires"), self.clock.now()),
            because=self._line("because").strip(),
        )

    def _line(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value
