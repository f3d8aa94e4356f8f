"""The list of runs says what their events say, and a run is found by what a person types."""

from __future__ import annotations

import sqlite3
import time

import pytest
import time_machine

from butler_tui.core import events as ev
from butler_tui.core.errors import UsageError
from butler_tui.core.run import RunStatus, fold
from butler_tui.core.tool import Effect
from butler_tui.history import History, RunRow, new_run_id
from butler_tui.settings import Places


async def only(history: History) -> RunRow:
    (row,) = await history.runs.newest()
    return row


async def test_a_run_is_listed_as_it_was_accepted(history: History) -> None:
    accepted = ev.RunAccepted(goal="g", mode="careful", folder="/f", model="x/y", recipe="r")
    (recorded,) = await history.journal.append("r1", [accepted])
    row = await only(history)
    assert (row.id, row.goal, row.title, row.status) == ("r1", "g", "g", "running")
    assert (row.folder, row.model, row.recipe, row.waiting) == ("/f", "x/y", "r", 0)
    assert row.created == row.updated == recorded.at


async def test_a_run_is_known_by_what_the_person_typed(history: History, run: str) -> None:
    await history.journal.append(run, [ev.PlanProposed(revision=1, title="Dinner for two")])
    assert (await only(history)).title == "Find dinner"


async def test_a_run_without_a_goal_is_known_by_its_plan(history: History) -> None:
    await history.journal.append("r2", [ev.RunAccepted(goal="")])
    await history.journal.append("r2", [ev.PlanProposed(revision=1, title="Dinner for two")])
    assert (await only(history)).title == "Dinner for two"


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (ev.RunWaiting(), RunStatus.WAITING),
        (ev.RunFinished(), RunStatus.DONE),
        (ev.RunFailed(error="x"), RunStatus.FAILED),
        (ev.RunCancelled(), RunStatus.CANCELLED),
    ],
)
async def test_the_status_is_the_one_of_the_state(
    history: History, run: str, event: ev.Event, status: RunStatus
) -> None:
    await history.journal.append(run, [event])
    row = await only(history)
    assert row.status == status == fold(await history.journal.read(run)).status
    await history.journal.append(run, [ev.RunResumed(model="other/model")])
    row = await only(history)
    assert (row.status, row.model) == ("running", "other/model")


async def test_a_run_ends_once_in_the_way_that_came_first(history: History, run: str) -> None:
    ends = [ev.RunCancelled(), ev.RunFinished(answer="x"), ev.RunWaiting(), ev.RunFailed(error="x")]
    await history.journal.append(run, ends)
    row, state = await only(history), fold(await history.journal.read(run))
    assert row.status == state.status == RunStatus.CANCELLED
    assert (state.answer, state.error) == ("", "")


def asks(identity: str) -> ev.ApprovalRequested:
    return ev.ApprovalRequested(id=identity, step="s", tool="t", effect=Effect.SEND, args={})


async def test_what_waits_is_counted(history: History, run: str) -> None:
    async def waiting() -> int:
        return (await only(history)).waiting

    question = ev.QuestionAsked(id="q", step="s", question="?")
    await history.journal.append(run, [asks("a"), asks("b"), question])
    assert await waiting() == 3
    await history.journal.append(run, [ev.ApprovalDecided(id="a", decision="allow")])
    await history.journal.append(run, [ev.ApprovalDecided(id="a", decision="deny")])
    await history.journal.append(run, [ev.QuestionAnswered(id="q", answer=1)])
    assert await waiting() == 1
    await history.journal.append(run, [asks("a")])
    assert await waiting() == 2
    await history.journal.append(run, [ev.RunCancelled()])
    assert await waiting() == 0


async def test_the_newest_come_first_in_pages(history: History) -> None:
    for name in "abcde":
        await history.journal.append(name, [ev.RunAccepted(goal=f"goal {name}")])
    await history.journal.append("b", [ev.RunFinished()])
    assert [row.id for row in await history.runs.newest()] == list("edcba")
    assert [row.id for row in await history.runs.newest(2, 1)] == list("dc")


async def test_goals_are_listed_once(history: History) -> None:
    for number, goal in enumerate(["one", "two", "one", ""]):
        with time_machine.travel(1_800_000_000 + number, tick=False):
            await history.journal.append(f"r{number}", [ev.RunAccepted(goal=goal)])
    assert await history.runs.goals() == ["one", "two"]
    assert await history.runs.goals(1) == ["one"]


async def test_a_run_is_found_by_the_beginning_of_its_id(history: History) -> None:
    for name in ("abc1", "abc2", "abd"):
        await history.journal.append(name, [ev.RunAccepted(goal=f"Goal {name}")])
    assert await history.runs.find("abd") == "abd"
    assert await history.runs.find(" ABD ") == "abd"
    assert await history.runs.find("abc1") == "abc1"
    assert await history.runs.find("last") == "abd"
    with pytest.raises(UsageError, match=r"Several runs begin with 'abc': .*abc2 \(Goal abc2\)"):
        await history.runs.find("abc")
    await history.journal.append("abc", [ev.RunAccepted(goal="exact")])
    assert await history.runs.find("abc") == "abc"


@pytest.mark.parametrize("text", ["x", "", "%", "_", "a*", "' OR 1"])
async def test_what_is_no_run_is_said(history: History, run: str, text: str) -> None:
    with pytest.raises(UsageError, match=r"There is no run .*; `butler runs` lists them"):
        await history.runs.find(text)


async def test_without_runs_there_is_no_last(history: History) -> None:
    with pytest.raises(UsageError, match="There are no runs yet"):
        await history.runs.find("last")


def test_ids_are_short_ordered_and_different() -> None:
    made = [new_run_id() for _ in range(1000)]
    assert len(set(made)) > 990  # by the second; a repeated one is refused when it is accepted
    assert all(len(one) == 10 and one == one.lower() and one.isalnum() for one in made)
    now = time.time()
    later = []
    for years in range(30):
        with time_machine.travel(now + years * 31_556_952):
            later.append(new_run_id())
    assert later == sorted(later)


async def test_the_tables_answer_the_documented_queries(
    history: History, places: Places, run: str
) -> None:
    """Every query in docs/history.md runs."""
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "history.md").read_text()
    queries = [part.split("```")[0] for part in text.split("```sql\n")[1:]]
    assert len(queries) >= 5
    await history.journal.append(
        run,
        [
            ev.StepStarted(step="s", tool="write_file", effect=Effect.CHANGE, args={"path": "/x"}),
            ev.StepFinished(step="s", output=1, receipt={"summary": "Wrote /x"}, seconds=2),
            ev.ModelCalled(role="planner", model="x/y", cost=0.1, tokens_in=1, tokens_out=2),
            asks("a"),
            ev.ApprovalDecided(id="a", decision="allow"),
            ev.RunFinished(answer="dinner"),
        ],
    )
    with sqlite3.connect(places.db) as db:
        for query in queries:
            assert db.execute(query).fetchall(), query
    db.close()
