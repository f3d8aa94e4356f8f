"""At the end of a budget a run stops: what began with an effect ends, all else is cancelled."""

from __future__ import annotations

import asyncio

from workshop import Workshop

from butler_tui.core.budget import Limits
from butler_tui.core.calls import CallStatus
from butler_tui.core.events import QuestionAnswered, RunResumed
from butler_tui.core.run import RunStatus


async def test_an_effect_that_has_begun_ends_before_the_run_stops(workshop: Workshop) -> None:
    await workshop.accept("trusting")
    plan = (
        'q = ask_user("go on?")\nsend("anna", "hello")\nfetch("slow", 30)\nsplit("b", after=[q])\n'
    )
    limits = Limits(steps=3)
    driving = asyncio.create_task(
        workshop.drive(plan, answers="yes", limits=limits, lifted=["private"])
    )
    await workshop.world.begun.wait()
    asking = await workshop.until(lambda state: any(True for _ in state.waiting_questions()))
    (question,) = asking.waiting_questions()
    answered = QuestionAnswered(id=question.asked.id, answer="yes")
    await workshop.journal.append(workshop.run, [answered])
    workshop.world.open.set()
    assert await driving is RunStatus.FAILED
    assert workshop.world.done == ["anna<hello"]
    state = await workshop.state()
    assert state.calls["send", ()].status is CallStatus.DONE
    assert state.calls["fetch", ()].status is CallStatus.RUNNING
    assert state.spent_budget == "steps"
    assert "3 of 3 steps" in state.error


async def test_what_was_cancelled_runs_again_once_there_is_more(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.parallel = 2
    plan = 'gate()\nfetch("b")\nfetch("c")\n'
    assert await workshop.drive(plan, limits=Limits(steps=2)) is RunStatus.FAILED
    await workshop.journal.append(workshop.run, [RunResumed()])
    assert (await workshop.state()).spent_budget == ""
    workshop.world.open.set()
    assert await workshop.drive(plan, limits=Limits(steps=3)) is RunStatus.DONE
    state = await workshop.state()
    assert state.calls["gate", ()].attempt == 2
    assert state.calls["fetch", ()].attempt == 1
    assert state.calls["fetch_2", ()].attempt == 1
