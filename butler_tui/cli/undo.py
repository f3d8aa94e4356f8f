"""`butler undo`: put back what a run changed, and list what can still be put back."""

from __future__ import annotations

from dataclasses import asdict

from butler_tui.butler import Butler, Undoable
from butler_tui.cli.output import listing, note
from butler_tui.cli.running import Carrying, answers_of
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError

_COLUMNS = {
    "run": "RUN",
    "began": "BEGAN",
    "changed": "CHANGED",
    "kept": "KEPT",
    "steps": "STEPS",
    "title": "TITLE",
}


def undo_run(run: str, step: str, *, as_json: bool, yes: bool, no: bool) -> int:
    """Undo a run, or one of its steps, and return the exit code. Raises ButlerError."""
    answers = answers_of(yes, no)
    if not run:
        raise UsageError("Name the run to undo; `butler undo --list` says which can be.")

    async def work(butler: Butler) -> int:
        found = await butler.find(run)
        undoing = await butler.undoing.start(found, step or None)
        return await Carrying(butler, undoing, answers, as_json).carry_on()

    return with_butler(work)


def list_undoable(run: str, *, as_json: bool) -> int:
    """List the runs of which something can still be undone, newest first."""

    async def work(butler: Butler) -> int:
        found = list(await butler.undoing.list(told=note))
        if run:
            wanted = await butler.find(run)
            found = [one for one in found if one.run == wanted]
        rows = [asdict(one) if as_json else _row(one) for one in found]
        listing(
            rows, _COLUMNS, as_json, "Nothing can be undone; no run that is kept changed a file."
        )
        return 0

    return with_butler(work)


def _row(one: Undoable) -> dict[str, object]:
    changed = "1 path" if one.paths == 1 else f"{one.paths} paths"
    return {
        **asdict(one),
        "changed": changed,
        "kept": _kept(one),
        "steps": ", ".join(one.steps),
    }


def _kept(one: Undoable) -> str:
    """How much of what was replaced is still there to be put back."""
    if not one.over:
        return "not over: cancel it first"
    size = f"{one.bytes / 1_000_000:,.1f} MB"
    if one.gone:
        return f"{one.files - one.gone} of {one.files} files, {size}"
    return f"all, {size}" if one.files else "all (nothing was replaced)"
