"""How values, where they came from, and previews are shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from textual.content import Content

from butler_tui.core.labels import Json, Label, Labels, Source
from butler_tui.core.lookalike_lines import warnings
from butler_tui.tui.text import joined, pages, shown, shown_diff, shown_line

ONE_LINE = 66
"""Characters that stand on one line of the right side at 120 columns."""

MOST_ORIGINS = 6
"""Files, pages and the like that are named of one step; the others are counted, `?` names all."""


def arguments(args: Mapping[str, Json], labels: Mapping[str, Any]) -> Iterator[Content]:
    """Every argument in full, each with where it came from and a warning of letters in disguise.

    Text of several lines stands below its name.
    """
    widest = min(max((len(name) for name in args), default=0), 12)
    for name, value in args.items():
        text = written(value)
        source = source_of(Labels.load(labels.get(name, {})))
        head = shown_line(f"{name:<{widest}}  ", "$primary")
        if "\n" in text or len(text) > ONE_LINE:
            yield joined(head, source)
            yield from (shown(page) for page in pages(text))
        elif head.cell_length + len(text) + source.cell_length + 3 <= ONE_LINE:
            yield joined(head, shown(text), "   ", source)
        else:
            yield joined(head, shown(text))
            if source:
                yield joined(" " * head.cell_length, source)
        yield from (shown_line(line, "$warning") for line in warnings(name, value))


def source_of(labels: Labels) -> Content:
    """Where a value came from, in words; what a stranger could have written stands out."""
    label = labels.overall()
    style = "$warning" if label.untrusted else "$quiet"
    return shown_line("; ".join(sources_in_words(label)), style)


def sources_in_words(label: Label) -> list[str]:
    """The sources of a label; those that differ only in what stands behind them, together."""
    alike: dict[Source, list[str]] = {}
    for source in sorted(label.sources, key=repr):
        alike.setdefault(replace(source, origin=""), []).append(source.origin)
    said: list[str] = []
    for source, origins in alike.items():
        named = ", ".join(origins[:MOST_ORIGINS])
        more = f" and {len(origins) - MOST_ORIGINS} more" if len(origins) > MOST_ORIGINS else ""
        said.append(replace(source, origin=named + more).describe())
    return said


def preview(text: str, kind: str) -> Iterator[Content]:
    """What a call would do, as its tool showed it."""
    show = shown_diff if kind == "diff" else shown
    yield from (show(page) for page in pages(text))


def written(value: Json) -> str:
    """A value to read: text as it is, what holds more as indented JSON."""
    if isinstance(value, str):
        return value
    short = json.dumps(value, ensure_ascii=False)
    return short if len(short) <= ONE_LINE - 10 else json.dumps(value, ensure_ascii=False, indent=2)
