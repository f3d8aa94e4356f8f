"""What the planner is told: the plan language, the tools, plans like the one wanted, the goal.

Nothing in it comes from a stranger unseen: no output of a tool, no file, no page. What a tool's
author says of it is one short line each; where that is a server's word, the person accepted it, and
it stands between marks that it cannot write itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from butler_tui.core.errors import Problem
from butler_tui.core.needing import Need
from butler_tui.core.plan import Statement
from butler_tui.core.plan_write import write_statement
from butler_tui.core.ports import Message, PlanRequest
from butler_tui.core.run import RunState
from butler_tui.core.tool import Parameter, Tool
from butler_tui.planning.examples import examples_for
from butler_tui.planning.recipes import Recipes
from butler_tui.planning.standing import standing

LONGEST_SUMMARY = 300
LONGEST_NOTE = 120
LONGEST_SENT_BACK = 20_000
SPENDS_SECRETS = "http_request"
"""The tool that puts a secret in the place of its name."""

_MARKS = str.maketrans({"«": "<", "»": ">"})

BEGIN, END = "<!-- planner:begin -->\n", "<!-- planner:end -->"


Secrets = Mapping[str, Sequence[str]]
"""Each secret that the person's settings name, and the origins that it may be sent to."""


def messages_for(
    request: PlanRequest, recipes: Recipes, secrets: Secrets | None = None
) -> list[Message]:
    """The conversation that asks for a plan.

    What stays the same from goal to goal comes first, so that a provider may keep it.
    """
    parts = [prompt_text("planner.md").strip(), language(), tool_list(request.tools)]
    if secrets and SPENDS_SECRETS in request.tools:
        parts.append(_secrets(secrets))
    return [Message("system", "\n\n".join(parts)), Message("user", _wanted(request, recipes))]


def correction(
    said: str, problems: Sequence[Problem], started: Sequence[Statement]
) -> list[Message]:
    """How a conversation goes on after an answer that does not fit."""
    lines = "\n".join(f"- {problem}" for problem in problems)
    asked = [
        f"This plan does not fit; lines count from the plan's first line:\n{lines}",
        _restate(started),
        "Answer with the whole plan again, corrected, and nothing else.",
    ]
    answer = said if len(said) <= LONGEST_SENT_BACK else f"{said[:LONGEST_SENT_BACK]}\n(cut off)"
    return [
        # Some providers refuse an empty message.
        Message("assistant", answer if answer.strip() else "(nothing)"),
        Message("user", "\n\n".join(part for part in asked if part)),
    ]


@cache
def language() -> str:
    """The plan language as planners and people read it, in Markdown."""
    return prompt_text("plan-language.md").partition(BEGIN)[2].partition(END)[0].strip()


def prompt_text(name: str) -> str:
    """The text of a file beside the plan language's."""
    return (files("butler_tui.planning") / "prompts" / name).read_text("utf-8")


def tool_list(tools: Mapping[str, Tool]) -> str:
    """What a plan may call, as planners read it; what is not ready is not offered."""
    offered = [tool for tool in tools.values() if tool.missing is None]
    strange = [tool for tool in offered if tool.words_of]
    lines = ["# The tools", "", *(_tool(tool) for tool in offered if not tool.words_of)]
    if strange:
        lines += ["", prompt_text("strangers_tools.md").strip(), "", *map(_tool, strange)]
    return "\n".join(lines)


def _tool(tool: Tool) -> str:
    asks = " *asks first*" if tool.effect is not None and tool.effect.bounds_the_world else ""
    said = _quoted if tool.words_of else _line
    notes = "; ".join(_argument(one, said) for one in tool.parameters)
    signature = _line(tool.signature(), 1_000).replace("`", "'")
    lines = [f"- `{signature}`{asks}", said(tool.summary, LONGEST_SUMMARY)]
    return "\n  ".join([*lines, notes] if notes else lines)


def _argument(parameter: Parameter, said: Callable[[str, int], str]) -> str:
    kind = parameter.describe().removesuffix(" or None")
    words = [
        said(parameter.description, LONGEST_NOTE),
        "" if kind == "text" else f"({_line(kind, LONGEST_NOTE)})",
    ]
    return f"{parameter.name}: {' '.join(word for word in words if word) or 'text'}"


