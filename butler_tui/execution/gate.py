"""The gate every call passes: what the policy says of it, with this run's own permissions.

Nothing is decided here for the person: the gate only says what becomes of a call, the executor
holds it, and a decision arrives as an event.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from butler_tui.core.calls import Address
from butler_tui.core.concerns import Concern
from butler_tui.core.policy import Asked, Mode, Verdict, decide, rule_for
from butler_tui.core.rules import Decision, Globs, Lift, Rule
from butler_tui.core.run import RunState
from butler_tui.core.targets import Target, targets_of
from butler_tui.core.tool import Effect, Tool
from butler_tui.execution.weighing import as_asked
from butler_tui.settings import PATH_ARGUMENTS
from butler_tui.settings.real_paths import real_path

Answers = Literal["person", "yes", "no"]
"""Who answers what the mode asks: the person, or `--yes` or `--no` given once for the whole run."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Says allow, ask or deny of a call, from the settings' rules and what this run was told.

    `lifted` are the concerns that the person lifted for the whole run (`--even-if`).
    """

    rules: Callable[[], Sequence[Rule]]
    now: Callable[[], datetime]
    tools: Mapping[str, Tool]
    answers: Answers = "person"
    lifted: Sequence[Lift] = ()

    def verdict(
        self, state: RunState, tool: Tool, asked: Asked, address: Address | None = None
    ) -> Verdict:
        """What becomes of the call at that place in its run, and why."""
        if (denied := self._denied_before(state, tool, asked)) is not None:
            return denied
        rules = [*self.rules(), *run_rules(state, tool), *state.bounds]
        verdict = decide(
            asked,
            Mode(state.mode),
            rules,
            self.now(),
            lifted=self.lifted,
            used=lambda rule: _times_used(state, rule, address),
        )
        if verdict.decision is not Decision.ASK or self.answers == "person":
            return verdict
        if self.answers == "no":
            because = f"{verdict.because}; --no denies it"
            return Verdict(Decision.DENY, because, "--no", verdict.rule)
        if verdict.rule is None and not verdict.concerns:
            return Verdict(Decision.ALLOW, f"{verdict.because}; --yes allows it", "--yes")
        return verdict

    def _denied_before(self, state: RunState, tool: Tool, asked: Asked) -> Verdict | None:
        """A denial is final in its run for that effect and target, by whatever tool it comes."""
        if not state.denied:
            return None
        here = Target("path", real_path(state.folder))
        mine = targets_of(tool.targets, asked.args, asked.lists) - {here}
        for approval in state.denied:
            requested = approval.requested
            other = self.tools.get(requested.tool)
            if requested.effect is not asked.effect or other is None:
                continue
            before = targets_of(other.targets, requested.seen, requested.lists)
            if mine & before:
                return Verdict(Decision.DENY, "you denied this before in this run", "denied")
        return None


def run_rule(asked: Asked, tool: Tool, concerns: Sequence[Concern] = ()) -> Rule:
    """What *this run* allows: the same tool on the same targets, or in the same folder.

    It says of each concern that was shown that it allows such calls all the same.
    """
    rule = rule_for(asked, tool.targets, run=asked.run, concerns=concerns)
    if asked.effect is not Effect.CHANGE:
        return rule
    args = {name: _in_folder(glob, name) for name, glob in rule.args.items()}
    return rule.model_copy(update={"args": args})


def _in_folder(glob: Globs, name: str) -> Globs:
    """A path's glob widened to the visible files of its folder."""
    if name not in PATH_ARGUMENTS or not isinstance(glob, str) or not glob:
        return glob
    return f"{os.path.dirname(glob)}/[!.]*"  # noqa: PTH120  (a glob is text, not a path)


def run_rules(state: RunState, tool: Tool) -> Iterator[Rule]:
    """What was allowed for this run, of one tool."""
    for approval in state.granted:
        decided, requested = approval.decided, approval.requested
        if decided is not None and requested.tool == tool.name:
            values = decided.args if decided.args is not None else requested.args
            asked = as_asked(state, tool, values, requested.effect)
            yield run_rule(asked, tool, [Concern.load(one) for one in requested.concerns])


def _times_used(state: RunState, rule: Rule, address: Address | None) -> int:
    """How many other calls of this run the rule has allowed, each once however often it was."""
    allowed = {
        (one.requested.step, one.requested.item)
        for one in state.approvals.values()
        if one.decided is not None
        and one.decided.decision == "allow"
        and one.decided.rule == rule.id
    }
    return len(allowed - {address})
