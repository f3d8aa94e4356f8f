"""What waits for a person is listed over all runs, and decided once, whoever is first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from butler_tui.core import events as ev
from butler_tui.core.errors import UsageError
from butler_tui.core.tool import Effect
from butler_tui.history import History


def asks(identity: str, step: str = "save") -> ev.ApprovalRequested:
    return ev.ApprovalRequested(
        id=identity, step=step, tool="write_file", effect=Effect.CHANGE, args={"path": "/x"}
    )


QUESTION = ev.QuestionAsked(id="q1", step="ask", question="Which one?", choices=["a", "b"])


async def decisions(history: History, run: str) -> list[ev.ApprovalDecided]:
    recorded = await history.journal.read(run)
    return [one.event for one in recorded if isinstance(one.event, ev.ApprovalDecided)]


async def test_what_waits_is_listed_oldest_first(history: History, run: str) -> None:
    (first, second) = await history.journal.append(run, [asks("a1"), QUESTION])
    await history.journal.append("r2", [ev.RunAccepted(goal="Another"), asks("b1")])
    waiting = await history.waiting.all()
    assert [(one.id, one.run, one.title, one.kind) for one in waiting] == [
        ("a1", run, "Find dinner", "approval"),
        ("q1", run, "Find dinner", "question"),
        ("b1", "r2", "Another", "approval"),
    ]
    assert (waiting[0].requested, waiting[0].since) == (first.event, first.at)
    assert waiting[1].requested == second.event


async def test_what_is_decided_or_over_waits_no_more(history: History, run: str) -> None:
    await history.journal.append(run, [asks("a1"), asks("a2"), QUESTION])
    await history.waiting.decide("a1", "allow")
    await history.waiting.answer("q1", "a")
    assert [one.id for one in await history.waiting.all()] == ["a2"]
    await history.journal.append(run, [ev.RunFailed(error="x")])
    assert await history.waiting.all() == []
    with pytest.raises(UsageError, match=f"a2 waits no more: run {run} is failed"):
        await history.waiting.decide("a2", "allow")


async def test_a_decision_is_an_event_with_all_that_was_said(history: History, run: str) -> None:
    await history.journal.append(run, [asks("a1"), QUESTION])
    changed = ev.ApprovalDecided(id="", decision="allow", args={"path": "/y"}, seen={"path": "/z"})
    await history.waiting.decide("a", "deny", scope="run", changed=changed, reason="no")
    assert await decisions(history, run) == [
        ev.ApprovalDecided(
            id="a1",
            decision="deny",
            scope="run",
            args={"path": "/y"},
            reason="no",
            by="person",
            seen={"path": "/z"},
        )
    ]
    await history.waiting.answer("q1", {"name": "x"}, by="a schedule")
    answered = (await history.journal.read(run))[-1].event
    assert answered == ev.QuestionAnswered(id="q1", answer={"name": "x"}, by="a schedule")


async def test_the_second_decision_is_refused_and_not_written(history: History, run: str) -> None:
    await history.journal.append(run, [asks("a1"), QUESTION])
    await history.waiting.decide("a1", "allow")
    with pytest.raises(
        UsageError, match=r"a1 was decided already: allowed by you at \d\d:\d\d:\d\d on "
    ):
        await history.waiting.decide("a1", "deny")
    await history.waiting.answer("q1", "a", by="Anna")
    with pytest.raises(UsageError, match="q1 was decided already: answered by Anna at"):
        await history.waiting.answer("q1", "b")
    assert [one.decision for one in await decisions(history, run)] == ["allow"]


async def test_a_call_asked_again_can_be_decided_again(history: History, run: str) -> None:
    await history.journal.append(run, [asks("a1")])
    await history.waiting.decide("a1", "allow")
    await history.journal.append(run, [asks("a1")])
    await history.waiting.decide("a1", "deny")
    assert [one.decision for one in await decisions(history, run)] == ["allow", "deny"]


async def test_an_id_may_be_short_and_must_be_clear(history: History, run: str) -> None:
    await history.journal.append(run, [asks("abc1"), asks("abc2"), asks("abc")])
    await history.journal.append("r2", [ev.RunAccepted(goal="x"), asks("abc1")])
    assert (await history.waiting.find("ABC2")).id == "abc2"
    assert (await history.waiting.find("abc")).id == "abc"
    with pytest.raises(UsageError, match=f"Several wait under 'abc1': .*run {run}"):
        await history.waiting.find("abc1")
    assert (await history.waiting.find("abc1", run="r2")).run == "r2"
    await history.waiting.decide("abc1", "allow", run="r2")
    assert (await history.waiting.find("abc1")).run == run
    for nothing in ("", "%", "zzz"):
        with pytest.raises(UsageError, match="butler approvals` lists what"):
            await history.waiting.find(nothing)


async def test_a_question_is_not_allowed_nor_an_approval_answered(
    history: History, run: str
) -> None:
    await history.journal.append(run, [asks("a1"), QUESTION])
    with pytest.raises(UsageError, match="q1 is a question; use `butler answer q1"):
        await history.waiting.decide("q1", "allow")
    with pytest.raises(UsageError, match="a1 is an approval; use `butler allow a1"):
        await history.waiting.answer("a1", "x")
    assert len(await history.waiting.all()) == 2


async def test_of_many_decisions_at_once_one_wins(history: History, run: str) -> None:
    await history.journal.append(run, [asks("a1")])
    outcomes = await asyncio.gather(
        *[history.waiting.decide("a1", "allow", by=f"p{n}") for n in range(20)],
        return_exceptions=True,
    )
    assert len([one for one in outcomes if one is None]) == 1
    assert all(one is None or isinstance(one, UsageError) for one in outcomes)
    assert len(await decisions(history, run)) == 1


async def test_of_two_processes_one_wins_every_time(
    history: History, run: str, another: Any
) -> None:
    others = [await another("decide", what) for what in ("allow", "deny")]
    for other in others:
        await other.expect("ready")
    for number in range(20):
        await history.journal.append(run, [asks(f"a{number}")])
        for other in others:
            other.tell(f"a{number}")
        said = [await other.line() for other in others]
        assert sorted(line == "decided" for line in said) == [False, True]
        loser = next(line for line in said if line != "decided")
        winner = (await decisions(history, run))[-1].decision
        done = {"allow": "allowed", "deny": "denied"}[winner]
        assert loser.startswith(f"a{number} was decided already: {done} by you at")
        assert len(await decisions(history, run)) == number + 1
