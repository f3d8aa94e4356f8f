"""Why a call is asked whatever mode, rule, signed plan or `--yes` says: the labels' own rules.

1. It changes, sends or executes, and an argument, or what decided that it runs, is untrusted.
2. It reaches beyond this machine and carries something private to someone the goal did not name;
   or something private decided that it runs, and a stranger had a part in it.
3. The tool's own definition changed since it was last allowed.

Sources: CaMeL (arXiv 2503.18813) and FIDES (arXiv 2505.23643) on why arguments of every effect
must be looked at by where they came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from butler_tui.core.labels import NO_LABEL, Label, Source
from butler_tui.core.rules import CONTROL, Lift, Rule
from butler_tui.core.targets import Target, names

_KINDS: tuple[Lift, ...] = ("untrusted", "private", "changed")
"""In the order of the rules."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Concern:
    """One reason: which rule, which argument (`control` for what decided it), from where."""

    kind: Lift
    argument: str = ""
    origins: tuple[str, ...] = ()

    def describe(self) -> str:
        """The reason in words: `body comes from web page x, which strangers may write`."""
        if self.kind == "changed":
            return "the tool is not the one that was allowed before"
        shown = ", ".join(self.origins[:_SHOWN])
        more = f" and {len(self.origins) - _SHOWN} more" if len(self.origins) > _SHOWN else ""
        if self.kind == "private":
            came = f", from {shown}{more}" if shown else ""
            if self.argument == CONTROL:
                return f"what decided that it runs is private{came}, and a stranger could tell"
            return f"{self.argument} is private{came}, and would go to whom the goal does not name"
        from_where = (
            f"{shown}{more}, which strangers may write" if shown else "what strangers may write"
        )
        if self.argument == CONTROL:
            return f"that it runs was decided by {from_where}"
        return f"{self.argument} comes from {from_where}"

    def dump(self) -> dict[str, Any]:
        """JSON for the journal; `Concern.load` is its inverse."""
        return {"kind": self.kind, "argument": self.argument, "origins": list(self.origins)}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Concern:
        """Read what `dump` wrote."""
        return cls(data["kind"], data.get("argument", ""), tuple(data.get("origins", ())))

    def lifted_by(self, rule: Rule) -> bool:
        """True when the rule says that it allows such a call all the same."""
        if self.kind in rule.even_if:
            return True
        return self.kind == "untrusted" and rule.accepts_sources(self.argument, self.origins)


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows into a call: the label of each argument, and of what decided that it runs.

    `bounds`: it changes, sends or executes. `reaches`: it goes beyond this machine, to
    `recipients`. `words` are what the person said in this run: the goal and their answers.
    `content` names the arguments that only become content of a plain data file.
    """

    labels: Mapping[str, Label]
    control: Label = NO_LABEL
    bounds: bool = False
    reaches: bool = False
    recipients: frozenset[Target] = frozenset()
    words: Sequence[str] = ()
    content: frozenset[str] | None = None
    changed: bool = False


def concerns_of(flow: Flow) -> tuple[Concern, ...]:
    """Every reason to ask, in the order of the rules."""
    return tuple(_concerns(flow))


def _concerns(flow: Flow) -> Iterator[Concern]:
    if flow.bounds:
        yield from _untrusted(flow)
    if flow.reaches and not _named(flow):
        for name, label in flow.labels.items():
            if label.private:
                yield Concern("private", name, _origins(label, "private"))
        if flow.control.private and _strange(flow):
            yield Concern("private", CONTROL, _origins(flow.control, "private"))
    if flow.changed:
        yield Concern("changed")


def _untrusted(flow: Flow) -> Iterator[Concern]:
    """Rule 1; content of a plain data file is not its business, whatever decided it."""
    for name, label in flow.labels.items():
        if label.untrusted and not (flow.content is not None and name in flow.content):
            yield Concern("untrusted", name, _origins(label, "untrusted"))
    if flow.control.untrusted and flow.content is None:
        yield Concern("untrusted", CONTROL, _origins(flow.control, "untrusted"))


def _strange(flow: Flow) -> bool:
    """True when a stranger may have said whom the call reaches, or asked whether it runs.

    They learn of what is private by whether it comes, also where nothing of it is sent.
    """
    return flow.control.untrusted or any(label.untrusted for label in flow.labels.values())


def _named(flow: Flow) -> bool:
    """True when the person named everybody whom the call reaches."""
    return bool(flow.recipients) and all(
        any(names(words, target) for words in flow.words) for target in flow.recipients
    )


def _origins(label: Label, flag: str) -> tuple[str, ...]:
    return tuple(sorted({_origin(one) for one in label.sources if getattr(one, flag)}))


def _origin(source: Source) -> str:
    return source.origin or source.name or source.kind


def kinds_of(concerns: Iterable[Concern]) -> tuple[Lift, ...]:
    """The kinds of these reasons, each once, in the order of the rules."""
    return tuple(kind for kind in _KINDS if any(one.kind == kind for one in concerns))
