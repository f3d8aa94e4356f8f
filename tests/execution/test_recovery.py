"""When a run does not go on as planned: other plans, questions, what the person says meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from workshop import Script, Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import (
    ApprovalDecided,
    InstructionGiven,
    QuestionAnswered,
    RunPaused,
    RunResumed,
    StepRetried,
    StepSkipped,
)
from butler_tui.core.needing import Need
from butler_tui.core.ports import PlanRequest
from butler_tui.core.run import RunState, RunStatus
from butler_tui.planning.proposing import propose_text


def steps_of(state: RunState) -> list[str]:
    return list(state.statements)


def done(state: RunState, step: str) -> bool:
    call = state.calls.get((step, ()))
    return call is not None and call.status is CallStatus.DONE


async def answered(workshop: Workshop, answer: str) -> None:
    """Answer what the run asks, and let it be resumed."""
    asked = next((await workshop.state()).waiting_questions()).asked
    await workshop.journal.append(workshop.run, [QuestionAnswered(id=asked.id, answer=answer)])
    await workshop.resume()


async def test_another_way_is_planned_and_what_is_done_is_kept(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script(
        'a = fetch("good")\nb = fetch("bad")\nanswer(b.text)\n',
        later=["c = split(a.text)\nanswer(c.parts[0].text)\n"],
    )
    assert await workshop.drive(script) is RunStatus.DONE
    state = await workshop.state()
    assert steps_of(state) == ["a", "c", "answer_2"]
    assert state.answer == "good"
    assert [one.statement.id for one in state.superseded] == ["b", "answer"]
    assert (state.revision, state.revisions[-1].because) == (2, "failed: b")
    assert [one.type for one in await workshop.events()].count("step_started") == 4


async def test_a_failure_by_a_stranger_marks_the_plan_made_after_it(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script('a = fetch("bad")\n', later=['save("x", "y")\n'])
    assert await workshop.drive(script, answers="yes") is RunStatus.WAITING
    state = await workshop.state()
    held = next(state.waiting_approvals()).requested
    assert "untrusted" in held.because or "stranger" in held.because
    assert held.concerns


async def test_without_another_way_the_run_has_failed(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script('fetch("bad")\n')
    assert await workshop.drive(script) is RunStatus.FAILED
    assert len(script.needs) == 1


async def test_the_same_failure_twice_asks_the_person(workshop: Workshop) -> None:
    await workshop.accept()
    plans = ['x = fetch("bad")\nanswer(x.text)\n', 'fetch("bad")\nanswer("never")\n']
    script = Script('a = fetch("bad")\nanswer("x")\n', later=plans)
    assert await workshop.drive(script) is RunStatus.WAITING
    state = await workshop.state()
    asked = next(state.waiting_questions()).asked
    assert (asked.about, asked.choices) == ("stuck", ["retry", "skip", "stop"])
    assert "failed again as before" in asked.question
    assert len(script.needs) == 1


async def test_a_revision_that_changes_nothing_is_not_carried_out(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script('a = fetch("bad")\n', later=['a = fetch("bad")\n'])
    assert await workshop.drive(script) is RunStatus.WAITING
    assert (await workshop.types()).count("step_started") == 1
    assert (
        "repeats what failed" in next((await workshop.state()).waiting_questions()).asked.question
    )


async def stuck(workshop: Workshop) -> Script:
    """A run that is stuck at a step that fails again and again."""
    script = Script(
        'a = fetch("flaky2")\nb = fetch("good")\nanswer(b.text)\n',
        later=['c = fetch("flaky2")\nanswer(c.text)\n'],
    )
    workshop.world.faults["flaky2"] = 6
    await workshop.accept()
    assert await workshop.drive(script) is RunStatus.WAITING
    return script


async def test_whoever_is_asked_can_retry(workshop: Workshop) -> None:
    script = await stuck(workshop)
    await answered(workshop, "retry")
    assert await workshop.drive(script) is RunStatus.DONE
    assert (await workshop.state()).answer == "flaky2"


async def test_whoever_is_asked_can_stop(workshop: Workshop) -> None:
    script = await stuck(workshop)
    await answered(workshop, "stop")
    assert await workshop.drive(script) is RunStatus.FAILED
    assert "you stopped it" in (await workshop.state()).error


async def test_whoever_is_asked_can_say_what_to_do(workshop: Workshop) -> None:
    script = await stuck(workshop)
    script.later = ["answer(b.text)\n"]
    await answered(workshop, "use what you have")
    assert await workshop.drive(script) is RunStatus.DONE
    assert (await workshop.state()).answer == "good"
    assert script.needs[-1].because == "you said: use what you have"


async def unknown(workshop: Workshop) -> None:
    """A run in which a message may have been sent."""
    await workshop.accept()
    plan = 'send("anna", "hi")\nanswer("sent", after=[])\n'
    assert await workshop.drive(plan, answers="yes") is RunStatus.WAITING
    workshop.world.open.set()


@pytest.mark.parametrize(
    ("said", "status", "done"),
    [
        ("retry", CallStatus.DONE, ["anna<hi"]),
        ("mark as done", CallStatus.DONE, []),
        ("skip", CallStatus.SKIPPED, []),
    ],
)
async def test_what_may_have_happened_is_asked_and_decided(
    said: str, status: CallStatus, done: list[str], workshop: Workshop
) -> None:
    await unknown(workshop)
    await answered(workshop, said)
    await workshop.drive("", answers="yes")
    state = await workshop.state()
    assert state.calls["send", ()].status is status
    assert workshop.world.done == done
    assert state.status.over


async def test_what_may_have_happened_is_asked_once_though_the_plan_changes(
    workshop: Workshop,
) -> None:
    await workshop.accept()
    plan = 'sent = send("anna", "hi")\nanswer(sent.text)\n'
    assert await workshop.drive(plan, answers="yes") is RunStatus.WAITING
    [asked] = (await workshop.state()).questions.values()
    assert "Marked as done it has no output, which answer would use" in asked.asked.question
    state = await workshop.state()
    state.front()
    request = PlanRequest("g", state, workshop.world.tools(), need=Need("you edited the plan"))
    text = 'sent = send("anna", "hi")\ntold = split(sent.text)\nanswer(told.parts[0].text)\n'
    await workshop.journal.append(workshop.run, list(propose_text(text, request, "person")))
    await workshop.resume()
    assert await workshop.drive("", answers="yes") is RunStatus.WAITING
    assert (await workshop.state()).revision == 2
    assert len((await workshop.state()).questions) == 1


async def test_what_may_have_happened_can_end_the_run(workshop: Workshop) -> None:
    await unknown(workshop)
    await answered(workshop, "stop")
    assert await workshop.drive("", answers="yes") is RunStatus.FAILED
    assert workshop.world.done == []


async def test_an_instruction_becomes_a_revision_while_steps_go_on(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script(
        'g = gate()\ns = split("a b")\nsave("x", g.text)\n',
        later=['answer(f"{g.text} and {s.parts[0].text}")\n'],
    )
    driving = asyncio.create_task(workshop.drive(script, stays=True))
    await workshop.world.begun.wait()
    await workshop.journal.append(
        workshop.run, [InstructionGiven(id="i1", text="save nothing, tell me")]
    )
    await workshop.until(lambda state: state.revision == 2)
    assert not workshop.world.open.is_set()
    workshop.world.open.set()
    assert await driving is RunStatus.DONE
    state = await workshop.state()
    assert state.answer == "open and a"
    assert state.instructions["i1"].heeded == 2
    assert workshop.world.done == []
    assert (await workshop.types()).count("step_started") == 3


async def test_a_held_call_that_is_restated_keeps_its_card(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script(
        'save("x", "one")\nsend("anna", "hi")\n',
        later=['save("x", "one")\nanswer("only saved")\n'],
    )
    driving = asyncio.create_task(workshop.drive(script, stays=True))
    before = await workshop.until(lambda state: len(list(state.waiting_approvals())) == 2)
    await workshop.journal.append(workshop.run, [InstructionGiven(id="i", text="send nothing")])
    state = await workshop.until(lambda state: state.revision == 2)
    held = [one.requested for one in state.waiting_approvals()]
    assert [one.tool for one in held] == ["save"]
    assert held[0].id in {one.requested.id for one in before.waiting_approvals()}
    await workshop.journal.append(workshop.run, [ApprovalDecided(id=held[0].id, decision="allow")])
    assert await driving is RunStatus.DONE
    assert workshop.world.done == ["x=one"]


async def test_a_denial_with_a_reason_is_planned_around(workshop: Workshop) -> None:
    await workshop.accept()
    script = Script('save("x", "one")\n', later=['answer("not saved")\n'])
    driving = asyncio.create_task(workshop.drive(script, stays=True))
    state = await workshop.until(lambda state: any(True for _ in state.waiting_approvals()))
    held = next(state.waiting_approvals()).requested
    denied = ApprovalDecided(id=held.id, decision="deny", reason="just tell me")
    await workshop.journal.append(workshop.run, [denied])
    assert await driving is RunStatus.DONE
    assert (await workshop.state()).answer == "not saved"


async def test_a_paused_run_starts_nothing_and_goes_on(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(workshop.drive("g = gate()\nanswer(g.text)\n", stays=True))
    await workshop.world.begun.wait()
    await workshop.journal.append(workshop.run, [RunPaused()])
    workshop.world.open.set()
    state = await workshop.until(lambda state: done(state, "g"))
    assert state.status is RunStatus.PAUSED
    assert ("answer", ()) not in state.calls
    await workshop.journal.append(workshop.run, [RunResumed()])
    assert await driving is RunStatus.DONE


async def test_the_person_skips_and_retries_single_steps(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.journal.append(workshop.run, [])
    plan = 'a = fetch("bad") or fetch("good")\nsave("x", "one")\nanswer(a.text)\n'
    assert await workshop.drive(plan) is RunStatus.WAITING
    await workshop.journal.append(
        workshop.run, [StepSkipped(step="save", because="not wanted", by="person")]
    )
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert workshop.world.done == []


async def test_a_failed_step_can_be_tried_again_by_hand(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.world.faults["later"] = 3
    assert await workshop.drive('a = fetch("later")\nanswer(a.text)\n') is RunStatus.FAILED
    await workshop.journal.append(workshop.run, [StepRetried(step="a"), RunResumed()])
    assert await workshop.drive("") is RunStatus.DONE
    assert (await workshop.state()).answer == "later"


async def test_revisions_end(workshop: Workshop) -> None:
    await workshop.accept()
    later = [f'fetch("bad", 0.00{number})\n' for number in range(1, 9)]
    script = Script('fetch("bad")\n', later=later)
    assert await workshop.drive(script) is RunStatus.FAILED
    assert len(script.needs) == 3
    state = await workshop.state()
    assert state.budgets["revisions"].spent
