"""Nothing that changes, sends or executes begins without an allow of exactly that call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workshop import Workshop, World, now

from butler_tui.core import events as ev
from butler_tui.core.acceptance import may_begin
from butler_tui.core.calls import CallStatus
from butler_tui.core.events import ApprovalDecided, Event, Recorded
from butler_tui.core.labels import NO_LABEL, Labelled
from butler_tui.core.plan import Call
from butler_tui.core.policy import Asked
from butler_tui.core.ready import ReadyCall
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunStatus, fold
from butler_tui.core.tool import Effect
from butler_tui.history import open_history
from butler_tui.settings import Places

# What the journal must say, by a look at its events alone.


def unallowed(journal: Sequence[Event]) -> list[ev.StepStarted]:
    """Starts of effects with no earlier allow of that place, tool and arguments."""
    requested: dict[str, ev.ApprovalRequested] = {}
    last: dict[tuple[str, tuple[int, ...]], str] = {}
    allowed: dict[str, dict[str, Any]] = {}
    wrong: list[ev.StepStarted] = []
    for event in journal:
        match event:
            case ev.ApprovalRequested():
                requested[event.id] = event
                last[event.step, event.item] = event.id
                allowed.pop(event.id, None)
            case ev.ApprovalDecided(decision="allow") if event.id in requested:
                args = event.args if event.args is not None else requested[event.id].args
                allowed.setdefault(event.id, args)
            case ev.StepStarted() if event.effect and event.effect.bounds_the_world:
                of = last.get((event.step, event.item), "")
                if allowed.get(of) != event.args or requested[of].tool != event.tool:
                    wrong.append(event)
            case _:
                pass
    return wrong


# Any journal at all.

STEPS = st.sampled_from(["a", "b"])
ITEMS = st.sampled_from([(), (0,), (1,)])
IDS = st.sampled_from(["p1", "p2", "p3"])
TOOLS = st.sampled_from(["save", "send"])
EFFECTS = st.sampled_from([Effect.CHANGE, Effect.SEND])
ARGS = st.sampled_from([{"path": "x"}, {"path": "y"}, {}])
BY = st.sampled_from(["person", "rule", "mode", "--yes", "policy", "bound", "sheet"])

EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        ev.ApprovalRequested, id=IDS, step=STEPS, item=ITEMS, tool=TOOLS, effect=EFFECTS, args=ARGS
    ),
    st.builds(
        ev.ApprovalDecided,
        id=IDS,
        decision=st.sampled_from(["allow", "deny"]),
        by=BY,
        args=st.none() | ARGS,
        scope=st.sampled_from(["once", "run", "always"]),
    ),
    st.builds(ev.PlanOffered, id=st.just("sheet"), revision=st.just(1), approvals=st.lists(IDS)),
    st.builds(
        ev.PlanAccepted, id=st.sampled_from(["", "sheet"]), revision=st.just(1), by=st.just("x")
    ),
    st.builds(ev.PlanProposed, revision=st.just(1)),
    st.builds(ev.StepFailed, step=STEPS, item=ITEMS, code=st.just("x"), error=st.just("x")),
    st.builds(ev.StepFinished, step=STEPS, item=ITEMS),
    st.builds(ev.StepSkipped, step=STEPS, item=ITEMS),
    st.builds(ev.SendHeld, step=STEPS, item=ITEMS, until=st.just(datetime(2026, 1, 1, tzinfo=UTC))),
    st.builds(ev.SendReleased, step=STEPS, item=ITEMS),
    st.builds(ev.SendTakenBack, step=STEPS, item=ITEMS),
    st.builds(ev.RunResumed),
    st.builds(ev.RunWaiting),
)


@settings(max_examples=400)
@given(st.lists(EVENTS, max_size=14), STEPS, ITEMS, TOOLS, EFFECTS, ARGS)
def test_whatever_the_journal_only_an_allow_of_that_call_lets_it_begin(
    events: list[Event],
    step: str,
    item: tuple[int, ...],
    tool: str,
    effect: Effect,
    args: dict[str, Any],
) -> None:
    begun = ev.StepStarted(step=step, item=item, tool=tool, effect=effect, args=args)
    for many in range(len(events) + 1):
        prefix = [ev.RunAccepted(goal="g"), *events[:many]]
        state = fold(
            Recorded(run="r", seq=number, at=now(), event=event)
            for number, event in enumerate(prefix, 1)
        )
        asked = Asked(tool, effect, False, {}, "r")
        if may_begin(state, (step, item), effect, args, asked) is None:
            assert unallowed([*prefix, begun]) == []


def allowed_call(**more: Any) -> list[Event]:
    requested = ev.ApprovalRequested(
        id="p", step="a", tool="save", effect=Effect.CHANGE, args={"path": "x"}
    )
    return [
        ev.RunAccepted(goal="g"),
        requested,
        ev.ApprovalDecided(id="p", decision="allow", **more),
    ]


def refusal(
    events: Sequence[Event], tool: str = "save", effect: Effect | None = Effect.CHANGE, **args: Any
) -> str | None:
    state = fold(
        Recorded(run="r", seq=number, at=now(), event=event)
        for number, event in enumerate(events, 1)
    )
    return may_begin(state, ("a", ()), effect, args, Asked(tool, effect, False, {}, "r"))


def test_the_allowed_call_and_no_other_may_begin() -> None:
    events = allowed_call()
    assert refusal(events, path="x") is None
    assert "other arguments" in str(refusal(events, path="y"))
    assert "another call" in str(refusal(events, "send", path="x"))
    assert "another call" in str(refusal(events, effect=Effect.EXECUTE, path="x"))
    assert "not allowed" in str(refusal(events[:2], path="x"))
    assert refusal(events[:1], effect=Effect.FETCH, path="x") is None
    changed = allowed_call(args={"path": "z"})
    assert refusal(changed, path="z") is None
    assert "other arguments" in str(refusal(changed, path="x"))


def test_while_a_sheet_waits_only_the_person_s_own_allow_counts() -> None:
    other = ev.ApprovalRequested(id="q", step="b", tool="save", effect=Effect.CHANGE, args={})
    sheet = ev.PlanOffered(id="s", revision=1, approvals=["q"])
    assert "until the plan" in str(refusal([*allowed_call(by="rule"), other, sheet], path="x"))
    assert refusal([*allowed_call(by="person"), other, sheet], path="x") is None
    accepted = ev.PlanAccepted(id="s", revision=1, by="person")
    assert refusal([*allowed_call(by="rule"), other, sheet, accepted], path="x") is None


def test_a_rehearsal_begins_nothing() -> None:
    events = allowed_call()
    events[0] = ev.RunAccepted(goal="g", settings={"rehearse": True})
    assert "rehearsal" in str(refusal(events, path="x"))


# The engine, from any point of its own journals, and beside itself.


async def test_a_made_up_ready_call_is_held_and_not_carried_out(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive('save("a", "one")\n')
    calling = await workshop.calling()
    made_up = [
        ReadyCall(Call("save", "save", ()), (), args_of(path="b", content="x"), NO_LABEL, True),
        ReadyCall(Call("never", "save", ()), (), args_of(path="c", content="x"), NO_LABEL, True),
        ReadyCall(Call("save", "send", ()), (), args_of(to="eve", text="x"), NO_LABEL, True),
        ReadyCall(Call("save", "save", ()), (3,), args_of(path="a", content="one"), NO_LABEL, True),
    ]
    workshop.world.open.set()
    for ready in made_up:
        await calling.take(ready)
    assert workshop.world.done == []
    assert "step_started" not in await workshop.types()


async def test_an_allow_of_one_call_carries_no_other_at_its_place(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive('save("a", "one")\n')
    held = next((await workshop.state()).waiting_approvals()).requested
    await workshop.journal.append(workshop.run, [ApprovalDecided(id=held.id, decision="allow")])
    calling = await workshop.calling()
    workshop.world.open.set()
    swapped = ReadyCall(Call("save", "send", ()), (), args_of(to="eve", text="x"), NO_LABEL, True)
    await calling.take(swapped)
    other = ReadyCall(
        Call("save", "save", ()), (), args_of(path="a", content="two"), NO_LABEL, True
    )
    await calling.take(other)
    assert workshop.world.done == []
    assert unallowed(await workshop.events()) == []


def args_of(**values: Any) -> dict[str, Labelled]:
    return {name: Labelled(value) for name, value in values.items()}


PLAN = (
    'w = split("x y z")\n'
    's = save("a", "one")\n'
    "[save(one.text, s.path) for one in w.parts]\n"
    'p = fetch("web")\n'
    'save("b", p.text) or save("c", "d")\n'
    'm = send("anna", "hi", after=[s])\n'
    'answer("done", after=[m])\n'
)
DECISIONS = st.lists(
    st.sampled_from(["allow", "deny", "run", "edit", "yes", "resume", "rule"]), max_size=7
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(decisions=DECISIONS, cut=st.floats(0, 1))
def test_from_any_point_of_a_journal_the_engine_goes_on_within_what_was_allowed(
    tmp_path_factory: pytest.TempPathFactory,
    decisions: list[str],
    cut: float,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    asyncio.run(_drive_and_cut(folder, decisions, cut))


async def _drive_and_cut(folder: Any, decisions: list[str], cut: float) -> None:
    async with open_history(Places.below(folder / "home")) as history:
        first = Workshop(history.journal, folder, World())
        first.world.open.set()
        await first.accept()
        await _decide(first, decisions)
        whole = await first.events()
        assert unallowed(whole) == []
        again = Workshop(history.journal, folder, World(), run="cut", rules=first.rules)
        again.world.open.set()
        await history.journal.append("cut", whole[: 1 + int(cut * (len(whole) - 1))])
        if not (await again.state()).status.over:
            await again.drive(PLAN)
            await _decide(again, ["allow", "resume"])
        events = await again.events()
        assert unallowed(events) == []
        begun = [one for one in events if isinstance(one, ev.StepStarted)]
        places = [(one.step, one.item) for one in begun if one.tool in ("save", "send")]
        assert len(places) == len(set(places)), "nothing that bounds is begun twice"


async def _decide(workshop: Workshop, decisions: list[str]) -> None:
    for what in decisions:
        state = await workshop.state()
        if state.status.over:
            return
        held = next(state.waiting_approvals(), None)
        if what in ("yes", "resume") or held is None:
            await workshop.resume()
            await workshop.drive(PLAN, answers="yes" if what == "yes" else "person")
        elif what == "rule":
            workshop.rules.append(Rule(tool="save", decision=Decision.ALLOW))
        elif held.requested.id:
            await workshop.journal.append(workshop.run, [_decided(what, held.requested)])


def _decided(what: str, requested: ev.ApprovalRequested) -> ApprovalDecided:
    if what == "deny":
        return ApprovalDecided(id=requested.id, decision="deny")
    edited = {**requested.args, ("content" if requested.tool == "save" else "text"): "edited"}
    return ApprovalDecided(
        id=requested.id,
        decision="allow",
        scope="run" if what == "run" else "once",
        args=edited if what == "edit" else None,
    )


async def test_an_edited_call_is_recorded_as_it_ran(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive('save("a", "one")\n')
    held = next((await workshop.state()).waiting_approvals()).requested
    edited = {"path": "a", "content": "mine"}
    decided = ApprovalDecided(id=held.id, decision="allow", args=edited)
    await workshop.journal.append(workshop.run, [decided])
    await workshop.resume()
    assert await workshop.drive("") is RunStatus.DONE
    assert workshop.world.done == ["a=mine"]
    begun = [one for one in await workshop.events() if isinstance(one, ev.StepStarted)]
    assert [one.args for one in begun] == [edited]
    sources = json.dumps(begun[0].labels["content"])
    assert '"person"' in sources
    assert (await workshop.state()).calls["save", ()].status is CallStatus.DONE
