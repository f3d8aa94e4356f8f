"""Events as the database holds them: JSON in a row, with a large output in a file of its own."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import EVENT, Event, Recorded, StepFinished
from butler_tui.history.outputs import LARGE, Outputs
from butler_tui.history.texts import searchable
from butler_tui.settings import KNOWN

_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True, slots=True)
class Row:
    """An event ready to be written: what its row holds, and the text it is found by."""

    event: Event
    body: bytes
    text: str


def row_of(event: Event) -> Row:
    """The event as a row, without any known secret; its output, if large, still in it.

    Raises HistoryError when a secret is a word that events are made of.
    """
    body = _dump(EVENT, event)
    if KNOWN.active and KNOWN.holds(body.decode()):
        event = KNOWN.value(event)
        body = _dump(EVENT, event)
        _check(body)
    return Row(event, body, searchable(event))


def _check(body: bytes) -> None:
    try:
        EVENT.validate_json(body)
    except ValidationError:
        raise HistoryError(
            "A secret is so common a word that nothing can be kept without it; choose another one."
        ) from None


def is_large(row: Row) -> bool:
    """True when the row holds an output that goes to a file."""
    return isinstance(row.event, StepFinished) and len(row.body) > LARGE


def with_output_kept(row: Row, outputs: Outputs) -> Row:
    """The row with its output in a file if that is large. Blocks; raises HistoryError."""
    event = row.event
    if not isinstance(event, StepFinished):
        return row
    output = _dump(_ANY, event.output)
    if len(output) <= LARGE:
        return row
    digest = outputs.keep(output)
    slim = event.model_copy(update={"output": None, "output_hash": digest})
    full = event.model_copy(update={"output_hash": digest})
    return Row(full, _dump(EVENT, slim), row.text)


def recorded_of(run: str, found: sqlite3.Row, outputs: Outputs | None) -> Recorded:
    """An event as it was recorded, its output filled in. Blocks; raises HistoryError.

    Without `outputs`, a large one stays where it is: only its hash is there.
    """
    event = event_of(run, found["seq"], found["body"])
    if outputs is not None and isinstance(event, StepFinished) and event.output_hash is not None:
        output = json.loads(outputs.read(event.output_hash))
        event = event.model_copy(update={"output": output})
    return Recorded(run=run, seq=found["seq"], at=datetime.fromisoformat(found["at"]), event=event)


def event_of(run: str, seq: int, body: str) -> Event:
    """An event from what its row holds. Raises HistoryError when that is no event."""
    try:
        try:
            return EVENT.validate_json(body)
        except ValidationError:
            return EVENT.validate_python(json.loads(body))
    except ValueError as error:
        raise HistoryError(
            f"Event {seq} of run {run} cannot be understood; it may be from a newer Butler."
        ) from error


def _dump(adapter: TypeAdapter[Any], value: Any) -> bytes:  # noqa: ANN401  (an event or an output)
    """JSON. Text that is not valid Unicode, such as a file's name, is kept by JSON's escapes."""
    try:
        dumped = adapter.dump_json(value)
    except PydanticSerializationError:
        return _dump_slowly(adapter, value)
    # What pydantic writes for an invalid character in a key; it may also be one that was there.
    return _dump_slowly(adapter, value) if _REPLACEMENT in dumped else dumped


def _dump_slowly(adapter: TypeAdapter[Any], value: Any) -> bytes:  # noqa: ANN401
    try:
        return json.dumps(adapter.dump_python(value), default=_as_json).encode()
    except (RecursionError, ValueError) as error:
        raise HistoryError("A value is nested too deeply or too long to be kept.") from error


def _as_json(value: object) -> Any:  # noqa: ANN401  (whatever JSON makes of it)
    return json.loads(_ANY.dump_json(value))


def now() -> datetime:
    """The time in UTC, to the millisecond, as the journal keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def as_stored(moment: datetime) -> str:
    """A time as the database holds it: text that sorts by time."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(stored: str) -> datetime:
    """A time from what the database holds. Raises HistoryError when that is none."""
    try:
        return datetime.fromisoformat(stored)
    except ValueError as error:
        raise HistoryError(
            f"A time in the history cannot be understood ({stored!r}): it is damaged; put a copy "
            "back."
        ) from error


def clean(text: str) -> str:
    """Text that SQLite can hold: what is not valid Unicode, and NUL, shown as a replacement."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
