"""What Butler keeps in mind across runs: remember, recall, forget.

A fact keeps the label of what it was made from: what a stranger's text taught stays untrusted.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import (
    Again,
    Checked,
    Effect,
    Mark,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)

LONGEST_FACT = 2_000


class Kept(BaseModel):
    """A fact that is kept now, and the id to forget it by."""

    id: str
    fact: str


class Fact(BaseModel):
    """A fact, the id to forget it by, and the day it was learned."""

    id: str
    fact: str
    day: str


class Recalled(BaseModel):
    """Facts, those that fit best first."""

    facts: list[Fact]


class Forgotten(BaseModel):
    """The fact that is no longer kept."""

    id: str
    fact: str


@tool(effect=Effect.CHANGE, again=Again.KEYED, targets=("fact",))
async def remember(
    context: ToolContext, fact: Annotated[str, "one fact, in a sentence that stands by itself"]
) -> Annotated[ToolResult, Kept]:
    """Keep a fact across runs, until it is forgotten."""
    fact = _checked(fact)
    identity = await context.remember(fact)
    receipt = Receipt(f"Remembers: {fact}", {"id": identity, "fact": fact})
    return ToolResult(Kept(id=identity, fact=fact), receipt)


@remember.previews
async def _(context: ToolContext, fact: str) -> Preview:
    return Preview(f"remembers: {_checked(fact)}")


@remember.verifies
async def _is_kept(context: ToolContext, facts: object) -> Checked:
    wanted = dict(facts) if isinstance(facts, dict) else {}
    kept = await context.recall(str(wanted.get("fact", "")), 50)
    if any(one.id == wanted.get("id") for one in kept):
        return Checked("verified", "it was found again")
    return Checked("failed", "it was not found again")


@tool(effect=Effect.OBSERVE, private=True)
async def recall(
    context: ToolContext,
    query: Annotated[str, "words that the facts should hold; empty for the newest"] = "",
    limit: Annotated[int, Field(ge=1, le=50), "at most so many"] = 10,
) -> Annotated[ToolResult, Recalled]:
    """Facts that were remembered, those that fit best first."""
    found = await context.recall(query, limit)
    facts = [Fact(id=one.id, fact=one.fact, day=one.day) for one in found]
    marks = [
        Mark(
            ("facts", place),
            "memory",
            untrusted=True if any(source.untrusted for source in one.sources) else None,
            sources=one.sources,
        )
        for place, one in enumerate(found)
    ]
    return ToolResult(Recalled(facts=facts), marks=[Mark((), "memory"), *marks])


@tool(effect=Effect.CHANGE, again=Again.KEYED, targets=("id",))
async def forget(
    context: ToolContext,
    id: Annotated[str, "the fact's id, as recall gives it"],  # noqa: A002  (the plan's word)
) -> Annotated[ToolResult, Forgotten]:
    """Forget a fact for good."""
    fact = await context.forget(id)
    if fact is None:
        raise _unknown(id)
    return ToolResult(Forgotten(id=id, fact=fact), Receipt(f"Forgot: {fact}", {"id": id}))


@forget.previews
async def _(context: ToolContext, id: str) -> Preview:  # noqa: A002
    kept = await context.recall("", 10_000)
    fact = next((one.fact for one in kept if one.id == id), None)
    if fact is None:
        raise _unknown(id)
    return Preview(f"forgets: {fact}")


@forget.verifies
async def _is_forgotten(context: ToolContext, facts: object) -> Checked:
    wanted = dict(facts) if isinstance(facts, dict) else {}
    kept = await context.recall("", 10_000)
    if any(one.id == wanted.get("id") for one in kept):
        return Checked("failed", "it is still kept")
    return Checked("verified", "it is no longer there")


def _unknown(identity: str) -> ToolError:
    return ToolError(
        "not_found", f"There is no fact {identity!r:.40}; recall the facts to see their ids."
    )


def _checked(fact: str) -> str:
    """The fact on one line; raises ToolError when there is none or it is no single fact."""
    line = " ".join(fact.split())
    if not line:
        raise ToolError("bad_arguments", "There is no fact to remember; say one in a sentence.")
    if len(line) > LONGEST_FACT:
        raise ToolError(
            "bad_arguments",
            f"The fact has {len(line):,} characters; say it in at most {LONGEST_FACT:,}, or write "
            "a file.",
        )
    return line
