"""The text behind a call's arguments: what each one came from, in full. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textual.content import Content

from butler_tui.core.calls import CallState
from butler_tui.core.labels import Json, Labels, Source
from butler_tui.core.run import RunState
from butler_tui.tui.parts import Part, View, gathered
from butler_tui.tui.text import joined, pages, shown, shown_line
from butler_tui.tui.values import source_of, written

MOST_OUTPUTS = 40
"""Outputs of one step that are shown of one argument; how many more there are is said."""


def sources_view(
    state: RunState, title: str, args: Mapping[str, Json], labels: Mapping[str, Any]
) -> View:
    """Each argument with the goal, answers and outputs that its value came from."""
    return View(f"sources · {title}", gathered(_sources(state, args, labels)))


def _sources(
    state: RunState, args: Mapping[str, Json], labels: Mapping[str, Any]
) -> Iterator[Part]:
    for name, value in args.items():
        own = Labels.load(labels.get(name, {}))
        yield joined(shown_line(name, "$primary bold"), "   ", source_of(own))
        yield from (shown(page) for page in pages(written(value)))
        by_step: dict[str, list[Source]] = {}
        for source in sorted(own.overall().sources, key=repr):
            by_step.setdefault(source.name if source.kind == "step" else "", []).append(source)
        for step, sources in by_step.items():
            yield from _step(state, step, sources) if step else _known(state, sources)
        yield Content("")


def _known(state: RunState, sources: list[Source]) -> Iterator[Part]:
    """What is behind a source that is no step."""
    for source in sources:
        if source.kind == "goal":
            yield _heading("your goal")
            yield shown(state.goal)
        elif source.kind == "person":
            for one in state.questions.values():
                if one.answered:
                    yield _heading(f"your answer to: {one.asked.question}")
                    yield shown(written(one.answer))


def _step(state: RunState, step: str, sources: list[Source]) -> Iterator[Part]:
    """The outputs of a step that these sources are behind."""
    calls = [one for one in state.items_of(step) if one.output is not None]
    mine = [one for one in calls if _is_behind(one, sources)] or calls
    if not mine:
        yield shown(f"step {step} has no output here", "$quiet")
    for call in mine[:MOST_OUTPUTS]:
        place = step + "".join(f"[{number}]" for number in call.item)
        assert call.output is not None  # noqa: S101  (chosen so above)
        yield joined(_heading(f"output of {place}"), "   ", source_of(call.output.labels))
        text = call.output.value
        if isinstance(text, dict) and isinstance(text.get("text"), str):
            text = text["text"]
        yield from (shown(page) for page in pages(written(text)))
    if len(mine) > MOST_OUTPUTS:
        yield shown(f"and {len(mine) - MOST_OUTPUTS} more outputs of {step}", "$quiet")


def _is_behind(call: CallState, sources: list[Source]) -> bool:
    assert call.output is not None  # noqa: S101  (chosen so by the caller)
    return bool(call.output.labels.overall().sources & set(sources))


def _heading(text: str) -> Content:
    return joined("\n", shown_line(text, "$quiet"))
