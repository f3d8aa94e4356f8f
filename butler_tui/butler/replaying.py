"""The history against other rules: what would have been allowed, asked, denied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from butler_tui.core.concerns import Concern
from butler_tui.core.labels import Labels
from butler_tui.core.policy import Asked, Mode, Verdict, decide
from butler_tui.core.rules import Decision, Rule
from butler_tui.execution.requests import HERE
from butler_tui.history import HeldCall

Otherwise = Literal["", "allowed", "denied", "asked"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One call of the history, and what would become of it."""

    held: HeldCall
    asked: Asked
    verdict: Verdict

    @property
    def was(self) -> str:
        """What was decided: `allow`, `deny`, or nothing yet."""
        return self.held.decided.decision if self.held.decided is not None else ""

    @property
    def by_person(self) -> bool:
        """True when the person decided it."""
        return self.held.decided is not None and self.held.decided.by == "person"

    @property
    def otherwise(self) -> Otherwise:
        """What would become of it where the person's own decision was another one, else nothing.

        A call that they allowed and would be asked about again is another one only where their
        answer was for more than that call.
        """
        if not self.by_person or self.held.decided is None:
            return ""
        match self.verdict.decision:
            case Decision.ALLOW:
                return "allowed" if self.was == "deny" else ""
            case Decision.DENY:
                return "denied" if self.was == "allow" else ""
            case Decision.ASK:
                wide = self.was == "allow" and self.held.decided.scope != "once"
                return "asked" if wide else ""


@dataclass(frozen=True, slots=True)
class Replay:
    """Every call of the history against the changed rules, oldest first."""

    calls: Sequence[Replayed]

    @property
    def sums(self) -> Counter[Decision]:
        """How many would be allowed, asked, denied."""
        return Counter(one.verdict.decision for one in self.calls)

    def otherwise(self, what: Otherwise) -> list[Replayed]:
        """The calls of which the person had decided something else."""
        return [one for one in self.calls if one.otherwise == what]


def replay(calls: Iterable[HeldCall], rules: Sequence[Rule], mode: Mode | None) -> Replay:
    """What would become of each call, at its own time; without a mode, in its own run's."""
    return Replay(list(_replayed(calls, rules, mode)))


def _replayed(
    calls: Iterable[HeldCall], rules: Sequence[Rule], mode: Mode | None
) -> Iterator[Replayed]:
    times: Counter[tuple[str, str]] = Counter()
    for held in calls:
        asked = asked_of(held)

        def used(rule: Rule, run: str = held.run) -> int:
            return times[run, rule.id]

        verdict = decide(asked, mode or _mode_of(held), rules, held.at, used=used)
        if verdict.decision is Decision.ALLOW and verdict.rule is not None:
            times[held.run, verdict.rule.id] += 1
        yield Replayed(held, asked, verdict)


def _mode_of(held: HeldCall) -> Mode:
    return Mode(held.mode) if held.mode in set(Mode) else Mode.NORMAL


def asked_of(held: HeldCall) -> Asked:
    """The call as the policy saw it, with the arguments as the person changed them."""
    requested, decided = held.requested, held.decided
    seen, lists = requested.seen, requested.lists
    if decided is not None and decided.args is not None and decided.seen:
        seen, lists = decided.seen, decided.lists
    secret = [name for name, one in requested.labels.items() if Labels.load(one).overall().secret]
    return Asked(
        requested.tool,
        requested.effect,
        requested.undoable,
        {name: text for name, text in seen.items() if name != HERE},
        held.run,
        {name: tuple(one) for name, one in lists.items()},
        tuple(Concern.load(one) for one in requested.concerns),
        tuple(secret),
    )
