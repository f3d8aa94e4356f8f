"""What is asked, who may answer, and what becomes of the call."""

from __future__ import annotations

import asyncio

import pytest
from workshop import Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.ending import standing
from butler_tui.core.events import ApprovalDecided, PlanAccepted, QuestionAnswered
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunStatus

SAVE = 'save("a", "one")\n'


async def held(workshop: Workshop) -> str:
    state = await workshop.until(lambda s: any(True for _ in s.waiting_approvals()))
    return next(state.waiting_approvals()).requested.id


async def asked_of(workshop: Workshop) -> int:
    """How many calls the person decided or has yet to decide."""
    state = await workshop.state()
    return sum(
        1 for one in state.approvals.values() if one.decided is None or one.decided.by == "person"
    )


async def test_a_change_waits_and_the_other_branch_goes_on(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive(SAVE + 'answer("other")\n') is RunStatus.WAITING
    state = await workshop.state()
    assert state.answer == "other"
    approval = next(state.waiting_approvals()).requested
    assert approval.preview == "+ one"
    assert approval.undoable
    assert workshop.world.done == []


async def test_an_allowed_call_runs_once_after_resuming(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive(SAVE)
    decided = ApprovalDecided(id=await held(workshop), decision="allow")
    await workshop.journal.append(workshop.run, [decided])
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert workshop.world.done == ["a=one"]
    types = await workshop.types()
    assert types.index("approval_decided") < types.index("step_started")


async def test_a_decision_from_elsewhere_reaches_a_living_engine(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(workshop.drive(SAVE, stays=True))
    decided = ApprovalDecided(id=await held(workshop), decision="allow")
    await workshop.journal.append(workshop.run, [decided])
    assert await asyncio.wait_for(driving, 3) is RunStatus.DONE
    assert workshop.world.done == ["a=one"]


async def test_an_edited_call_is_the_one_that_runs(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive(SAVE)
    edited = {"path": "b", "content": "two"}
    decided = ApprovalDecided(id=await held(workshop), decision="allow", args=edited)
    await workshop.journal.append(workshop.run, [decided])
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert workshop.world.done == ["b=two"]


async def test_a_denial_ends_that_branch_and_no_alternative_is_tried(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive('save("a", "one") or save("b", "one")\n')
    decided = ApprovalDecided(id=await held(workshop), decision="deny", reason="not there")
    await workshop.journal.append(workshop.run, [decided])
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.FAILED
    state = await workshop.state()
    assert state.calls["save", ()].status is CallStatus.DENIED
    assert state.calls["save.1", ()].status is CallStatus.SKIPPED
    assert "not there" in state.error


async def test_a_denied_target_is_not_asked_again_in_the_run(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(
        workshop.drive(
            'a = save("a", "one")\ng = gate()\nsave("a", "again", after=[g])\n', stays=True
        )
    )
    decided = ApprovalDecided(id=await held(workshop), decision="deny")
    await workshop.journal.append(workshop.run, [decided])
    workshop.world.open.set()
    assert await asyncio.wait_for(driving, 3) is RunStatus.FAILED
    state = await workshop.state()
    assert state.calls["save", ()].status is CallStatus.DENIED
    assert state.approvals[[*state.approvals][1]].decided.by == "policy"  # type: ignore[union-attr]


async def test_this_run_covers_the_same_folder_and_tool(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(
        workshop.drive(
            'a = save("d/a", "1")\nsave("d/b", "2", after=[a])\nanswer("x")\n', stays=True
        )
    )
    decided = ApprovalDecided(id=await held(workshop), decision="allow", scope="run")
    await workshop.journal.append(workshop.run, [decided])
    assert await asyncio.wait_for(driving, 3) is RunStatus.DONE
    assert workshop.world.done == ["d/a=1", "d/b=2"]
    assert await asked_of(workshop) == 1


@pytest.mark.parametrize(
    ("mode", "plan", "asked"),
    [
        ("careful", 'fetch("a")\n', 1),
        ("normal", 'fetch("a")\n', 0),
        ("normal", SAVE, 1),
        ("trusting", SAVE, 0),
        ("trusting", 'send("anna", "hi")\n', 1),
    ],
)
async def test_the_mode_decides_what_is_asked(
    workshop: Workshop, mode: str, plan: str, asked: int
) -> None:
    await workshop.accept(mode)
    workshop.world.open.set()
    await workshop.drive(plan)
    assert await asked_of(workshop) == asked


async def test_rules_deny_before_they_allow(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.rules += [
        Rule(tool="save", decision=Decision.ALLOW),
        Rule(tool="sa*", args={"path": "*/a"}, decision=Decision.DENY, because="not a"),
    ]
    assert await workshop.drive('save("a", "1")\nsave("b", "2")\n') is RunStatus.DONE
    assert workshop.world.done == ["b=2"]
    state = await workshop.state()
    assert "not a" in state.calls["save", ()].error
    assert standing(state) == "done, without 1 call rules denied: save a"


async def test_yes_does_not_answer_an_ask_rule(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.rules.append(Rule(tool="save", decision=Decision.ASK))
    assert await workshop.drive(SAVE, answers="yes") is RunStatus.WAITING
    assert workshop.world.done == []


async def test_no_denies_all_that_is_asked(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive(SAVE, answers="no") is RunStatus.FAILED
    assert workshop.world.done == []


async def test_a_call_that_cannot_be_previewed_is_not_asked(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('save("nowhere", "x")\n') is RunStatus.FAILED
    assert "approval_requested" not in await workshop.types()


async def test_a_question_is_asked_once_and_survives_a_restart(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'who = ask_user("Who?")\nanswer(f"for {who.text}")\n'
    assert await workshop.drive(plan) is RunStatus.WAITING
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.WAITING
    state = await workshop.state()
    assert len(state.questions) == 1
    asked = next(state.waiting_questions()).asked
    await workshop.journal.append(workshop.run, [QuestionAnswered(id=asked.id, answer="Anna")])
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert (await workshop.state()).answer == "for Anna"


async def test_a_living_engine_takes_an_answer_from_elsewhere(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(
        workshop.drive('w = ask_user("Who?")\nanswer(w.text)\n', stays=True)
    )
    state = await workshop.until(lambda s: any(True for _ in s.waiting_questions()))
    asked = next(state.waiting_questions()).asked
    await workshop.journal.append(workshop.run, [QuestionAnswered(id=asked.id, answer="me")])
    assert await asyncio.wait_for(driving, 3) is RunStatus.DONE


async def test_an_allowed_call_that_would_now_do_something_else_is_asked_again(
    workshop: Workshop,
) -> None:
    await workshop.accept()
    (workshop.folder / "one").write_text("")
    link = workshop.folder / "a"
    link.symlink_to("one")
    await workshop.drive(SAVE)
    first = await held(workshop)
    await workshop.journal.append(workshop.run, [ApprovalDecided(id=first, decision="allow")])
    link.unlink()
    link.symlink_to("elsewhere")
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.WAITING
    assert workshop.world.done == []
    again = next((await workshop.state()).waiting_approvals()).requested.id
    assert again != first
    await workshop.journal.append(workshop.run, [ApprovalDecided(id=again, decision="allow")])
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert workshop.world.done == ["a=one"]


async def test_a_rule_that_denies_since_holds_for_an_allowed_call(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive(SAVE)
    decided = ApprovalDecided(id=await held(workshop), decision="allow")
    await workshop.journal.append(workshop.run, [decided])
    workshop.rules.append(Rule(tool="save", decision=Decision.DENY))
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.FAILED
    assert workshop.world.done == []


async def test_this_run_reaches_no_folder_below(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(
        workshop.drive('a = save("d/a", "1")\nsave("d/.git/b", "2", after=[a])\n', stays=True)
    )
    decided = ApprovalDecided(id=await held(workshop), decision="allow", scope="run")
    await workshop.journal.append(workshop.run, [decided])
    state = await workshop.until(
        lambda s: ("a", ()) in s.calls and s.calls["a", ()].status is CallStatus.DONE
    )
    driving.cancel()
    assert state.calls["save", ()].status is CallStatus.HELD
    assert workshop.world.done == ["d/a=1"]


async def test_the_run_is_done_without_one_denied_element(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'w = split("x y")\n[save(one.text, "v") for one in w.parts]\n'
    driving = asyncio.create_task(workshop.drive(plan, stays=True))
    state = await workshop.until(lambda s: len(s.approvals) == 2)
    first, second = state.approvals
    await workshop.journal.append(
        workshop.run,
        [
            ApprovalDecided(id=first, decision="allow"),
            ApprovalDecided(id=second, decision="deny", reason="no"),
        ],
    )
    assert await asyncio.wait_for(driving, 3) is RunStatus.DONE
    assert len(workshop.world.done) == 1
    left_out = state.approvals[second].requested.args["path"]
    assert standing(await workshop.state()) == f"done, without 1 call you denied: save {left_out}"


TWO = 'save("a", "1")\nsave("b", "2")\n'


async def test_yes_answers_what_was_held_before(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive(TWO) is RunStatus.WAITING
    assert (await workshop.state()).open_offer() is not None
    await workshop.resume()
    assert await workshop.drive(TWO, answers="yes") is RunStatus.DONE
    assert sorted(workshop.world.done) == ["a=1", "b=2"]
    assert (await workshop.state()).accepted == 1


async def test_no_denies_what_was_held_but_not_what_the_person_allowed(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive(TWO) is RunStatus.WAITING
    held = next((await workshop.state()).waiting_approvals()).requested
    allowed = ApprovalDecided(id=held.id, decision="allow")
    await workshop.journal.append(workshop.run, [allowed])
    await workshop.resume()
    assert await workshop.drive(TWO, answers="no") is RunStatus.DONE
    assert workshop.world.done == [f"{held.args['path']}={held.args['content']}"]


async def test_lifting_a_label_answers_what_was_held_for_it(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'got = fetch("x")\nsave(got.text, "1")\n'
    assert await workshop.drive(plan, answers="yes") is RunStatus.WAITING
    await workshop.resume()
    assert await workshop.drive(plan, answers="yes", lifted=["untrusted"]) is RunStatus.DONE
    assert workshop.world.done == ["x=1"]


async def test_what_a_rule_allows_waits_for_the_sheet_rather_than_fail(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive(TWO) is RunStatus.WAITING
    workshop.rules.append(Rule(tool="save", args={"path": "*a"}, decision=Decision.ALLOW))
    await workshop.resume()
    assert await workshop.drive(TWO, lifted=["untrusted"]) is RunStatus.WAITING
    state = await workshop.state()
    assert workshop.world.done == []
    offer = state.open_offer()
    assert offer is not None
    accepted = PlanAccepted(revision=1, by="person", id=offer.offered.id)
    rest = [one.requested.id for one in state.waiting_approvals()]
    decided = [ApprovalDecided(id=one, decision="allow") for one in rest]
    await workshop.journal.append(workshop.run, [accepted, *decided])
    await workshop.resume()
    assert await workshop.drive(TWO) is RunStatus.DONE
    assert sorted(workshop.world.done) == ["a=1", "b=2"]


async def test_a_permission_that_covers_all_that_is_held_lets_the_run_go_on(
    workshop: Workshop,
) -> None:
    await workshop.accept()
    assert await workshop.drive(TWO) is RunStatus.WAITING
    bound = Rule(tool="save", decision=Decision.ALLOW, run=workshop.run, most=2)
    signed = PlanAccepted(revision=1, by="person", bounds=[bound.dump()])
    await workshop.journal.append(workshop.run, [signed])
    await workshop.resume()
    assert await workshop.drive(TWO) is RunStatus.DONE
    assert sorted(workshop.world.done) == ["a=1", "b=2"]


async def test_of_two_cards_for_one_target_each_is_decided_by_itself(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'w = split("x y")\n[save("a", one.text) for one in w.parts]\n'
    driving = asyncio.create_task(workshop.drive(plan, stays=True))
    state = await workshop.until(lambda s: len(s.approvals) == 2)
    denied, allowed = state.approvals
    await workshop.journal.append(
        workshop.run,
        [
            ApprovalDecided(id=denied, decision="deny"),
            ApprovalDecided(id=allowed, decision="allow"),
        ],
    )
    assert await asyncio.wait_for(driving, 3) is RunStatus.DONE
    assert workshop.world.done == [f"a={state.approvals[allowed].requested.args['content']}"]
