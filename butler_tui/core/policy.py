"""The rules that turn a call into allow, ask or deny, with the reason in words.

Pure: what a rule compares (resolved paths, say) is prepared by the caller.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from butler_tui.core.labels import Json
from butler_tui.core.tool import Effect


class Decision(StrEnum):
    """What becomes of a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Mode(StrEnum):
    """What is asked when no rule speaks."""

    CAREFUL = "careful"
    NORMAL = "normal"
    TRUSTING = "trusting"


class Rule(BaseModel):
    """One rule: calls whose tool and arguments match its globs get its decision.

    In a glob, `*` stands for any text and `?` for one character; the empty glob is for an
    argument that is not given. `run` binds a rule to one run (the scope *this run*); `match` and
    `not_match` are calls' arguments that it must and must not cover, checked when the rule is
    read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    args: Mapping[str, str] = Field(default_factory=dict[str, str])
    decision: Decision
    because: str = ""
    expires: AwareDatetime | None = None
    run: str | None = None
    match: Sequence[Mapping[str, str]] = ()
    not_match: Sequence[Mapping[str, str]] = ()

    @model_validator(mode="after")
    def _examples_hold(self) -> Rule:
        for example in self.match:
            if not self.covers_args(example):
                raise ValueError(
                    f"the rule for {self.tool} does not match its example {dict(example)}"
                )
        for example in self.not_match:
            if self.covers_args(example):
                raise ValueError(
                    f"the rule for {self.tool} matches {dict(example)}, which it must not"
                )
        return self

    def covers_args(self, args: Mapping[str, str]) -> bool:
        """True when every glob matches; an argument not given matches the empty glob alone."""
        return all(
            matches(args[name], glob) if name in args else not glob
            for name, glob in self.args.items()
        )

    def covers(self, tool: str, args: Mapping[str, str], run: str, now: datetime) -> bool:
        """True when the rule speaks of this call, in this run, now."""
        return (
            fnmatchcase(tool, self.tool)
            and (self.run is None or self.run == run)
            and (self.expires is None or now < self.expires)
            and self.covers_args(args)
        )

    def describe(self) -> str:
        """The rule in a line: `allow write_file where path is /home/me/notes/*`."""
        where = " and ".join(f"{name} is {glob or 'empty'}" for name, glob in self.args.items())
        return f"{self.decision} {self.tool}" + (f" where {where}" if where else "")


def matches(text: str, glob: str) -> bool:
    """True when an argument's text fits a rule's glob."""
    if glob.startswith("/"):
        return _path_pattern(glob).fullmatch(text) is not None
    return fnmatchcase(text, glob)


@lru_cache(maxsize=1_000)
def _path_pattern(glob: str) -> re.Pattern[str]:
    """A path's glob as a regular expression: `*` stays within a name, `**` does not."""
    parts = [_PATH_PARTS.get(part) or _literally(part) for part in _PATH_GLOB.split(glob)]
    return re.compile("".join(parts), re.DOTALL)


_PATH_GLOB = re.compile(r"(\*\*/|\*\*|\*|\?|\[[!^]?\]?[^]]*\])")
_PATH_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _literally(part: str) -> str:
    if not (part.startswith("[") and part.endswith("]") and len(part) > 2):
        return re.escape(part)
    body = part[1:-1]
    turned, body = ("^", body[1:]) if body[0] in "!^" else ("", body)
    return f"[{turned}{body.replace(chr(92), chr(92) * 2).replace('[', chr(92) + '[')}]"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and why."""

    decision: Decision
    because: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as the policy sees it; `args` as text, paths resolved."""

    tool: str
    effect: Effect | None
    undoable: bool
    args: Mapping[str, str]
    run: str


_WHY = {
    Effect.CHANGE: "it changes something on this machine",
    Effect.SEND: "it sends something out",
    Effect.EXECUTE: "it runs something on this machine",
    Effect.OBSERVE: "it looks at something on this machine",
    Effect.FETCH: "it fetches something from outside",
}


def decide(asked: Asked, mode: Mode, rules: Iterable[Rule], now: datetime) -> Verdict:
    """What becomes of a call: rules first (deny before ask before allow), then the mode."""
    if asked.effect is None:
        return Verdict(Decision.ALLOW, "it touches nothing outside the run")
    covering = [rule for rule in rules if rule.covers(asked.tool, asked.args, asked.run, now)]
    for decision in (Decision.DENY, Decision.ASK, Decision.ALLOW):
        for rule in covering:
            if rule.decision is decision:
                return Verdict(decision, f"rule: {rule.because or rule.describe()}", rule)
    return _by_mode(asked.effect, asked.undoable, mode)


def _by_mode(effect: Effect, undoable: bool, mode: Mode) -> Verdict:
    why = _WHY[effect]
    if mode is Mode.CAREFUL:
        return Verdict(Decision.ASK, f"{why}, and in careful mode every call is asked")
    if not effect.bounds_the_world:
        return Verdict(Decision.ALLOW, why)
    if mode is Mode.TRUSTING and effect is Effect.CHANGE and undoable:
        return Verdict(Decision.ALLOW, f"{why}, what it replaces is kept, and the mode is trusting")
    return Verdict(Decision.ASK, why)


def as_text(value: Json) -> str:
    """An argument as a rule's glob sees it: text as it is, anything else as JSON."""
    return (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )


def rule_for(asked: Asked, targets: Sequence[str], *, run: str | None = None) -> Rule:
    """The narrowest rule that allows this kind of call again: same tool, same targets.

    Globs in the targets' own text are taken literally; a target not given stays so.
    """
    args = {name: _literal(asked.args.get(name, "")) for name in targets}
    return Rule(tool=asked.tool, args=args, decision=Decision.ALLOW, run=run, because="")


def _literal(text: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)
