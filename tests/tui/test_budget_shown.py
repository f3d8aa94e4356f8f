"""What a plan will cost stands on it before it is accepted; in the top line what is used up."""

from __future__ import annotations

from scripted_butler import held, proposed

from butler_tui.core import events as ev
from butler_tui.core.estimating import Estimate

COSTS = Estimate(writes=1, cost=0.004, seconds=12.0).dump()
NAMES = ["path", "content"]


async def planned(it) -> str:
    run = await it.start()
    it.butler.play(
        run,
        proposed("one", 'one = write_file("one.md", "1")', write_file=NAMES),
        proposed("two", 'two = write_file("two.md", "2")', write_file=NAMES),
        ev.PlanProposed(revision=1, title="Two notes", estimate=COSTS),
    )
    await it.listen()
    return run


async def test_the_estimate_stands_above_the_plan_until_it_is_accepted(table):
    async with table() as it:
        run = await planned(it)
        assert it.bench.plan.border_title == "plan · revision 1 · about 0.4 ct and 12 s"
        it.butler.play(run, ev.PlanAccepted(revision=1, by="person"))
        await it.listen()
        assert it.bench.plan.border_title == "plan · revision 1 · accepted"


async def test_the_estimate_stands_on_the_sheet(table):
    async with table() as it:
        run = await planned(it)
        calls = [
            held(f"id{step}", step=step, args={"path": f"{step}.md", "content": "x"})
            for step in ("one", "two")
        ]
        offer = ev.PlanOffered(
            id="sheet000", revision=1, approvals=["idone", "idtwo"], estimate=COSTS
        )
        it.butler.play(run, *calls, offer)
        await it.listen()
        assert "none has happened yet; estimate: about 0.4 ct and 12 s" in it.screen()


async def test_a_budget_that_is_nearly_used_up_stands_in_the_top_line(table):
    async with table() as it:
        run = await planned(it)
        it.butler.play(run, ev.BudgetNoted(budget="model_calls", used=32, limit=40))
        await it.listen()
        assert "32 of 40 model calls" in it.screen().splitlines()[0]
        it.butler.play(run, ev.BudgetNoted(budget="model_calls", used=40, limit=40, spent=True))
        await it.listen()
        assert "used up: 40 of 40 model calls" in it.screen().splitlines()[0]
