"""Two people, or one at two terminals, answer at the same moment: one wins, the other is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from butler_tui.butler import Acceptance, Butler, GoalRequest, open_butler
from butler_tui.core.errors import UsageError
from butler_tui.core.events import (
    Event,
    PlanOffered,
    RunFinished,
    SendHeld,
    SendReleased,
    SendTakenBack,
)
from butler_tui.core.run import RunStatus
from butler_tui.settings import Places, Settings

WRITES = '# Two notes\nwrite_file("a.md", "one")\nwrite_file("b.md", "two")\n'


@pytest.fixture
async def butler(tmp_path: Path) -> AsyncIterator[Butler]:
    async with open_butler(Settings(), Places.below(tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
async def held(butler: Butler, tmp_path: Path) -> str:
    """A run whose plan's sheet, with its two calls, waits for the person."""
    work = tmp_path / "work"
    work.mkdir()
    run = await butler.accept(GoalRequest("Write", work, plan=WRITES))
    assert await butler.drive(run) is RunStatus.WAITING
    return run


def first(butler: Butler, run: str, before: type, event: Event) -> None:
    """Have somebody else's event in the journal just before the first of that kind."""
    journal = butler.history.journal
    original = journal.append

    async def append(to: str, events: Any, **more: bool) -> Any:
        if any(isinstance(one, before) for one in events):
            await original(run, [event], flush=True)
        return await original(to, events, **more)

    journal.append = append  # type: ignore[method-assign,assignment]


async def test_what_was_taken_back_first_is_not_said_to_be_sent(butler: Butler, held: str) -> None:
    [one, _] = (await butler.state(held)).waiting_approvals()
    step = one.requested.step
    await butler.history.journal.append(held, [SendHeld(step=step, until=datetime.now(UTC))])
    first(butler, held, SendReleased, SendTakenBack(step=step))
    with pytest.raises(UsageError, match="had been taken back just before you sent it"):
        await butler.deciding.send_now(held, step)


async def test_what_ended_first_is_not_said_to_be_cancelled(butler: Butler, held: str) -> None:
    from butler_tui.core.events import RunCancelled

    first(butler, held, RunCancelled, RunFinished(answer="all done"))
    with pytest.raises(UsageError, match=f"Run {held} was done just before you cancelled it"):
        await butler.cancel(held)
    state = await butler.state(held)
    assert (state.status, state.answer) == (RunStatus.DONE, "all done")


async def test_always_keeps_no_rule_when_somebody_denied_first(butler: Butler, held: str) -> None:
    [one, _] = (await butler.state(held)).waiting_approvals()
    waiting = butler.history.waiting
    decide = waiting.decide

    async def denied_before(identity: str, decision: Any, **more: Any) -> None:
        await decide(identity, "deny")
        await decide(identity, decision, **more)

    waiting.decide = denied_before  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="was decided already: denied"):
        await butler.deciding.allow(one.requested.id, scope="always")
    assert [standing.kept for standing in await butler.policy.all()] == []


async def test_what_is_edited_and_then_left_out_is_denied(
    butler: Butler, held: str, tmp_path: Path
) -> None:
    [sheet] = [one for one in await butler.waiting() if isinstance(one.requested, PlanOffered)]
    [one, _] = (await butler.state(held)).waiting_approvals()
    identity = one.requested.id
    changed = {**one.requested.args, "content": "changed"}
    edits = {identity: await butler.deciding.previewed(identity, changed)}
    await butler.deciding.accept(sheet.id, Acceptance(without=frozenset({identity}), edits=edits))
    await butler.resume(held)
    await butler.drive(held)
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["b.md"]
