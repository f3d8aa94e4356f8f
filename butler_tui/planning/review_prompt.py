"""What the reviewer is told: the goal, the plan and what became of it, the marks, the result.

Of all that strangers could have written only the result is in it; its label, and that of the plan's
own words, is `read_by_reviewer`.
"""

from __future__ import annotations

from collections.abc import Sequence

from butler_tui.core.errors import Problem
from butler_tui.core.ports import Message, PlanRequest
from butler_tui.core.report import lines_of
from butler_tui.core.report_ahead import place
from butler_tui.core.run import RunState
from butler_tui.planning.prompt import (
    LONGEST_SENT_BACK,
    language,
    now,
    prompt_text,
    tagged,
    tool_list,
)
from butler_tui.planning.standing import standing

LONGEST_RESULT = 20_000
"""Characters of the result that the reviewer reads."""


def review_messages(request: PlanRequest, *, adds: bool, secret: bool) -> list[Message]:
    """The conversation that asks for a review; a `secret` result is not shown to anybody.

    What stays the same from run to run comes first, so that a provider may keep it.
    """
    system = [prompt_text("reviewer.md").strip(), language(), tool_list(request.tools)]
    state = request.state
    said = [tagged("instruction", one.given.text) for one in state.instructions.values()]
    asked = [
        now(state),
        f"The goal:\n{tagged('goal', request.goal)}",
        "\n".join(["The person said since:", *said]) if said else "",
        f"The plan, and how it stands:\n```python\n{standing(state, whole=True)}\n```",
        _marks(state),
        _result(state, secret),
        "" if adds else 'Nothing can be added any more: answer approve("why") or revise("why").',
    ]
    return [
        Message("system", "\n\n".join(system)),
        Message("user", "\n\n".join(part for part in asked if part)),
    ]


def review_correction(said: str, problems: Sequence[Problem]) -> list[Message]:
    """How the conversation goes on after an answer that does not fit."""
    lines = "\n".join(f"- {problem}" for problem in problems)
    return [
        # Some providers refuse an empty message.
        Message("assistant", said[:LONGEST_SENT_BACK] if said.strip() else "(nothing)"),
        Message(
            "user",
            f"This does not fit; lines count from the answer's first line:\n{lines}\n\n"
            'Answer again, with approve("why") alone, or revise("why") and the statements to add.',
        ),
    ]


def _marks(state: RunState) -> str:
    """What code found of each call that changed, sent or ran something, or was not done."""
    lines = [f"- {place(one.step, one.item)}, {one.tool}: {one.mark}" for one in lines_of(state)]
    return "\n".join(["What was done, as code found it:", *lines]) if lines else ""


def _result(state: RunState, secret: bool) -> str:
    if secret:
        return "The result holds a secret and is shown to the person alone."
    if not state.answer:
        return "The plan gave no answer."
    cut = len(state.answer) > LONGEST_RESULT
    text = f"{state.answer[:LONGEST_RESULT]}\n(cut off)" if cut else state.answer
    return f"The result:\n{tagged('result', text)}"
