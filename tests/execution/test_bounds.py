"""What a signed bound allows, and that it counts exactly."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from workshop import Workshop

from butler_tui.core.events import ApprovalDecided, PlanAccepted
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunStatus

EIGHT = 'w = split("a b c d e f g h")\n[save(one.text, "x") for one in w.parts]\n'


def bound(workshop: Workshop, tool: str = "save", **more: Any) -> Rule:
    return Rule(tool=tool, decision=Decision.ALLOW, run=workshop.run, **{"most": 3, **more})


async def sign(workshop: Workshop, *bounds: Rule) -> None:
    event = PlanAccepted(revision=1, by="person", bounds=[one.dump() for one in bounds])
    await workshop.journal.append(workshop.run, [event])


async def because(workshop: Workshop) -> list[str]:
    return [one.requested.because for one in (await workshop.state()).waiting_approvals()]


@pytest.mark.parametrize("most", [0, 1, 3, 8])
@pytest.mark.parametrize("parallel", [1, 8])
async def test_of_many_calls_at_once_exactly_as_many_run_as_were_signed(
    workshop: Workshop, most: int, parallel: int
) -> None:
    workshop.parallel = parallel
    await workshop.accept()
    await sign(workshop, bound(workshop, most=most))
    status = await workshop.drive(EIGHT)
    assert len(workshop.world.done) == most
    assert status is (RunStatus.DONE if most == 8 else RunStatus.WAITING)
    said = await because(workshop)
    assert len(said) == 8 - most
    words = f"beyond the count of the bound you signed: allow at most {most} save"
    assert all(words in one for one in said)


async def test_signing_while_calls_are_held_lets_exactly_as_many_go(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(workshop.drive(EIGHT, stays=True))
    await workshop.until(lambda state: len(state.approvals) == 8)
    await sign(workshop, bound(workshop, most=3))
    await workshop.until(
        lambda state: sum(one.receipt is not None for one in state.calls.values()) == 3
    )
    driving.cancel()
    await asyncio.gather(driving, return_exceptions=True)
    assert len(workshop.world.done) == 3
    assert len(await because(workshop)) == 5


async def test_a_call_after_resuming_counts_with_those_before(workshop: Workshop) -> None:
    await workshop.accept()
    await sign(workshop, bound(workshop, most=2))
    assert await workshop.drive(EIGHT) is RunStatus.WAITING
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.WAITING
    assert len(workshop.world.done) == 2


async def test_a_denied_call_uses_nothing_up(workshop: Workshop) -> None:
    await workshop.accept()
    path = str(workshop.folder.resolve() / "in" / "*")
    await sign(workshop, bound(workshop, most=1, args={"path": path}))
    plan = 'a = save("out", "1") or fetch("x")\ng = gate()\nsave("in/b", "2", after=[g])\n'
    workshop.world.open.set()
    await workshop.drive(plan, answers="no")
    assert workshop.world.done == ["in/b=2"]


async def test_one_outside_stops_and_says_which_bound(workshop: Workshop) -> None:
    await workshop.accept()
    path = str(workshop.folder.resolve() / "in" / "*")
    await sign(workshop, bound(workshop, args={"path": path}))
    plan = 'save("in/a", "1")\nsave("in/../out", "2")\nsave("in/deep/c", "3")\n'
    assert await workshop.drive(plan) is RunStatus.WAITING
    assert workshop.world.done == ["in/a=1"]
    for said in await because(workshop):
        assert said.startswith("it is not within the bound you signed")
        assert path in said


async def test_a_bound_holds_for_its_tool_and_its_run_alone(workshop: Workshop) -> None:
    await workshop.accept()
    other = bound(workshop).model_copy(update={"run": "another"})
    await sign(workshop, other, bound(workshop, "sen"))
    workshop.world.open.set()
    await workshop.drive('save("a", "1")\nsend("anna", "x")\n')
    assert workshop.world.done == []


async def test_a_bound_says_nothing_of_what_a_stranger_wrote(workshop: Workshop) -> None:
    await workshop.accept()
    await sign(workshop, bound(workshop))
    assert await workshop.drive('p = fetch("evil")\nsave("a", p.text)\n') is RunStatus.WAITING
    assert workshop.world.done == []
    assert "content comes from fetch, which strangers may write" in (await because(workshop))[0]


@pytest.mark.parametrize(
    ("sources", "plan", "runs"),
    [
        ({"content": "fetch"}, 'save("a", p.text)', True),
        ({"content": "fet*"}, 'save("a", p.text)', True),
        ({"content": "mail*"}, 'save("a", p.text)', False),
        ({"path": "fetch"}, 'save("a", p.text)', False),
        ({"content": "fetch"}, "save(p.text, p.text)", False),
        ({"content": "fetch", "path": "fetch"}, "save(p.text, p.text)", True),
        ({"content": "fetch"}, 'save("a", "x") if p.text', False),
        ({"control": "fetch"}, 'save("a", "x") if p.text', True),
        ({"control": "fetch"}, 'save("a", p.text)', False),
    ],
)
async def test_sources_lift_what_they_name_and_no_more(
    workshop: Workshop, sources: dict[str, str], plan: str, runs: bool
) -> None:
    await workshop.accept()
    await sign(workshop, bound(workshop, sources=sources))
    status = await workshop.drive(f'p = fetch("evil")\n{plan}\n')
    assert status is (RunStatus.DONE if runs else RunStatus.WAITING)
    assert len(workshop.world.done) == int(runs)


async def test_a_rule_that_asks_or_denies_is_stronger_than_a_bound(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.rules += [
        Rule(tool="save", args={"path": "*/a"}, decision=Decision.ASK),
        Rule(tool="save", args={"path": "*/b"}, decision=Decision.DENY),
    ]
    await sign(workshop, bound(workshop))
    await workshop.drive('save("a", "1")\nsave("b", "2")\nsave("c", "3")\n')
    assert workshop.world.done == ["c=3"]


async def test_what_the_person_allows_by_itself_uses_no_bound_up(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(
        workshop.drive('a = save("a", "1")\nsave("b", "2", after=[a])\n', stays=True)
    )
    state = await workshop.until(lambda one: any(True for _ in one.waiting_approvals()))
    held = next(state.waiting_approvals()).requested.id
    await sign(workshop, bound(workshop, most=1, args={"path": "*/b"}))
    await workshop.journal.append(workshop.run, [ApprovalDecided(id=held, decision="allow")])
    status = await asyncio.wait_for(driving, 5)
    assert status is RunStatus.DONE, (await workshop.state()).error
    assert workshop.world.done == ["a=1", "b=2"]
