"""Looking over all runs when one of them cannot be read: it is left out, and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from butler_tui.core.errors import HistoryError

Told = Callable[[str], None]
"""Hears, in a sentence, of a run that was left out."""


def unheard(_said: str) -> None:
    """For whoever shows no sentence beside the list."""


@contextmanager
def leaving_out(run: str, told: Told) -> Iterator[None]:
    """Do something with one of many runs; go on without it when it cannot be read."""
    try:
        yield
    except HistoryError as error:
        told(left_out(run, error))


def left_out(run: str, error: HistoryError) -> str:
    """That a run is left out, and why."""
    said = str(error)
    return f"Run {run} is left out: {said[:1].lower()}{said[1:]}"
