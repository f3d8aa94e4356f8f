"""Text from text: joined as it stands, or written and summarised by a model without tools."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import text_of
from butler_tui.core.tool import ToolContext, ToolResult, tool

MODEL_SECONDS = 600.0
"""Long texts from a slow local model take minutes."""


class Text(BaseModel):
    """Text that was written."""

    text: str


@tool(effect=None, labels_of_inputs=True, shaped_by="schema", timeout=MODEL_SECONDS)
async def write_text(
    context: ToolContext,
    instructions: Annotated[str, "what to write, and how"],
    inputs: Annotated[  # noqa: ANN401  (any value that a plan can hold)
        Any, "what to write from: text, lists, outputs of earlier steps"
    ] = None,
    schema: Annotated[
        dict[str, Any] | None, "the fields of the answer and their types, {'name': 'text'}"
    ] = None,
) -> Annotated[ToolResult, Text]:
    """The model writes text from the inputs; with a schema it answers in those fields instead.

    It has no tools, so nothing in the inputs can make it do anything but write.
    """
    if not instructions.strip():
        raise ToolError("bad_arguments", "There is nothing to go by; say what to write.")
    if schema is not None and not schema:
        raise ToolError("bad_arguments", "The schema has no fields; name one or leave it out.")
    written = await context.write(instructions, inputs, schema)
    if schema is None:
        return ToolResult(Text(text=text_of(written)))
    if not isinstance(written, dict):
        raise ToolError(
            "bad_answer", "The model did not answer in the fields of the schema.", transient=True
        )
    return ToolResult(written)


@tool(effect=None, labels_of_inputs=True, timeout=MODEL_SECONDS)
async def summarise_text(
    context: ToolContext,
    text: Annotated[str, "the text, Markdown or plain"],
    sentences: Annotated[int, Field(ge=1, le=100), "at most this many"] = 5,
) -> Text:
    """The gist of a text in a few sentences, in the text's own language.

    Without a model these are the text's own most telling sentences.
    """
    if not text.strip():
        raise ToolError("nothing_to_summarise", "There is no text to summarise: it is empty.")
    try:
        written = await context.write(_summarise(sentences), text)
    except ToolError as error:
        if error.code != "no_model":
            raise
        from butler_tui.tools.extractive import summary

        return Text(text=await asyncio.to_thread(summary, text, sentences))
    return Text(text=text_of(written))


@tool(effect=None, labels_of_inputs=True)
async def join_text(
    context: ToolContext,
    parts: Annotated[list[Any], "texts in their order; None, as a failed element is, is left out"],
    separator: Annotated[str, "what stands between two of them"] = "\n\n",
) -> Text:
    """Join texts to one, as they stand; no model is needed."""
    return Text(text=separator.join(text_of(part) for part in parts if part is not None))


class Filled(BaseModel):
    """A text with the values of one row in its places, and that row."""

    text: str
    row: dict[str, Any]


class FilledTexts(BaseModel):
    """A text for each row, in their order."""

    filled: list[Filled]


@tool(effect=None, labels_of_inputs=True)
async def fill_text(
    context: ToolContext,
    template: Annotated[str, "text with places such as {name}, named as the rows' columns"],
    rows: Annotated[list[dict[str, Any]], "one text is made for each, as query_table gives them"],
) -> FilledTexts:
    """Fill the places of a text from each row of a table: as many texts, each with its row."""
    return FilledTexts(filled=[Filled(text=_filled(template, row), row=row) for row in rows])


_PLACE = re.compile(r"\{([^{}\n]{1,100})\}")


def _filled(template: str, row: Mapping[str, Any]) -> str:
    names = {name.casefold(): name for name in row}

    def value(place: re.Match[str]) -> str:
        name = names.get(place[1].strip().casefold())
        if name is None:
            raise ToolError(
                "no_column",
                f"The text has a place {place[0]}, and the table no such column; it has "
                f"{', '.join(row)}.",
            )
        return text_of(row[name])

    return _PLACE.sub(value, template)


def _summarise(sentences: int) -> str:
    most = "one sentence" if sentences == 1 else f"at most {sentences} sentences"
    return (
        f"Summarise the text in {most}, in its own language. Keep the names, numbers and dates "
        "that matter, and add nothing that it does not say. Write plain prose: no heading, no "
        "list, no remark about the summary itself."
    )
