"""`butler pause`, `tell`, `edit`, `skip`, `retry` and `rename`: a run is changed in its midst."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from butler_tui.butler import Butler
from butler_tui.cli.editing import edited_text
from butler_tui.cli.output import note
from butler_tui.cli.plan_file import read_plan_file
from butler_tui.cli.prompting import can_prompt, read_line
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError

PLAN_NAME = "butler.plan"


def pause_run(run: str) -> int:
    """Pause a run. Raises UsageError when it is over."""

    async def work(butler: Butler, found: str) -> None:
        await butler.steering.pause(found)
        note(f"run {found}: paused; what has started goes on to its end")
        note(f"Go on with the run: butler resume {found}")

    return _with_run(run, work)


def tell_run(run: str, text: str) -> int:
    """Give a run an instruction. Raises UsageError when it is over, or there is no model."""

    async def work(butler: Butler, found: str) -> None:
        await butler.steering.instruct(found, text)
        await _told(butler, found, "told; its plan is made anew")

    return _with_run(run, work)


def skip_step(run: str, step: str) -> int:
    """Do without a step. Raises UsageError when it has begun, or there is none."""

    async def work(butler: Butler, found: str) -> None:
        await butler.steering.skip(found, step)
        await _told(butler, found, f"{step} is skipped")

    return _with_run(run, work)


def retry_step(run: str, step: str) -> int:
    """Let a step be tried once more. Raises UsageError when it did not fail."""

    async def work(butler: Butler, found: str) -> None:
        await butler.steering.retry(found, step)
        await _told(butler, found, f"{step} is tried once more")

    return _with_run(run, work)


def rename_run(run: str, title: str) -> int:
    """List a run by another title. Raises UsageError when there is none."""

    async def work(butler: Butler, found: str) -> None:
        await butler.steering.rename(found, title)
        note(f"run {found}: {' '.join(title.split())}")

    return _with_run(run, work)


def edit_run(run: str, file: str | None) -> int:
    """Change a run's plan, in an editor or to what is in a file. Raises UsageError."""
    given = read_plan_file(file) if file is not None else None

    async def work(butler: Butler, found: str) -> None:
        before = await butler.steering.plan_text(found)
        text = given if given is not None else await _in_editor(butler, found, before)
        if text is None or text.strip() == before.strip():
            note(f"run {found}: its plan is as it was")
            return
        if problems := await butler.steering.check(found, text):
            raise UsageError(_said(f"{file or 'The text'} does not fit as its plan", problems))
        await butler.steering.edit(found, text)
        await _told(butler, found, "its plan is changed")

    return _with_run(run, work)


async def _in_editor(butler: Butler, run: str, before: str) -> str | None:
    """The plan as the person changed it, edited again where it does not fit; None: never mind."""
    text = before
    while True:
        text = await edited_text(text, PLAN_NAME)
        if text.strip() == before.strip():
            return text
        problems = await butler.steering.check(run, text)
        if not problems or not can_prompt():
            return text
        note(_said("That does not fit as the run's plan", problems))
        if (await read_line("e edit again, anything else: leave it > ")).lower() != "e":
            return None


def _said(what: str, problems: list[str]) -> str:
    return "\n".join([f"{what}:", *(f"  {problem}" for problem in problems)])


async def _told(butler: Butler, run: str, what: str) -> None:
    """Say what is changed, and what is left to do when nobody carries the run on."""
    note(f"run {run}: {what}")
    if await butler.history.leases.owner(run) is None:
        note(f"Go on with the run: butler resume {run}")


def _with_run(run: str, work: Callable[[Butler, str], Awaitable[None]]) -> int:
    async def found(butler: Butler) -> int:
        await work(butler, await butler.find(run))
        return 0

    return with_butler(found)
