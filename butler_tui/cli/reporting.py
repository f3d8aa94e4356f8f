"""`butler report`: what a run did, as Markdown."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from butler_tui.butler import Butler
from butler_tui.cli.exits import DONE
from butler_tui.cli.output import note
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError
from butler_tui.core.report_markdown import as_markdown


def report_run(run: str, file: str | None) -> int:
    """Write a run's report to standard output, or to a new file. Raises UsageError."""

    async def work(butler: Butler) -> int:
        found = await butler.history.runs.find(run)
        text = as_markdown(await butler.reports.of(found))
        if file is None:
            _show(text)
            return DONE
        await asyncio.to_thread(_write, Path(file), text)
        note(f"The report of run {found} is in {file}.")
        return DONE

    return with_butler(work)


def _show(text: str) -> None:
    """The Markdown as it is, or as it is meant where a person reads it at a terminal.

    Links are shown with their addresses: what a stranger named is never behind other words.
    """
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(highlight=False).print(Markdown(text, hyperlinks=False))


def _write(path: Path, text: str) -> None:
    """The report in a file of its own; one that is there is left alone."""
    try:
        with path.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise UsageError(f"--file {path}: it is there already; choose another name.") from None
    except OSError as error:
        raise UsageError(f"--file {path}: it cannot be written ({error.strerror}).") from error
