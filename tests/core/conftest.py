"""A handful of tools with real signatures, for plans under test."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from butler_tui.core.tool import Effect, Tool, ToolContext, ToolResult, tool


class Hit(BaseModel):
    title: str
    url: str
    snippet: str = ""


class Results(BaseModel):
    results: list[Hit]


class Page(BaseModel):
    text: str
    title: str
    url: str


class Written(BaseModel):
    text: str


class Saved(BaseModel):
    path: str
    bytes: int


@tool(effect=Effect.FETCH, untrusted=True, reaches=True)
async def web_search(context: ToolContext, query: str, limit: int = 5) -> Results:
    """Search the web."""
    raise NotImplementedError


@tool(effect=Effect.FETCH, untrusted=True, reaches=True)
async def read_page(context: ToolContext, url: str) -> Page:
    """Read a page."""
    raise NotImplementedError


@tool(effect=None, labels_of_inputs=True, shaped_by="schema")
async def write_text(
    context: ToolContext, instructions: str, inputs: Any, schema: dict[str, str] | None = None
) -> Annotated[ToolResult, Written]:
    """Write from inputs."""
    raise NotImplementedError


@tool(effect=Effect.CHANGE, undoable=True, targets=("path",))
async def write_file(context: ToolContext, path: str, content: str, append: bool = False) -> Saved:
    """Write a file."""
    raise NotImplementedError


@tool(effect=None, labels_of_inputs=True)
async def answer(context: ToolContext, text: str) -> Written:
    """Tell the person."""
    raise NotImplementedError


@tool(effect=Effect.EXECUTE, name="mcp.files.read_text_file", untrusted=True)
async def mcp_read(context: ToolContext, path: str) -> Written:
    """Read by a server."""
    raise NotImplementedError


@pytest.fixture(scope="session")
def tools() -> dict[str, Tool]:
    """The tools by name."""
    every = (web_search, read_page, write_text, write_file, answer, mcp_read)
    return {one.name: one for one in every}
