"""A plan carried out: order, parallelism, failures, retries, alternatives, ends."""

from __future__ import annotations

import asyncio
import time

import pytest
from workshop import Script, Workshop

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import PlanProposed, RunCancelled
from butler_tui.core.run import RunStatus


async def test_a_plan_of_observing_steps_needs_nobody(workshop: Workshop) -> None:
    await workshop.accept()
    plan = (
        'words = split("a b c")\n'
        "got = [fetch(w.text) for w in words.parts]\n"
        'answer(f"{[g.text for g in got]}")\n'
    )
    assert await workshop.drive(plan) is RunStatus.DONE
    state = await workshop.state()
    assert state.answer == '["a", "b", "c"]'
    assert state.accepted == 1
    assert (await workshop.types())[-1] == "run_finished"


async def test_independent_steps_run_side_by_side_within_the_limit(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.parallel = 4
    plan = 'w = split("a b c d e f g h i j")\n[fetch(x.text, seconds=0.01) for x in w.parts]\n'
    assert await workshop.drive(plan) is RunStatus.DONE
    assert workshop.world.most_at_once == 4


async def test_a_tools_own_limit_holds(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('w = split("a b c d e")\n[narrow(x.text) for x in w.parts]\n')
    assert workshop.world.most_at_once == 2


async def test_eight_steps_and_a_join_take_little_more_than_the_critical_path(
    workshop: Workshop,
) -> None:
    await workshop.accept()
    fan = "".join(f's{n} = fetch("{n}", seconds=0.5)\n' for n in range(8))
    plan = fan + f'answer("joined", after=[{", ".join(f"s{n}" for n in range(8))}])\n'
    begun = time.monotonic()
    assert await workshop.drive(plan) is RunStatus.DONE
    assert time.monotonic() - begun < 0.5 * 1.3


async def test_a_step_starts_while_the_plan_still_streams(workshop: Workshop) -> None:
    await workshop.accept()
    pause = asyncio.Event()
    script = Script('first = fetch("a")\nanswer(first.text)\n', pause)
    driving = asyncio.create_task(workshop.drive(script))
    state = await workshop.until(lambda s: ("first", ()) in s.calls and s.calls["first", ()].output)
    assert not state.planned
    pause.set()
    assert await driving is RunStatus.DONE


async def test_a_transient_fault_is_tried_again_and_told(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.world.faults["flaky"] = 2
    assert await workshop.drive('fetch("flaky")\n') is RunStatus.DONE
    state = await workshop.state()
    assert state.calls["fetch", ()].attempt == 3
    assert (await workshop.types()).count("step_failed") == 2


async def test_a_lasting_transient_fault_fails_after_three_tries(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.world.faults["flaky"] = 99
    assert await workshop.drive('fetch("flaky")\n') is RunStatus.FAILED
    state = await workshop.state()
    assert state.calls["fetch", ()].status is CallStatus.FAILED
    assert "took too long" in state.error


async def test_an_effect_is_never_tried_again_by_itself(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('save("a", "bad")\n', answers="yes") is RunStatus.FAILED
    assert (await workshop.types()).count("step_started") == 1


async def test_the_alternative_is_tried_when_the_first_fails(workshop: Workshop) -> None:
    await workshop.accept()
    assert (
        await workshop.drive('x = fetch("bad") or fetch("good")\nanswer(x.text)\n')
        is RunStatus.DONE
    )
    assert (await workshop.state()).answer == "good"


async def test_what_needs_a_failed_step_is_skipped_and_the_rest_goes_on(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'bad = fetch("bad")\nlost = fetch(bad.text)\ngood = fetch("good")\nanswer(good.text)\n'
    assert await workshop.drive(plan) is RunStatus.FAILED
    state = await workshop.state()
    assert state.calls["lost", ()].status is CallStatus.SKIPPED
    assert state.answer == "good"
    assert "bad failed" in state.error


async def test_a_failed_element_leaves_none_in_its_place(workshop: Workshop) -> None:
    await workshop.accept()
    plan = (
        'w = split("a bad c")\n'
        "got = [fetch(x.text) for x in w.parts]\n"
        'answer(f"{[g.text for g in got if g]}")\n'
    )
    assert await workshop.drive(plan) is RunStatus.DONE
    state = await workshop.state()
    assert state.answer == '["a", "c"]'


async def test_a_value_that_is_not_there_fails_the_step_that_wants_it(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('w = split("a")\nfetch(w.parts[3].text)\n') is RunStatus.FAILED
    state = await workshop.state()
    assert state.calls["fetch", ()].code == "no_such_part"


async def test_a_tool_that_takes_too_long_is_stopped(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive("stuck()\n") is RunStatus.FAILED
    assert (await workshop.state()).calls["stuck", ()].code == "timeout"


async def test_a_strangers_exception_is_named_without_its_text(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive("buggy()\n") is RunStatus.FAILED
    state = await workshop.state()
    assert state.calls["buggy", ()].code == "broken_tool"
    assert "secret detail" not in state.error


async def test_too_many_elements_are_refused_before_any_starts(workshop: Workshop) -> None:
    await workshop.accept()
    words = " ".join("x" for _ in range(201))
    plan = f'w = split("{words}")\n[fetch(x.text) for x in w.parts]\n'
    assert await workshop.drive(plan) is RunStatus.FAILED
    assert (await workshop.state()).calls["fetch", ()].code == "too_many"


async def test_cancelling_from_another_process_stops_what_is_under_way(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(workshop.drive("gate()\n"))
    await workshop.world.begun.wait()
    await workshop.journal.append(workshop.run, [RunCancelled(in_flight=["gate"])])
    assert await asyncio.wait_for(driving, 2) is RunStatus.CANCELLED


async def test_an_interrupted_run_goes_on_without_doing_anything_twice(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 'a = fetch("a")\ng = gate(after=[a])\nanswer(f"{a.text} {g.text}")\n'
    driving = asyncio.create_task(workshop.drive(plan))
    await workshop.world.begun.wait()
    await workshop.until_events(PlanProposed, 1)
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    await workshop.resume()
    workshop.world.open.set()
    assert await workshop.drive("never read") is RunStatus.DONE
    state = await workshop.state()
    assert state.calls["a", ()].attempt == 1
    assert state.calls["g", ()].attempt == 2
    assert state.answer == "a open"


async def test_a_send_without_an_answer_is_unknown_and_not_repeated(workshop: Workshop) -> None:
    await workshop.accept()
    assert await workshop.drive('send("anna", "hi")\n', answers="yes") is RunStatus.WAITING
    state = await workshop.state()
    assert state.calls["send", ()].status is CallStatus.UNKNOWN
    asked = next(state.waiting_questions()).asked
    assert (asked.about, asked.choices) == ("unknown", ["retry", "mark as done", "skip", "stop"])
    assert (await workshop.types()).count("step_started") == 1


async def test_a_send_that_was_interrupted_is_unknown_and_not_repeated(workshop: Workshop) -> None:
    await workshop.accept()
    driving = asyncio.create_task(workshop.drive('send("anna", "hi")\n', answers="yes"))
    await workshop.world.begun.wait()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    await workshop.resume()
    workshop.world.open.set()
    assert await workshop.drive("", answers="yes") is RunStatus.WAITING
    state = await workshop.state()
    assert state.calls["send", ()].status is CallStatus.UNKNOWN
    assert workshop.world.done == []


async def test_whoever_could_bring_a_failure_about_is_behind_the_alternative(
    workshop: Workshop,
) -> None:
    await workshop.accept()
    plan = 'p = fetch("abc")\nw = save("a", p.text[9]) or save("b", "planned")\n'
    assert await workshop.drive(plan) is RunStatus.WAITING
    state = await workshop.state()
    assert state.calls["w", ()].failure.untrusted
