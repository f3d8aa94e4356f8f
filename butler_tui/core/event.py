"""What every event has in common, and how the element of a comprehension is written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


class Happened(BaseModel):
    """A fact about a run; it never changes."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _read_item(value: Any) -> Any:  # noqa: ANN401  (what JSON holds)
    if value is None:
        return ()
    return (value,) if isinstance(value, int) else value


def _write_item(item: tuple[int, ...]) -> int | list[int] | None:
    if len(item) > 1:
        return list(item)
    return item[0] if item else None


Item = Annotated[
    tuple[int, ...],
    BeforeValidator(_read_item),
    PlainSerializer(_write_item, when_used="json"),
]
"""Which element of a comprehension a call is for; () outside of one.

In JSON: its index, a list of indexes where comprehensions are nested, nothing outside of one.
"""