def _secrets(secrets: Secrets) -> str:
    lines = [prompt_text("secrets.md").strip(), ""]
    for name, origins in sorted(secrets.items()):
        where = f"goes to {', '.join(origins)} only" if origins else "goes nowhere yet"
        lines.append(f"- `{_line(name, LONGEST_NOTE)}` {_line(where, 1_000)}")
    return "\n".join(lines)


def _wanted(request: PlanRequest, recipes: Recipes) -> str:
    need = request.need
    parts = [
        examples_for(request.goal, recipes, request.tools) if need is None else "",
        now(request.state),
        _earlier(request.state) if need is None else "",
        _restate(_own(request.state)) if need is None else "",
        f"The goal:\n{tagged('goal', request.goal)}",
        _revise(request.state, need) if need is not None else "",
    ]
    return "\n\n".join(part for part in parts if part)


def now(state: RunState) -> str:
    """The day that the plan's `run` will hold, so that both speak of the same one."""
    given = state.given_names.get("run")
    run = given.value if given is not None else None
    date, time = (run.get("date"), run.get("time")) if isinstance(run, dict) else (None, None)
    if not isinstance(date, str) or not date:
        return ""
    try:
        day = f"{dt.date.fromisoformat(date):%A}, "
    except ValueError:
        day = ""
    return f"Now: {day}{date} {time or ''}".rstrip()


def _restate(started: Sequence[Statement]) -> str:
    if not started:
        return ""
    lines = "\n".join(write_statement(statement) for statement in started)
    return (
        "These statements have started and stay as they are. Restate each word for word or leave "
        f"it out; their names can be used:\n```python\n{lines}\n```"
    )


def _own(state: RunState) -> Sequence[Statement]:
    """What has started of this run's plan, without what it has from an earlier one."""
    return [one for one in state.started() if not state.statements[one.id].taken]


def _earlier(state: RunState) -> str:
    """The run that this one follows up: its goal, and how its plan stood."""
    earlier = state.earlier
    if earlier is None or not earlier.standing:
        return ""
    names = [one.id for one in state.started() if state.statements[one.id].taken]
    use = f"These names of it can be used: {', '.join(names)}. " if names else ""
    return (
        f"This goal follows up an earlier one:\n{tagged('earlier_goal', earlier.goal)}\n\n"
        f"Its plan, and how it stood:\n```python\n{earlier.standing}\n```\n"
        f"{use}Nothing of it runs again: do not write its statements, only what the new goal needs."
    )


def _revise(state: RunState, need: Need) -> str:
    """What asks for a new revision: how the plan stands, and why it is not enough."""
    said = [tagged("instruction", one.given.text) for one in need.instructions]
    told = ["The person says now:", *said] if said else []
    failed = [f"Why a new revision: {need.because}."] if need.failed else []
    return "\n\n".join(
        [
            f"The plan so far, and how it stands:\n```python\n{standing(state)}\n```",
            *failed,
            *told,
            prompt_text("revising.md").strip(),
        ]
    )


def continuation(said: str, proposed: Sequence[Statement]) -> list[Message]:
    """How a conversation goes on after an answer that broke off in the middle."""
    lines = "\n".join(write_statement(statement) for statement in proposed)
    kept = f" These statements of it count:\n```python\n{lines}\n```\n" if proposed else " "
    return [
        Message("assistant", said[:LONGEST_SENT_BACK] if said.strip() else "(nothing)"),
        Message(
            "user",
            f"Your answer broke off.{kept}"
            "Go on with the statements that come after them, and write nothing else. "
            "If none come after them, write only: # done",
        ),
    ]


def tagged(tag: str, text: str) -> str:
    """Text between marks that nothing in it can close."""
    return f"<{tag}>\n{text.replace(f'</{tag}>', f'< /{tag}>')}\n</{tag}>"


def _quoted(text: str, most: int) -> str:
    """A stranger's text as one line between marks; empty where there is none."""
    line = _line(text.translate(_MARKS), most)
    return f"«{line}»" if line else ""


def _line(text: str, most: int) -> str:
    """Text as one line of printable characters, at most as long."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"
