"""A queryable call that was interrupted says itself what became of it."""

from __future__ import annotations

import asyncio

import pytest
from workshop import Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import ToolError
from butler_tui.core.run import RunStatus
from butler_tui.core.tool import Receipt, ToolResult

PLAN = 'sent = post("anna", "hi")\nanswer(sent.text)\n'


@pytest.fixture
async def interrupted(workshop: Workshop) -> Workshop:
    """A run whose post had begun when its engine was gone."""
    await workshop.accept()
    driving = asyncio.create_task(workshop.drive(PLAN, answers="yes"))
    await workshop.world.begun.wait()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    await workshop.resume()
    workshop.world.open.set()
    return workshop


async def test_what_had_happened_is_done_with_its_result(interrupted: Workshop) -> None:
    interrupted.world.heard = ToolResult({"text": "hi"}, Receipt("sent to anna"))
    assert await interrupted.drive("", answers="yes") is RunStatus.DONE
    state = await interrupted.state()
    assert (state.answer, interrupted.world.done) == ("hi", [])
    assert state.calls["sent", ()].status is CallStatus.DONE


async def test_what_had_not_happened_runs_once(interrupted: Workshop) -> None:
    interrupted.world.heard = None
    assert await interrupted.drive("", answers="yes") is RunStatus.DONE
    assert interrupted.world.done == ["anna<hi"]
    assert (await interrupted.state()).answer == "hi"


async def test_what_cannot_be_told_is_asked(interrupted: Workshop) -> None:
    interrupted.world.heard = ToolError("unsure", "The server has forgotten.")
    assert await interrupted.drive("", answers="yes") is RunStatus.WAITING
    state = await interrupted.state()
    asked = next(state.waiting_questions()).asked
    assert asked.about == "unknown"
    assert "The server has forgotten." in asked.question
    assert interrupted.world.done == []
