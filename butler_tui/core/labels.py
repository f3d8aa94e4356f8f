"""Where a value came from: sources, labels, and how they travel leaf by leaf.

A label is a set of sources. A value made from others has all of their sources, so joining is
union: it is associative, commutative and never loses anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import TypeAliasType

Json = TypeAliasType("Json", 'bool | int | float | str | list["Json"] | dict[str, "Json"] | None')
"""What a value can be: what JSON can hold."""

Key = str | int

SourceKind = Literal[
    "goal", "person", "planner", "reviewer", "recipe", "settings", "run", "step", "memory"
]


@dataclass(frozen=True, slots=True)
class Source:
    """One origin of a value: who or what it came through, and what that makes of it.

    `name` is the step's id for a step, else empty; `origin` is what stands behind it in words a
    person knows (`web page example.org`, `file notes.md`). `untrusted`: a stranger could have
    written it. `private`: it is the user's own. `secret`: it may reach its own slot only.
    """

    kind: SourceKind
    name: str = ""
    origin: str = ""
    untrusted: bool = False
    private: bool = False
    secret: bool = False

    @property
    def marked(self) -> bool:
        """True when the source makes a value untrusted, private or secret."""
        return self.untrusted or self.private or self.secret

    def describe(self) -> str:
        """The source in words for a card: `from step search: web page example.org, untrusted`."""
        words = {
            "goal": "from your goal",
            "person": "from you",
            "planner": "butler chose",
            "reviewer": "butler's reviewer chose",
            "recipe": "from the recipe",
            "settings": "from your settings",
            "run": "from this run",
            "memory": "from memory",
            "step": f"from step {self.name}",
        }[self.kind]
        flags = [word for word in ("untrusted", "private", "secret") if getattr(self, word)]
        return ", ".join([f"{words}: {self.origin}" if self.origin else words, *flags])


@dataclass(frozen=True, slots=True)
class Label:
    """The sources of one leaf of a value."""

    sources: frozenset[Source] = frozenset()

    @classmethod
    def of(cls, *sources: Source) -> Label:
        """The label of a value that came from exactly these sources."""
        return cls(frozenset(sources))

    @property
    def untrusted(self) -> bool:
        """True when a stranger could have written any part of the value."""
        return any(source.untrusted for source in self.sources)

    @property
    def private(self) -> bool:
        """True when any part of the value is the user's own."""
        return any(source.private for source in self.sources)

    @property
    def secret(self) -> bool:
        """True when any part of the value is a secret."""
        return any(source.secret for source in self.sources)

    @property
    def marked(self) -> Label:
        """Only the sources that make the value untrusted, private or secret."""
        return Label(frozenset(source for source in self.sources if source.marked))

    @property
    def strange(self) -> Label:
        """Only the sources that a stranger or a secret is behind: what a file's label keeps."""
        return Label(frozenset(one for one in self.sources if one.untrusted or one.secret))

    def __or__(self, other: Label) -> Label:
        if not other.sources or self is other:
            return self
        return Label(self.sources | other.sources) if self.sources else other


NO_LABEL = Label()


def join(labels: Iterable[Label]) -> Label:
    """All sources of all labels."""
    result = NO_LABEL
    for label in labels:
        result = result | label
    return result


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a whole value: its own, and those of the parts that differ from it.

    A part without an entry has its parent's own label. `own` speaks of the container itself (its
    length, its keys) and of every leaf that has no entry of its own.
    """

    own: Label = NO_LABEL
    parts: Mapping[Key, Labels] = field(default_factory=dict[Key, "Labels"])

    def at(self, key: Key) -> Labels:
        """The labels of one part."""
        return self.parts.get(key) or Labels(self.own)

    def overall(self) -> Label:
        """Every source of every leaf."""
        return join([self.own, *(part.overall() for part in self.parts.values())])

    def with_added(self, label: Label) -> Labels:
        """The same labels with `label` joined to every leaf."""
        if not label.sources:
            return self
        return Labels(
            self.own | label, {key: part.with_added(label) for key, part in self.parts.items()}
        )

    def dump(self) -> dict[str, Any]:
        """JSON for the journal; `Labels.load` is its inverse."""
        parts = [[key, part.dump()] for key, part in self.parts.items()]
        own = [_dump_source(source) for source in sorted(self.own.sources, key=repr)]
        return {"own": own} | ({"parts": parts} if parts else {})

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Labels:
        """Read what `dump` wrote."""
        own = Label(frozenset(Source(**source) for source in data.get("own", ())))
        return cls(own, {key: cls.load(part) for key, part in data.get("parts", ())})


def _dump_source(source: Source) -> dict[str, Any]:
    named = {"kind": source.kind, "name": source.name, "origin": source.origin}
    flags = {flag: True for flag in ("untrusted", "private", "secret") if getattr(source, flag)}
    return {key: value for key, value in named.items() if value} | flags


@dataclass(frozen=True, slots=True)
class Labelled:
    """A JSON value together with the labels of its leaves."""

    value: Json
    labels: Labels = Labels()

    @classmethod
    def with_label(cls, value: Json, label: Label) -> Labelled:
        """A value all of whose leaves have one label."""
        return cls(value, Labels(label))

    @classmethod
    def of_list(cls, items: Iterable[Labelled], own: Label = NO_LABEL) -> Labelled:
        """A list whose elements keep their own labels."""
        kept = list(items)
        return cls(
            [item.value for item in kept], Labels(own, {i: x.labels for i, x in enumerate(kept)})
        )

    @classmethod
    def of_dict(cls, items: Mapping[str, Labelled], own: Label = NO_LABEL) -> Labelled:
        """An object whose values keep their own labels."""
        return cls(
            {key: item.value for key, item in items.items()},
            Labels(own, {key: item.labels for key, item in items.items()}),
        )


def text_of(value: Json) -> str:
    """A value inside text: text as it is, None as nothing, lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
