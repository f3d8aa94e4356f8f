"""What a configured model can do for Butler, found out by asking it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from butler_tui.core.errors import ModelError
from butler_tui.core.events import ModelCalled
from butler_tui.core.ports import Message, Role
from butler_tui.language.answer import ToolUse
from butler_tui.language.client import LiteLlmModel
from butler_tui.language.prompts import prompt
from butler_tui.language.structured import unfenced

ProblemsOf = Callable[[str], Sequence[str]]
"""Reads a plan's text and says what is wrong with it; nothing when it can be carried out."""

PLAN_GOAL = "What does notes.txt say?"
_WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city now.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried; `advice` says what it means and what to do, in one sentence."""

    works: bool
    advice: str


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a model can do. What was not tried, since the model does not answer, is None.

    `seconds` is the time to the plan's first text, loading included; `calls` is what it cost.
    """

    model: str | None
    answers: Finding
    plans: Finding | None = None
    calls_tools: Finding | None = None
    seconds: float | None = None
    calls: tuple[ModelCalled, ...] = ()

    @property
    def works(self) -> bool:
        """True when Butler can plan with the model; calling tools is only for `delegate`."""
        return self.answers.works and self.plans is not None and self.plans.works


async def probe(model: LiteLlmModel, role: Role, problems_of: ProblemsOf) -> ProbeReport:
    """Ask the role's model for a plan of two statements and for one tool call."""
    calls: list[ModelCalled] = []
    name = model.name(role)
    started = time.monotonic()
    try:
        plan, first = await _plan(model, role, calls)
    except ModelError as error:
        return ProbeReport(name, Finding(False, str(error)), calls=tuple(calls))
    return ProbeReport(
        model=name,
        answers=Finding(True, f"{name} answers."),
        plans=_judge_plan(name, problems_of(unfenced(plan))),
        calls_tools=await _try_tool(model, role, name, calls),
        seconds=first - started,
        calls=tuple(calls),
    )


async def _plan(model: LiteLlmModel, role: Role, calls: list[ModelCalled]) -> tuple[str, float]:
    """The plan's text, and when its first chunk came."""
    messages = [Message("system", prompt("probe")), Message("user", f"Goal: {PLAN_GOAL}")]
    text, first = "", 0.0
    async with aclosing(model.stream(role, messages)) as parts:
        async for part in parts:
            if isinstance(part, ModelCalled):
                calls.append(part)
                continue
            first = first or time.monotonic()
            text += part
    return text, first


def _judge_plan(name: str | None, problems: Sequence[str]) -> Finding:
    if not problems:
        return Finding(True, f"{name} writes plans.")
    return Finding(
        False,
        f"{name} does not write plans that can be carried out ({problems[0]}): "
        "choose a larger model as planner.",
    )


async def _try_tool(
    model: LiteLlmModel, role: Role, name: str | None, calls: list[ModelCalled]
) -> Finding:
    without = "it can plan and write, but not be an agent for `delegate`"
    messages = [
        {"role": "system", "content": "Use the tools you are given."},
        {"role": "user", "content": "How is the weather in Munich? Look it up with the tool."},
    ]
    uses: list[ToolUse] = []
    try:
        async with aclosing(model.converse(role, messages, [_WEATHER])) as parts:
            async for part in parts:
                if isinstance(part, ModelCalled):
                    calls.append(part)
                elif isinstance(part, ToolUse):
                    uses.append(part)
    except ModelError as error:
        return Finding(False, f"{name} fails when it is offered tools ({error}), so {without}.")
    if any(use.name == "weather" and use.arguments and "city" in use.arguments for use in uses):
        return Finding(True, f"{name} calls tools.")
    if uses:
        return Finding(False, f"{name} calls tools with arguments that do not fit, so {without}.")
    return Finding(False, f"{name} does not call tools, so {without}.")
