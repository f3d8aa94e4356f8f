"""`butler rerun`: a run carried out again, all of it or from a step on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from butler_tui.butler import Again, Butler
from butler_tui.cli.editing import edited_output
from butler_tui.cli.output import say
from butler_tui.cli.run import Permits
from butler_tui.cli.running import Carrying
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError
from butler_tui.core.labels import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `butler rerun` was told."""

    step: str | None
    pins: Sequence[str]
    edits: Sequence[str]
    mode: str | None
    model: str | None
    rehearse: bool | None
    plan_only: bool


def rerun_run(run: str, wanted: Wanted, permits: Permits, *, as_json: bool) -> int:
    """Carry a run out again and return the exit code. Raises ButlerError."""
    answers, lifted = permits.answers, permits.lifted
    pinned = dict(_pin(one) for one in wanted.pins)
    if twice := [one for one in wanted.edits if one in pinned]:
        raise UsageError(f"--pin and --edit both give the output of {twice[0]}; drop one.")

    async def work(butler: Butler) -> int:
        found = await butler.find(run)
        if wanted.plan_only:
            say((await butler.forking.plan_text(found)).rstrip("\n"))
            return 0
        folder = Path((await butler.state(found)).folder)
        permits.check(butler, folder)
        edits = {step: await _edited(butler, found, step) for step in wanted.edits}
        how = Again(wanted.step, pinned, edits, wanted.mode, wanted.model, wanted.rehearse)
        made = await butler.forking.again(found, how)
        await permits.sign(butler, made, folder)
        butler.preload()
        return await Carrying(butler, made, answers, as_json, lifted).carry_on()

    return with_butler(work, model=wanted.model, mode=wanted.mode, unlocked=not wanted.plan_only)


async def _edited(butler: Butler, run: str, step: str) -> Json:
    return await edited_output(await butler.forking.output(run, step), step)


def _pin(given: str) -> tuple[str, Json]:
    """A step and the output that is given for it: JSON, else text. Raises UsageError."""
    step, sign, value = given.partition("=")
    if not sign or not step.strip():
        raise UsageError(f"--pin {given}: write STEP=VALUE, as in --pin pick=null.")
    try:
        return step.strip(), cast("Json", json.loads(value))
    except ValueError:
        return step.strip(), value
