"""Answers that break off anywhere: what closed before counts, and is not planned again."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import Run

from butler_tui.core.errors import ModelError
from butler_tui.core.events import (
    ModelCalled,
    PlanProposed,
    PlanRefused,
    StepFailed,
    StepFinished,
    StepProposed,
    StepStarted,
)
from butler_tui.core.needing import broken
from butler_tui.core.ports import Message, Role
from butler_tui.core.tool import Tool
from butler_tui.planning.planner import ModelPlanner
from butler_tui.tools.plugins import find_tools

Tools = Mapping[str, Tool]

TOOLS = find_tools(None).tools
FIRST = (
    "# Look around\n",
    "a = list_files('.')  # Look\n",
    "b = [\n    read_file(f.path)\n    for f in a.files\n]\n",
    "c = write_text('''Say it:\n# no comment\n''', inputs=[b])\n",
    "write_file('x.md', c.text) or write_file('y.md', c.text)\n",
    "answer(f\"{c.text} is 'said'\")\n",
)
LATER = (
    "d = find_files('.', '*.md')\n",
    "e = [read_file(one.path) for one in d.files]\n",
    "answer(f'{e} {a.files}')\n",
)
BROKE = ModelError("It broke off.", transient=True)
COUNTED = re.compile(
    r"Your answer broke off\. These statements of it count:\n```python\n(.*)```", re.S
)


@dataclass
class Cut:
    """A model whose answers break off at these places, and that goes on where it is told to."""

    parts: Sequence[str]
    cuts: list[int]
    wrap: tuple[str, str] = ("", "")
    asked: list[Sequence[Message]] = field(default_factory=list)

    def name(self, role: Role) -> str | None:
        return "scripted"

    async def stream(
        self, role: Role, messages: Sequence[Message], *, private: bool = False
    ) -> AsyncGenerator[str | ModelCalled, None]:
        self.asked.append(list(messages))
        text = self._answer(messages[-1].content)
        cut = self.cuts.pop(0) if self.cuts else len(text)
        for at in range(0, len(text[:cut]), 29):
            yield text[:cut][at : at + 29]
        yield ModelCalled(role="planner", model="scripted")
        if cut < len(text):
            raise BROKE

    def _answer(self, last: str) -> str:
        """What comes after the statements that count; all of it when none does."""
        counted = COUNTED.search(last)
        statements = [one for one in self.parts if not one.startswith("#")]
        if counted is None:
            return self.wrap[0] + "".join(self.parts) + self.wrap[1]
        rest = "".join(statements[len(ast.parse(counted[1]).body) :])
        return self.wrap[0] + (rest or "# done\n") + self.wrap[1]


async def planned(run: Run, model: Cut, *, revising: bool) -> None:
    need = broken(run.state) if revising else None
    async with aclosing(ModelPlanner(model).plan(replace(run.request, need=need))) as events:  # type: ignore[type-var]
        async for event in events:
            run.record(event)


def begun(tools: Tools) -> Run:
    """A run whose first step is done and whose second has failed."""
    run = Run("Look", tools)
    for step, text in (("a", "a = list_files(path='.')"), ("b", "b = read_file(path='gone')")):
        run.record(StepProposed(step=step, text=text, by="planner"))
    run.record(PlanProposed(revision=1, text="a = list_files('.')\nb = read_file('gone')\n"))
    run.record(StepStarted(step="a", tool="list_files"))
    run.record(StepFinished(step="a", output={"files": []}))
    run.record(StepStarted(step="b", tool="read_file"))
    run.record(StepFailed(step="b", code="not_found", error="There is no gone."))
    run.state.front()
    return run


async def after(tools: Tools, cuts: list[int], wrap: tuple[str, str], *, revising: bool) -> Run:
    run = begun(tools) if revising else Run("Look", tools)
    run.events.clear()
    await planned(run, Cut(LATER if revising else FIRST, cuts, wrap), revising=revising)
    return run


def same(run: Run, uncut: Run) -> None:
    """Every statement was proposed once, and the plan is the one that was meant."""
    assert [one.text for one in run.of(StepProposed)] == [
        one.text for one in uncut.of(StepProposed)
    ]
    assert not run.of(PlanRefused)
    assert run.of(PlanProposed) == uncut.of(PlanProposed)
    assert run.state.statements.keys() == uncut.state.statements.keys()


WRAPS = [("", ""), ("Here it is:\n\n```python\n", "```\nBye.\n")]


@pytest.mark.parametrize("wrap", WRAPS, ids=["bare", "fenced"])
@pytest.mark.parametrize("revising", [False, True], ids=["first", "revision"])
async def test_a_plan_cut_at_any_character_is_whole_and_planned_once(
    tools: Tools, wrap: tuple[str, str], revising: bool
) -> None:
    uncut = await after(tools, [], wrap, revising=revising)
    text = wrap[0] + "".join(LATER if revising else FIRST) + wrap[1]
    for cut in range(1, len(text)):
        same(await after(tools, [cut], wrap, revising=revising), uncut)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(10, 60), max_size=5), st.sampled_from(WRAPS), st.booleans())
def test_a_plan_cut_again_and_again_gets_there(
    cuts: list[int], wrap: tuple[str, str], revising: bool
) -> None:
    async def both() -> None:
        try:
            run = await after(TOOLS, list(cuts), wrap, revising=revising)
        except ModelError as error:
            assert str(error) == "It broke off."
            return
        same(run, await after(TOOLS, [], wrap, revising=revising))

    asyncio.run(both())


async def test_a_model_that_never_gets_further_is_given_up(tools: Tools) -> None:
    run, model = Run("Look", tools), Cut(FIRST, [5] * 20)
    with pytest.raises(ModelError, match="broke off"):
        await planned(run, model, revising=False)
    assert len(model.asked) == 3
