"""What sends waits where one key takes it back, and then goes once or never."""

from __future__ import annotations

import asyncio

import pytest
from workshop import Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import (
    ApprovalDecided,
    SendHeld,
    SendReleased,
    SendTakenBack,
    StepStarted,
)
from butler_tui.core.run import RunStatus

SEND = 'send("anna", "hi")\n'
LONG = 600.0
RELEASED, TAKEN_BACK = SendReleased(step="send"), SendTakenBack(step="send")


async def in_outbox(workshop: Workshop) -> asyncio.Task[RunStatus]:
    """The run, driven until its send waits in the outbox."""
    await workshop.accept()
    workshop.world.open.set()
    driving = asyncio.create_task(workshop.drive(SEND, answers="yes", stays=True, outbox=LONG))
    await workshop.until(
        lambda one: ("send", ()) in one.calls and one.calls["send", ()].status is CallStatus.OUTBOX
    )
    return driving


async def test_a_send_waits_until_the_person_lets_it_go(workshop: Workshop) -> None:
    driving = await in_outbox(workshop)
    assert workshop.world.done == []
    await workshop.journal.append(workshop.run, [RELEASED])
    assert await asyncio.wait_for(driving, 5) is RunStatus.DONE
    assert workshop.world.done == ["anna<hi"]


async def test_what_is_taken_back_never_goes(workshop: Workshop) -> None:
    driving = await in_outbox(workshop)
    await workshop.journal.append(workshop.run, [TAKEN_BACK])
    assert await asyncio.wait_for(driving, 5) is RunStatus.FAILED
    await workshop.journal.append(workshop.run, [RELEASED])
    assert workshop.world.done == []
    assert (await workshop.state()).calls["send", ()].status is CallStatus.TAKEN_BACK


async def test_when_the_time_is_over_it_goes(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.world.open.set()
    assert await workshop.drive(SEND, answers="yes", outbox=0.01) is RunStatus.DONE
    assert workshop.world.done == ["anna<hi"]
    types = await workshop.types()
    order = ["approval_decided", "send_held", "step_started", "step_finished"]
    assert [one for one in types if one in order] == order


async def test_a_crash_during_the_wait_sends_nothing_and_after_it_once(workshop: Workshop) -> None:
    driving = await in_outbox(workshop)
    for _ in range(3):
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving
        assert workshop.world.done == []
        await workshop.resume()
        before = (await workshop.types()).count("send_held")
        driving = asyncio.create_task(workshop.drive("", answers="yes", stays=True, outbox=LONG))
        await workshop.until_events(SendHeld, before + 1)
    await workshop.journal.append(workshop.run, [RELEASED])
    assert await asyncio.wait_for(driving, 5) is RunStatus.DONE
    assert workshop.world.done == ["anna<hi"]
    assert (await workshop.types()).count("step_started") == 1


async def test_taken_back_while_nobody_drives_it_stays_so(workshop: Workshop) -> None:
    driving = await in_outbox(workshop)
    driving.cancel()
    await asyncio.gather(driving, return_exceptions=True)
    await workshop.journal.append(workshop.run, [TAKEN_BACK])
    await workshop.resume()
    assert await workshop.drive("", outbox=LONG) is RunStatus.FAILED
    assert workshop.world.done == []


async def test_taken_back_at_the_very_moment_it_goes_nothing_is_sent(workshop: Workshop) -> None:
    """The taking back comes between the end of the wait and the start on the disk."""
    await workshop.accept()
    workshop.world.open.set()
    original = workshop.journal.append

    async def append(run: str, events: list[object], **more: bool) -> object:
        if any(isinstance(one, StepStarted) for one in events):
            await original(run, [TAKEN_BACK])
        return await original(run, events, **more)

    workshop.journal.append = append  # type: ignore[method-assign,assignment]
    assert await workshop.drive(SEND, answers="yes", outbox=0.01) is RunStatus.FAILED
    assert workshop.world.done == []
    assert (await workshop.state()).calls["send", ()].status is CallStatus.TAKEN_BACK


async def test_a_change_does_not_wait(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('save("a", "1")\n', answers="yes", outbox=LONG) is RunStatus.DONE
    assert workshop.world.done == ["a=1"]


async def test_what_is_not_allowed_does_not_even_wait(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive(SEND, outbox=LONG) is RunStatus.WAITING
    assert "send_held" not in await workshop.types()
    held = next((await workshop.state()).waiting_approvals()).requested.id
    await workshop.journal.append(workshop.run, [ApprovalDecided(id=held, decision="deny")])
    await workshop.journal.append(workshop.run, [RELEASED])
    await workshop.resume()
    assert await workshop.drive("", outbox=LONG) is RunStatus.FAILED
    assert workshop.world.done == []
