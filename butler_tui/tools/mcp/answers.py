"""What a server answered, as the output of a call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.tools.mcp.schemas import SchemaReader, SchemaRefusedError

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock

MOST_CHARACTERS = 1_000_000

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LONGEST_ERROR = 500
TEXT = {"type": "string"}


def output_of(server: str, tool: str, answer: CallToolResult) -> dict[str, Json]:
    """The text, and the fields where the server sends some. Raises ToolError when it failed."""
    text = "\n".join(filter(None, (_said(one) for one in answer.content)))
    if answer.is_error:
        said = shortened(text, _LONGEST_ERROR) or "nothing more"
        raise ToolError("failed_there", f"MCP server {server} could not do {tool}; it says: {said}")
    fields = answer.structured_content if isinstance(answer.structured_content, dict) else {}
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS] + "\n(cut off)"
    return {"text": text, **fields}


def shape_of_output(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is known of the output before it is there: its text, and the fields of its schema.

    Only fields whose names a plan can write are told; a schema that is refused tells nothing.
    """
    fields: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    if given is not None:
        try:
            whole = _writable(SchemaReader(given).whole())
        except SchemaRefusedError:
            whole = {}
        definitions = whole.get("$defs", {})
        fields = whole.get("properties", {})
    shape = {"type": "object", "properties": {"text": TEXT, **fields}}
    if given is not None and not fields:
        shape["additionalProperties"] = True
    return {**shape, "$defs": definitions} if definitions else shape


def _writable(part: Any) -> Any:  # noqa: ANN401  (a part of a schema)
    """The part without fields whose names no plan can write, at any depth."""
    if isinstance(part, list):
        return [_writable(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {key: _writable(one) for key, one in part.items() if key not in ("enum", "const")}
    if isinstance(named := made.get("properties"), dict):
        made["properties"] = {key: one for key, one in named.items() if _FIELD.fullmatch(key)}
    return made


def _said(block: ContentBlock) -> str:
    """A part of an answer as text; what is no text is named, and left out."""
    from mcp_types import (
        AudioContent,
        EmbeddedResource,
        ImageContent,
        ResourceLink,
        TextContent,
        TextResourceContents,
    )

    match block:
        case TextContent():
            return block.text
        case ImageContent() | AudioContent():
            kind = "a picture" if isinstance(block, ImageContent) else "a sound"
            return f"({kind}, {shortened(block.mime_type, 60)}, left out)"
        case EmbeddedResource(resource=TextResourceContents() as resource):
            return resource.text
        case EmbeddedResource():
            return "(a file, left out)"
        case ResourceLink():
            return f"({shortened(str(block.uri), 300)})"
        case _:
            return "(left out)"
