"""Results as the journal keeps them: the one a call is about to have, and back again."""

from __future__ import annotations

from typing import Any, cast

from pydantic import TypeAdapter

from butler_tui.core.events import Item, StepIntended
from butler_tui.core.tool import Mark, Receipt, ToolResult
from butler_tui.execution.runner import plain

_MARKS: TypeAdapter[list[Mark]] = TypeAdapter(list[Mark])


def receipt_of(result: ToolResult) -> dict[str, Any] | None:
    """The receipt as the journal keeps it, with what was kept of the paths that changed."""
    receipt = result.receipt
    if receipt is None:
        return None
    kept = {"kept": [dict(one) for one in result.kept]} if result.kept else {}
    return {"summary": receipt.summary, "facts": dict(receipt.facts), **kept}


def intended_event(step: str, item: Item, result: ToolResult) -> StepIntended:
    """What a call is about to do, as an event."""
    return StepIntended(
        step=step,
        item=item,
        output=plain(result.output),
        receipt=receipt_of(result),
        marks=_MARKS.dump_python(list(result.marks), mode="json"),
    )


def intended_result(event: StepIntended) -> ToolResult:
    """The result that the call was about to have."""
    receipt, kept = None, cast("list[dict[str, Any]]", [])
    if event.receipt is not None:
        receipt = Receipt(event.receipt["summary"], event.receipt["facts"])
        kept = event.receipt.get("kept", [])
    return ToolResult(event.output, receipt, _MARKS.validate_python(event.marks), kept)
