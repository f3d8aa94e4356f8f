"""Talking with the person: a question in the middle of a run, and the run's last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json, text_of
from butler_tui.core.tool import ToolContext, ToolResult, tool


class Text(BaseModel):
    """What was said."""

    text: str


@tool(effect=None, shaped_by="fields", timeout=0, answered=True)
async def ask_user(
    context: ToolContext,
    question: Annotated[str, "one clear question"],
    choices: Annotated[list[str] | None, "answers to choose from"] = None,
    fields: Annotated[
        dict[str, Any] | None, "what to fill in instead, and the types, {'street': 'text'}"
    ] = None,
) -> Annotated[ToolResult, Text]:
    """Ask the person and wait for the answer, as text; with fields, each of them is in the output.

    The wait has no end: the run goes on when the answer is there, days later if need be.
    """
    if not question.strip():
        raise ToolError("bad_arguments", "The question is empty; ask something.")
    answered = await context.ask(question, choices or None, fields or None)
    output = _filled(answered, fields) if fields else {"text": text_of(answered)}
    return ToolResult(output)


def _filled(answered: Json, fields: Mapping[str, Json]) -> dict[str, Json]:
    """Every field, None where it was left empty, and the whole answer as `text`."""
    if not isinstance(answered, dict):
        if len(fields) > 1:
            raise ToolError(
                "bad_answer", f"The answer must fill in {', '.join(fields)}; ask again."
            )
        answered = dict.fromkeys(fields, answered)
    lines = [f"{name}: {text_of(answered[name])}" for name in fields if name in answered]
    return {"text": "\n".join(lines), **{name: answered.get(name) for name in fields}}


@tool(effect=None, labels_of_inputs=True)
async def answer(
    context: ToolContext, text: Annotated[str, "what the person should read, Markdown or plain"]
) -> Text:
    """Tell the person the result; the last answer is the run's."""
    return Text(text=text)
