"""What becomes of a call: allow, ask or deny, with the reason in words.

Pure: what a rule compares (resolved paths, say) and how labels flow is prepared by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal

from butler_tui.core.concerns import Concern, kinds_of
from butler_tui.core.labels import Json
from butler_tui.core.rules import Decision, Globs, Lift, Rule, with_hosts
from butler_tui.core.tool import Effect
from butler_tui.core.undoing import PUT_BACK


class Mode(StrEnum):
    """What is asked when no rule speaks."""

    CAREFUL = "careful"
    NORMAL = "normal"
    TRUSTING = "trusting"


By = Literal["nothing", "secret", "rule", "mode", "bound", "concern", "--yes", "--no", "denied"]
"""What decided: no effect, a secret, a rule, the mode, a signed bound, a label's rule, a flag."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and why. `concerns` are reasons to ask that nothing lifted."""

    decision: Decision
    because: str
    by: By = "mode"
    rule: Rule | None = None
    concerns: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as the policy sees it.

    `args` as text, paths resolved; `lists` the elements of those that are lists of text.
    `concerns` are the reasons why its labels would have it asked; `secret` names the arguments
    that hold a secret.
    """

    tool: str
    effect: Effect | None
    undoable: bool
    args: Mapping[str, str]
    run: str
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    concerns: tuple[Concern, ...] = ()
    secret: tuple[str, ...] = ()


_WHY = {
    Effect.CHANGE: "it changes something on this machine",
    Effect.SEND: "it sends something out",
    Effect.EXECUTE: "it runs something on this machine",
    Effect.OBSERVE: "it looks at something on this machine",
    Effect.FETCH: "it fetches something from outside",
}


def _unused(_rule: Rule) -> int:
    return 0


def decide(
    asked: Asked,
    mode: Mode,
    rules: Iterable[Rule],
    now: datetime,
    *,
    lifted: Sequence[Lift] = (),
    used: Callable[[Rule], int] = _unused,
) -> Verdict:
    """What becomes of a call: rules first (deny before ask before allow), then the mode.

    What its labels would have asked is asked even where a rule or the mode allows it, unless a
    rule that covers it, or `lifted`, says otherwise. `used` counts the calls that a rule allowed.
    """
    if asked.secret:
        because = f"{asked.secret[0]} holds a secret, which goes nowhere but where it belongs"
        return Verdict(Decision.DENY, because, "secret")
    if asked.effect is None:
        return Verdict(Decision.ALLOW, "it touches nothing outside the run", "nothing")
    known = list(rules)
    covering = [one for one in known if _covers(one, asked, now)]
    spent = [one for one in covering if one.most is not None and used(one) >= one.most]
    covering = [one for one in covering if one not in spent]
    concerns = _left(asked.concerns, covering, lifted)
    verdict = _by_rules(covering)
    if verdict is None or verdict.decision is Decision.ALLOW:
        # What was signed for this run is narrower than what is kept for every run.
        signed = any(one.run == asked.run for one in covering)
        outside = None if signed else _outside(asked, known, spent)
        verdict = outside or verdict or _by_mode(asked.effect, _unasked(asked), mode)
    return _with_concerns(verdict, concerns)


def _unasked(asked: Asked) -> bool:
    """True for what a trusting mode lets pass; an undo is always shown, unless a rule answers."""
    return asked.undoable and asked.tool != PUT_BACK


def _covers(rule: Rule, asked: Asked, now: datetime) -> bool:
    return rule.covers(asked.tool, with_hosts(asked.args), asked.lists, asked.run, now)


def _left(
    concerns: Iterable[Concern], covering: Sequence[Rule], lifted: Sequence[Lift]
) -> tuple[Concern, ...]:
    """The reasons that nobody lifted."""
    allowing = [rule for rule in covering if rule.decision is Decision.ALLOW]
    return tuple(
        one
        for one in concerns
        if one.kind not in lifted and not any(one.lifted_by(rule) for rule in allowing)
    )


def _by_rules(covering: Sequence[Rule]) -> Verdict | None:
    bounds_first = sorted(covering, key=lambda rule: rule.most is None)
    for decision in (Decision.DENY, Decision.ASK, Decision.ALLOW):
        for rule in bounds_first:
            if rule.decision is decision:
                because = f"rule: {rule.because or rule.describe()}"
                by: By = "bound" if rule.most is not None else "rule"
                return Verdict(decision, because, by, rule)
    return None


def _outside(asked: Asked, rules: Sequence[Rule], spent: Sequence[Rule]) -> Verdict | None:
    """A call of a tool that the person signed bounds for, but not one within them."""
    bounds = [
        one
        for one in rules
        if one.run == asked.run and one.most is not None and fnmatchcase(asked.tool, one.tool)
    ]
    if not bounds:
        return None
    bound = next((one for one in bounds if one in spent), bounds[0])
    said = "beyond the count of" if bound in spent else "not within"
    because = f"it is {said} the bound you signed: {bound.describe()}"
    return Verdict(Decision.ASK, because, "bound", bound)


def _by_mode(effect: Effect, undoable: bool, mode: Mode) -> Verdict:
    why = _WHY[effect]
    if mode is Mode.CAREFUL:
        return Verdict(Decision.ASK, f"{why}, and in careful mode every call is asked")
    if not effect.bounds_the_world:
        return Verdict(Decision.ALLOW, why)
    if mode is Mode.TRUSTING and effect is Effect.CHANGE and undoable:
        return Verdict(Decision.ALLOW, f"{why}, it can be undone, and the mode is trusting")
    return Verdict(Decision.ASK, why)


def _with_concerns(verdict: Verdict, concerns: tuple[Concern, ...]) -> Verdict:
    """The verdict, asked where a concern is left."""
    if not concerns or verdict.decision is Decision.DENY:
        return verdict
    reasons = "; ".join(one.describe() for one in concerns)
    if verdict.decision is Decision.ALLOW:
        return Verdict(Decision.ASK, reasons, "concern", concerns=concerns)
    because = f"{reasons}; and {verdict.because}"
    return Verdict(Decision.ASK, because, verdict.by, verdict.rule, concerns)


def as_text(value: Json) -> str:
    """An argument as a rule's glob sees it: text as it is, anything else as JSON."""
    return (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )


def rule_for(
    asked: Asked,
    targets: Sequence[str],
    *,
    run: str | None = None,
    concerns: Iterable[Concern] = (),
) -> Rule:
    """The narrowest rule that allows this kind of call again: same tool, same targets.

    Globs in the targets' own text are taken literally; a target not given stays so. It says of
    each of the concerns that it allows such calls all the same, but of a tool that changed only
    the person can say so, each time.
    """
    args = {name: _literal_target(asked, name) for name in targets}
    return Rule(
        tool=asked.tool,
        args=args,
        decision=Decision.ALLOW,
        run=run,
        even_if=tuple(kind for kind in kinds_of(concerns) if kind != "changed"),
    )


def _literal_target(asked: Asked, name: str) -> Globs:
    if asked.lists.get(name) and asked.effect is Effect.EXECUTE:
        return _literal(asked.args[name])  # the same words in another order run something else
    if name in asked.lists:
        return tuple(_literal(one) for one in asked.lists[name])
    return _literal(asked.args.get(name, ""))


def _literal(text: str) -> str:
    """A glob that the text alone fits."""
    escaped = "".join(f"[{char}]" if char in "*?[" else char for char in text)
    return f"[{escaped[0]}]{escaped[1:]}" if escaped[:1] in ("<", ">") else escaped
