"""The gate every call passes: what the policy says of it, with this run's own permissions.

Nothing is decided here for the person: the gate only says what becomes of a call, the executor
holds it, and a decision arrives as an event.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from butler_tui.core.labels import Json
from butler_tui.core.policy import (
    Asked,
    Decision,
    Mode,
    Rule,
    Verdict,
    as_text,
    decide,
    rule_for,
)
from butler_tui.core.run import RunState
from butler_tui.core.tool import Effect, Tool
from butler_tui.settings import PATH_ARGUMENTS

Answers = Literal["person", "yes", "no"]
"""Who answers what the mode asks: the person, or `--yes` or `--no` given once for the whole run."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Says allow, ask or deny of a call, from the settings' rules and what this run was told."""

    rules: Callable[[], Sequence[Rule]]
    now: Callable[[], datetime]
    answers: Answers = "person"

    def verdict(
        self, state: RunState, tool: Tool, values: Mapping[str, Json], effect: Effect | None
    ) -> Verdict:
        """What becomes of the call, and why."""
        asked = as_asked(state, tool, values, effect)
        if (denied := _denied_before(state, tool, asked)) is not None:
            return denied
        rules = [*self.rules(), *_run_rules(state, tool)]
        verdict = decide(asked, Mode(state.mode), rules, self.now())
        if verdict.decision is Decision.ASK and verdict.rule is None:
            if self.answers == "yes":
                return Verdict(Decision.ALLOW, f"{verdict.because}; --yes allows it")
            if self.answers == "no":
                return Verdict(Decision.DENY, f"{verdict.because}; --no denies it")
        elif verdict.decision is Decision.ASK and self.answers == "no":
            return Verdict(Decision.DENY, f"{verdict.because}; --no denies it", verdict.rule)
        return verdict


def as_asked(
    state: RunState, tool: Tool, values: Mapping[str, Json], effect: Effect | None
) -> Asked:
    """The call as rules see it: arguments as text, paths absolute with links resolved."""
    args = {name: _seen(state.folder, name, value) for name, value in values.items()}
    return Asked(tool.name, effect, tool.undoable, args, state.id)


def _seen(folder: str, name: str, value: Json) -> str:
    if name in PATH_ARGUMENTS and isinstance(value, str):
        return os.path.realpath(Path(folder) / Path(value).expanduser())
    return as_text(value)


def run_rule(asked: Asked, tool: Tool) -> Rule:
    """What *this run* allows: the same tool on the same targets, or in the same folder."""
    rule = rule_for(asked, tool.targets, run=asked.run)
    if asked.effect is not Effect.CHANGE:
        return rule
    args = {
        name: f"{os.path.dirname(glob)}/[!.]*" if name in PATH_ARGUMENTS and glob else glob  # noqa: PTH120
        for name, glob in rule.args.items()
    }
    return rule.model_copy(update={"args": args})


def _run_rules(state: RunState, tool: Tool) -> Iterator[Rule]:
    for approval in state.approvals.values():
        decided, requested = approval.decided, approval.requested
        if decided is None or requested.tool != tool.name:
            continue
        if decided.decision == "allow" and decided.scope == "run":
            values = decided.args if decided.args is not None else requested.args
            yield run_rule(as_asked(state, tool, values, requested.effect), tool)


def _denied_before(state: RunState, tool: Tool, asked: Asked) -> Verdict | None:
    """A denial is final in its run for that effect and target, by whatever tool it comes again."""
    mine = _targets(asked, tool.targets)
    for approval in state.approvals.values():
        decided, requested = approval.decided, approval.requested
        if decided is None or decided.decision != "deny" or requested.effect is not asked.effect:
            continue
        before = as_asked(state, tool, requested.args, requested.effect)
        if mine and mine == _targets(before, tool.targets):
            return Verdict(Decision.DENY, "you denied this before in this run")
    return None


def _targets(asked: Asked, targets: Sequence[str]) -> frozenset[str]:
    return frozenset(asked.args[name] for name in targets if name in asked.args)
