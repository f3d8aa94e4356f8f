"""A run that another process cancels: what has not started by then never happens."""

from __future__ import annotations

import pytest
from workshop import Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import RunCancelled, RunFailed, RunFinished, StepFinished, StepStarted
from butler_tui.core.run import RunStatus


def just_before(workshop: Workshop, kind: type) -> None:
    """Have the run cancelled between an engine's look at the journal and its event."""
    original = workshop.journal.append

    async def append(run: str, events: list[object], **more: bool) -> object:
        if any(isinstance(one, kind) for one in events):
            workshop.journal.append = original  # type: ignore[method-assign]
            return await original(run, [RunCancelled(), *events], **more)
        return await original(run, events, **more)

    workshop.journal.append = append  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize("plan", ['save("a", "1")\n', 'send("anna", "hi")\n'])
async def test_cancelled_at_the_very_moment_it_starts_nothing_happens(
    workshop: Workshop, plan: str
) -> None:
    await workshop.accept()
    workshop.world.open.set()
    just_before(workshop, StepStarted)
    assert await workshop.drive(plan, answers="yes") is RunStatus.CANCELLED
    assert workshop.world.done == []
    state = await workshop.state()
    assert state.status is RunStatus.CANCELLED
    assert {one.status for one in state.calls.values()} == {CallStatus.ALLOWED}


@pytest.mark.parametrize("kind", [RunFinished, RunFailed])
async def test_cancelled_at_the_very_moment_it_ends_it_stays_cancelled(
    workshop: Workshop, kind: type
) -> None:
    await workshop.accept()
    just_before(workshop, kind)
    answers = "yes" if kind is RunFinished else "no"
    assert await workshop.drive('save("a", "1")\n', answers=answers) is RunStatus.CANCELLED
    state = await workshop.state()
    assert (state.status, state.error) == (RunStatus.CANCELLED, "")


async def test_what_had_happened_by_then_is_told(workshop: Workshop) -> None:
    await workshop.accept()
    just_before(workshop, StepFinished)
    assert await workshop.drive('save("a", "1")\n', answers="yes") is RunStatus.CANCELLED
    assert workshop.world.done == ["a=1"]
    assert (await workshop.state()).calls["save", ()].status is CallStatus.DONE
