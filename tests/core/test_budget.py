"""Budgets and estimates as such: what is used, reserved and left, and what a plan may cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core import events as ev
from butler_tui.core.budget import Account, Amount, Budget, Limits
from butler_tui.core.driven import beats_of, seconds_driven
from butler_tui.core.estimating import Estimate, Known, estimate
from butler_tui.core.events import Recorded
from butler_tui.core.plan import Plan
from butler_tui.core.plan_text import read_statement

BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def at(second: float, event: ev.Event, seq: int = 1) -> Recorded:
    return Recorded(run="r", seq=seq, at=BEGAN + timedelta(seconds=second), event=event)


def test_a_budget_is_near_at_four_fifths_and_gone_at_its_limit() -> None:
    near, gone = Budget("model_calls", 40, 32), Budget("model_calls", 40, 40)
    assert near.near and not near.gone and not Budget("model_calls", 40, 31).near
    assert gone.gone and gone.left == 0 and not gone.takes(1)
    assert Budget("tokens", 0, 10**9).takes(10**9)
    assert near.standing() == "32 of 40 model calls"


@given(
    amounts=st.lists(st.integers(1, 400), max_size=30),
    really=st.lists(st.integers(0, 400), min_size=30, max_size=30),
    limit=st.integers(1, 2_000),
)
def test_what_is_used_and_reserved_never_goes_over_what_was_estimated(
    amounts: list[int], really: list[int], limit: int
) -> None:
    account, limits = Account(), Limits(tokens=limit)
    tickets: list[int] = []
    for tokens, real in zip(amounts, really, strict=False):
        amount = Amount(1, tokens)
        full = [
            one
            for one in account.budgets(limits, None, Amount())
            if not one.takes(amount.of_kind(one.name))
        ]
        if full:
            assert account.spent.tokens + account.reserved.tokens + tokens > limit
            if tickets:
                account.settle(tickets.pop(), Amount(1, min(real, tokens)))
            continue
        tickets.append(account.reserve(amount))
        assert account.spent.tokens + account.reserved.tokens <= limit
    for ticket in tickets:
        account.settle(ticket, Amount())
    assert account.reserved == Amount()


def test_the_time_of_a_run_is_what_it_worked_not_what_it_waited() -> None:
    started = ev.StepStarted(step="a", tool="read_file", attempt=1, key="k", args={}, labels={})
    events = [
        at(0, ev.RunAccepted(goal="g")),
        at(5, ev.PlanProposed(revision=1)),  # 5 s of planning
        at(6, started),
        at(9, ev.StepFinished(step="a", output=1)),  # 3 s of work
        at(10, ev.RunWaiting()),
        at(1_000, ev.RunResumed()),
        at(1_001, started),
        at(5_000, ev.RunResumed()),  # its engine had died
        at(5_001, started),
        at(5_003, ev.StepFinished(step="a", output=1)),  # 2 s
    ]
    assert seconds_driven(beats_of(events)) == 10


def planned(*statements: str) -> Plan:
    names = {
        "write_text": ["instructions", "inputs"],
        "read_page": ["url"],
        "web_search": ["query"],
        "answer": ["text"],
    }
    return Plan(
        tuple(
            read_statement(one, one.partition(" =")[0], names)  # type: ignore[arg-type]
            for one in statements
        )
    )


KNOWN = Known({"web_search": 2.0, "read_page": 3.0, "write_text": 10.0}, 1_000, 200)


@pytest.mark.parametrize(
    ("plan", "price", "said"),
    [
        (['a = web_search("x")', 'b = read_page("y")'], None, "no cost, about 3 s"),
        (['a = write_text("x")', 'b = write_text("y", [a.text])'], 0.01, "about 2 ct and 20 s"),
        (['a = write_text("x")', 'b = write_text("y")'], None, "cost unknown, about 10 s"),
        (['a = [write_text(i) for i in ["x", "y", "z"]]'], 0.02, "about 6 ct and 10 s"),
        (
            ['a = web_search("x")', "b = [read_page(h.url) for h in a.results]"],
            None,
            "no cost, at least 5 s",
        ),
        (['a = read_page("x") or web_search("y")'], None, "no cost, about 3 s"),
    ],
)
def test_a_plan_is_estimated_by_what_past_runs_tell(
    plan: list[str], price: float | None, said: str
) -> None:
    found = estimate(planned(*plan), KNOWN, price)
    assert found.describe() == said
    assert Estimate.load(found.dump()) == found


def test_what_no_past_run_tells_is_unknown() -> None:
    found = estimate(planned('a = web_search("x")', 'b = write_text("y")'), Known(), None)
    assert (found.cost, found.seconds) == (None, None)
    assert found.describe() == "cost unknown, time unknown (web_search, write_text never ran)"
