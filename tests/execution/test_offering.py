"""The plan's sheet: what is on it, and that nothing that bounds goes before it is decided."""

from __future__ import annotations

import asyncio

import pytest
from workshop import Script, Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import ApprovalDecided, PlanAccepted, PlanOffered
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunState, RunStatus

TWO = 'save("a", "1")\nsave("b", "2")\n'


async def sheet(workshop: Workshop) -> tuple[RunState, PlanOffered]:
    state = await workshop.state()
    offer = state.open_offer()
    assert offer is not None
    return state, offer.offered


async def accept(workshop: Workshop, without: tuple[str, ...] = ()) -> None:
    """What a person's key on the sheet writes: it is accepted, and each call decided."""
    _, offered = await sheet(workshop)
    decided = [
        ApprovalDecided(id=one, decision="deny" if one in without else "allow")
        for one in offered.approvals
    ]
    accepted = PlanAccepted(id=offered.id, revision=1, by="person")
    await workshop.journal.append(workshop.run, [accepted, *decided])


async def test_calls_that_the_plan_gives_in_full_are_on_one_sheet(workshop: Workshop) -> None:
    await workshop.accept()
    plan = TWO + 'p = fetch("x")\nsave("c", p.text)\n'
    assert await workshop.drive(plan) is RunStatus.WAITING
    state, offered = await sheet(workshop)
    shown = [state.approvals[one].requested for one in offered.approvals]
    assert [one.args for one in shown] == [
        {"path": "a", "content": "1"},
        {"path": "b", "content": "2"},
    ]
    assert [one.preview for one in shown] == ["+ 1", "+ 2"]
    assert [one["step"] for one in offered.later] == ["save_3"]
    assert workshop.world.done == []


async def test_accepting_allows_exactly_what_the_sheet_shows(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive(TWO + 'p = fetch("x")\nsave("c", p.text)\n')
    await accept(workshop)
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.WAITING
    assert sorted(workshop.world.done) == ["a=1", "b=2"]
    left = next((await workshop.state()).waiting_approvals()).requested
    assert left.args["path"] == "c"
    assert left.because.startswith("content comes from fetch, which strangers may write")


async def test_a_call_taken_off_the_sheet_is_denied(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive(TWO)
    _, offered = await sheet(workshop)
    await accept(workshop, without=(offered.approvals[0],))
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert workshop.world.done == ["b=2"]
    assert (await workshop.state()).calls["save", ()].status is CallStatus.DENIED


async def test_while_the_sheet_waits_nothing_that_rules_allow_goes_either(
    workshop: Workshop,
) -> None:
    await workshop.accept()
    allowed = str(workshop.folder.resolve() / "c")
    workshop.rules.append(Rule(tool="save", args={"path": allowed}, decision=Decision.ALLOW))
    driving = asyncio.create_task(
        workshop.drive(TWO + 'p = fetch("x")\nsave("c", "3", after=[p])\n', stays=True)
    )
    await workshop.until(
        lambda one: (
            one.open_offer() is not None
            and ("p", ()) in one.calls
            and one.calls["p", ()].status is CallStatus.DONE
        )
    )
    assert workshop.world.done == []
    await accept(workshop)
    assert await asyncio.wait_for(driving, 5) is RunStatus.DONE
    assert sorted(workshop.world.done) == ["a=1", "b=2", "c=3"]


async def test_nothing_that_bounds_goes_while_the_plan_still_streams(workshop: Workshop) -> None:
    await workshop.accept("trusting")
    pause = asyncio.Event()
    script = Script('save("a", "1")\nf = fetch("x")\nanswer(f.text)\n', pause)
    driving = asyncio.create_task(workshop.drive(script))
    pause.set()
    await workshop.until(lambda one: ("f", ()) in one.calls or one.planned)
    assert await asyncio.wait_for(driving, 5) is RunStatus.DONE
    types = await workshop.types()
    events = await workshop.events()
    begun = next(
        n for n, one in enumerate(events) if one.type == "step_started" and one.tool == "save"
    )
    assert types.index("plan_proposed") < begun


async def test_a_sheet_of_one_is_the_call_s_own_card(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('save("a", "1")\n') is RunStatus.WAITING
    assert "plan_offered" not in await workshop.types()


async def test_two_calls_on_one_target_are_not_both_on_the_sheet(workshop: Workshop) -> None:
    """The second one's preview would be made from what the first is about to change."""
    await workshop.accept()
    await workshop.drive('save("a", "1")\nsave("b", "2")\nsave("./a", "3")\n')
    _, offered = await sheet(workshop)
    assert len(offered.approvals) == 2
    assert [one["step"] for one in offered.later] == ["save_3"]


@pytest.mark.parametrize("answers", ["yes", "no"])
async def test_a_flag_answers_for_the_sheet(workshop: Workshop, answers: str) -> None:
    await workshop.accept()
    await workshop.drive(TWO, answers=answers)  # type: ignore[arg-type]
    assert "plan_offered" not in await workshop.types()
    assert len(workshop.world.done) == (2 if answers == "yes" else 0)


async def test_a_sheet_is_offered_once_and_survives_a_restart(workshop: Workshop) -> None:
    await workshop.accept()
    for _ in range(3):
        assert await workshop.drive(TWO) is RunStatus.WAITING
        await workshop.resume()
    assert (await workshop.types()).count("plan_offered") == 1
    assert (await workshop.types()).count("approval_requested") == 2
