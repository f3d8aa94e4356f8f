"""A rehearsal looks and fetches for real, and carries nothing out."""

from __future__ import annotations

import asyncio

import pytest
from workshop import Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import ApprovalDecided, PlanAccepted, StepRehearsed, StepStarted
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunStatus
from butler_tui.execution.gate import Answers

PLAN = (
    'p = fetch("web")\n'
    's = save("a", p.text)\n'
    'send("anna", "saved", after=[s])\n'
    'w = split("x y")\n'
    '[save(one.text, "z") for one in w.parts]\n'
    'answer(f"got {p.text}")\n'
)


@pytest.mark.parametrize("mode", ["careful", "normal", "trusting"])
@pytest.mark.parametrize("answers", ["person", "yes"])
async def test_nothing_that_bounds_is_carried_out_whoever_allows_it(
    workshop: Workshop, mode: str, answers: Answers
) -> None:
    workshop.world.open.set()
    workshop.rules += [Rule(tool="*", decision=Decision.ALLOW, even_if=("untrusted", "private"))]
    await workshop.accept(mode, rehearse=True)
    status = await workshop.drive(PLAN, answers=answers, lifted=["untrusted", "private"])
    assert status is RunStatus.DONE
    assert workshop.world.done == []
    events = await workshop.events()
    begun = [one for one in events if isinstance(one, StepStarted)]
    assert not any(one.effect and one.effect.bounds_the_world for one in begun)
    rehearsed = [one for one in events if isinstance(one, StepRehearsed)]
    assert [one.tool for one in rehearsed].count("save") == 3
    assert (await workshop.state()).answer == "got web"


async def test_it_says_what_would_happen_and_what_the_gate_would_have_said(
    workshop: Workshop,
) -> None:
    await workshop.accept(rehearse=True)
    await workshop.drive(PLAN)
    rehearsed = [one for one in await workshop.events() if isinstance(one, StepRehearsed)]
    first = rehearsed[0]
    assert (first.step, first.preview, first.preview_kind) == ("s", "+ web", "diff")
    assert first.decision == "ask"
    assert "content comes from fetch, which strangers may write" in first.because
    sent = next(one for one in rehearsed if one.tool == "send")
    assert "is private" not in first.because
    assert sent.args == {"to": "anna", "text": "saved"}


async def test_what_a_rule_denies_is_denied_in_a_rehearsal_too(workshop: Workshop) -> None:
    workshop.rules.append(Rule(tool="send", decision=Decision.DENY, because="no mail"))
    await workshop.accept(rehearse=True)
    assert await workshop.drive('send("anna", "hi")\n') is RunStatus.FAILED
    assert (await workshop.state()).calls["send", ()].status is CallStatus.DENIED


async def test_no_decision_from_elsewhere_makes_a_rehearsal_real(workshop: Workshop) -> None:
    await workshop.accept(rehearse=True)
    bound = Rule(tool="*", decision=Decision.ALLOW, run=workshop.run, most=9)
    accepted = PlanAccepted(revision=1, by="person", bounds=[bound.dump()])
    await workshop.journal.append(
        workshop.run, [accepted, ApprovalDecided(id="any", decision="allow", scope="run")]
    )
    workshop.world.open.set()
    await workshop.drive(PLAN, answers="yes")
    await workshop.resume()
    await workshop.drive("", answers="yes")
    assert workshop.world.done == []


NEEDING = {
    "by after": 'w = save("a", "x")\nr = fetch("bad", after=[w])\n',
    "by data": 'w = save("bad", "x")\nr = fetch(w.path)\n',
    "by way of another": (
        'w = save("a", "x")\ns = split("x", after=[w])\nr = fetch("bad", after=[s])\n'
    ),
    "a preview": 'w = save("a", "x")\nr = save("later", "x", after=[w])\n',
}


@pytest.mark.parametrize("case", NEEDING)
async def test_what_needs_a_previewed_call_fails_nothing(workshop: Workshop, case: str) -> None:
    await workshop.accept(rehearse=True)
    assert await workshop.drive(f'{NEEDING[case]}answer(f"{{r}}")\n') is RunStatus.DONE
    call = (await workshop.state()).calls["r", ()]
    assert call.status is CallStatus.SKIPPED
    assert call.error == "cannot be rehearsed: it needs what w would have done"


async def test_what_acts_where_a_previewed_call_would_have_acted_fails_nothing(
    workshop: Workshop,
) -> None:
    await workshop.accept(rehearse=True)
    plan = 'w = save("later/x", "x")\ng = gate()\nr = save("later", "x", after=[g])\n'
    driving = asyncio.create_task(workshop.drive(plan))
    await workshop.until_events(StepRehearsed, 1)
    workshop.world.open.set()
    assert await driving is RunStatus.DONE
    call = (await workshop.state()).calls["r", ()]
    assert call.error == "cannot be rehearsed: it needs what w would have done"


async def test_what_fails_by_itself_fails_a_rehearsal_too(workshop: Workshop) -> None:
    await workshop.accept(rehearse=True)
    plan = 'w = save("a", "x")\nfetch("bad")\nsave("nowhere", "x", after=[w])\n'
    assert await workshop.drive(plan) is RunStatus.FAILED
    state = await workshop.state()
    state.front()
    assert {one.step for one in state.failures()} == {"fetch", "save"}


async def test_a_real_run_fails_though_something_came_before(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'w = save("a", "x")\nfetch("bad", after=[w])\n'
    assert await workshop.drive(plan, answers="yes") is RunStatus.FAILED
