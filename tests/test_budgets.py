"""A run's budgets, by a whole Butler: real LiteLLM with its prices, a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from model_server import Answer, ModelServer

from butler_tui.butler import Butler, GoalRequest, open_butler
from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import UsageError
from butler_tui.core.events import BudgetNoted, Event, PlanProposed, QuestionAsked, Recorded
from butler_tui.core.run import RunStatus
from butler_tui.settings import Places, Settings

PRICED = "openai/gpt-4o"
"""LiteLLM knows its price: $2.5 a million tokens read, $10 a million written."""


@asynccontextmanager
async def a_butler(
    home: Path, server: ModelServer | None, model: str = "openai/scripted", **limits: float
) -> AsyncIterator[Butler]:
    named = {"name": model, "api_base": server.url} if server else {}
    settings = Settings.model_validate({"model": named, "limits": limits})
    async with open_butler(settings, Places.below(home)) as butler:
        yield butler


async def events_of(butler: Butler, run: str) -> list[Event]:
    return [one.event for one in await butler.history.journal.read(run)]


async def noted(butler: Butler, run: str) -> list[tuple[str, float, float, bool]]:
    return [
        (one.budget, one.used, one.limit, one.spent)
        for one in await events_of(butler, run)
        if isinstance(one, BudgetNoted)
    ]


def written(*words: str) -> str:
    """A plan that has each word written, one behind the other."""
    lines = [
        f'w{number} = write_text("{word}"' + (f", inputs=[w{number - 1}.text])" if number else ")")
        for number, word in enumerate(words)
    ]
    return "\n".join([*lines, f"answer(w{len(words) - 1}.text)"])


async def begun(butler: Butler, folder: Path, plan: str) -> str:
    return await butler.accept(GoalRequest("g", folder, plan=plan))


async def test_the_last_model_call_is_refused_and_the_run_goes_on_once_there_are_more(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add("a", "b", "c")
    plan = written("one", "two", "three")
    async with a_butler(tmp_path / "home", model_server, model_calls=2) as butler:
        run = await begun(butler, tmp_path, plan)
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
        assert "2 of 2 model calls" in state.error
        assert (
            f"model_calls under [limits] in config.toml; then: butler resume {run}" in state.error
        )
        assert state.calls["w1", ()].status is CallStatus.DONE
        assert state.calls["w2", ()].code == "over_budget"
        assert len(model_server.requests) == 2
        assert await noted(butler, run) == [("model_calls", 2, 2, True)]
        await butler.resume(run)
        assert await butler.drive(run) is RunStatus.FAILED
    async with a_butler(tmp_path / "home", model_server, model_calls=3) as butler:
        await butler.resume(run)
        assert await butler.drive(run) is RunStatus.DONE
        state = await butler.state(run)
    assert state.answer == "c"
    assert state.spent.calls == 3
    assert len(model_server.requests) == 3


async def test_parallel_steps_share_the_calls_and_what_was_paid_for_ends(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("said", repeat=True))
    plan = 'all = [write_text(word) for word in ["a", "b", "c", "d", "e"]]\nanswer(all[0].text)'
    async with a_butler(tmp_path / "home", model_server, model_calls=3) as butler:
        run = await begun(butler, tmp_path, plan)
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
    assert len(model_server.requests) == 3
    became = [call.status for call in state.calls.values()]
    assert became.count(CallStatus.DONE) == 3
    assert CallStatus.FAILED not in became


async def test_a_plan_that_costs_too_much_is_not_asked_for(
    tmp_path: Path, model_server: ModelServer
) -> None:
    async with a_butler(tmp_path / "home", model_server, PRICED, cost_usd=0.001) as butler:
        run = await butler.accept(GoalRequest("Say hello", tmp_path))
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
    assert not model_server.requests
    assert "$0 of $0.001 for its models, and the next call is estimated at $0.0" in state.error


async def test_what_models_cost_counts_until_none_is_left(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("a", usage=(100_000, 1_000)), Answer("b", usage=(1_000, 1_000)))
    plan = written("one", "two")
    async with a_butler(tmp_path / "home", model_server, PRICED, cost_usd=0.262) as butler:
        run = await begun(butler, tmp_path, plan)
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
        assert state.spent.cost == pytest.approx(0.26)
        assert "$0.26 of $0.262 for its models" in state.error
        assert [one[0] for one in await noted(butler, run)] == ["cost_usd", "cost_usd"]
    async with a_butler(tmp_path / "home", model_server, PRICED, cost_usd_per_day=0.1) as butler:
        other = await begun(butler, tmp_path, plan)
        assert await butler.drive(other) is RunStatus.FAILED
        state = await butler.state(other)
    assert "$0.26 of $0.1 that all runs' models may cost in a day" in state.error
    assert "or wait until tomorrow" in state.error


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"model_calls_per_day": 1}, "1 of 1 model calls that all runs may make in a day"),
        ({"tokens_per_day": 1_000}, "1,500 of 1,000 tokens that all runs' models may use in a day"),
    ],
)
async def test_calls_and_tokens_of_all_runs_count_for_the_day(
    tmp_path: Path, model_server: ModelServer, limit: dict[str, int], said: str
) -> None:
    model_server.add(Answer("a", usage=(1_000, 500)))
    async with a_butler(tmp_path / "home", model_server) as butler:
        run = await begun(butler, tmp_path, written("one"))
        assert await butler.drive(run) is RunStatus.DONE
    async with a_butler(tmp_path / "home", model_server, "openai/scripted", **limit) as butler:
        other = await begun(butler, tmp_path, written("two"))
        assert await butler.drive(other) is RunStatus.FAILED
        state = await butler.state(other)
    assert said in state.error
    assert "or wait until tomorrow" in state.error
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"steps_per_day": 3}, "3 of 3 steps that all runs may take in a day"),
        ({"minutes_per_day": 1e-5}, "1e-05 minutes that all runs may take in a day"),
    ],
)
async def test_steps_and_minutes_of_all_runs_count_for_the_day(
    tmp_path: Path, model_server: ModelServer, limit: dict[str, float], said: str
) -> None:
    plan = 'list_files(".")\nlist_files(".")\n'
    async with a_butler(tmp_path / "home", model_server) as butler:
        run = await begun(butler, tmp_path, plan)
        assert await butler.drive(run) is RunStatus.DONE
    async with a_butler(tmp_path / "home", model_server, "openai/scripted", **limit) as butler:
        other = await begun(butler, tmp_path, plan)
        assert await butler.drive(other) is RunStatus.FAILED
        state = await butler.state(other)
    assert said in state.error
    assert "or wait until tomorrow" in state.error
    async with a_butler(tmp_path / "home", model_server) as butler:
        await butler.resume(other)
        assert await butler.drive(other) is RunStatus.DONE


async def test_a_cost_that_was_signed_is_a_budget_too(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("a", usage=(100_000, 1_000)), Answer("b"))
    async with a_butler(tmp_path / "home", model_server, PRICED) as butler:
        run = await begun(butler, tmp_path, written("one", "two"))
        await butler.deciding.sign(run, (), 0.265)
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
        assert "$0.26 of $0.265 that you signed" in state.error
        assert f"butler resume {run} --bound cost=" in state.error
        await butler.resume(run)
        await butler.deciding.sign(run, (), 0.5)
        assert await butler.drive(run) is RunStatus.DONE


async def test_tokens_count_where_no_price_is_known(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("a", usage=(4_000, 500)), Answer("b"))
    async with a_butler(tmp_path / "home", model_server, tokens=5_000) as butler:
        run = await begun(butler, tmp_path, written("one", "two"))
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
    assert "4,500 of 5,000 tokens" in state.error
    assert state.spent.cost == 0


async def test_steps_are_counted_over_the_whole_run(tmp_path: Path) -> None:
    plan = 'all = [join_text([word]) for word in ["a", "b", "c", "d"]]\nanswer("x", after=[all])'
    async with a_butler(tmp_path / "home", None, steps=4) as butler:
        run = await begun(butler, tmp_path, plan)
        assert await butler.drive(run) is RunStatus.FAILED
        assert "4 of 4 steps" in (await butler.state(run)).error
    async with a_butler(tmp_path / "home", None, steps=5) as butler:
        await butler.resume(run)
        assert await butler.drive(run) is RunStatus.DONE


async def test_a_run_that_takes_too_long_is_stopped_in_the_midst_of_a_call(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("a", fault="hang", after=1), Answer("here"))
    async with a_butler(tmp_path / "home", model_server, minutes=0.02) as butler:
        run = await begun(butler, tmp_path, written("one"))
        async with asyncio.timeout(20):
            assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
        assert "0.02 of 0.02 minutes" in state.error
    async with a_butler(tmp_path / "home", model_server, minutes=10) as butler:
        await butler.resume(run)
        assert await butler.drive(run) is RunStatus.DONE


async def test_time_in_which_a_run_waits_for_the_person_is_not_its_own(tmp_path: Path) -> None:
    plan = 'said = ask_user("how long?")\nanswer(said.text)'
    async with a_butler(tmp_path / "home", None, minutes=0.01) as butler:
        run = await begun(butler, tmp_path, plan)
        driving = asyncio.create_task(butler.drive(run, stays=True))
        async with aclosing(butler.follow(run)) as following:
            async for one in following:
                if isinstance(one, Recorded) and isinstance(one.event, QuestionAsked):
                    break
        done, _ = await asyncio.wait([driving], timeout=0.9)  # longer than the run may take
        assert not done
        (asked,) = await butler.waiting()
        await butler.deciding.answer(asked.id, "a while")
        assert await driving is RunStatus.DONE


async def test_only_what_a_budget_stopped_can_be_resumed_after_its_end(tmp_path: Path) -> None:
    async with a_butler(tmp_path / "home", None) as butler:
        run = await begun(butler, tmp_path, 'x = read_file("none.md")\nanswer(x.text)')
        assert await butler.drive(run) is RunStatus.FAILED
        with pytest.raises(UsageError, match="is failed"):
            await butler.resume(run)


async def test_revisions_that_ran_out_can_be_raised(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(
        'x = read_file("one.md")\nanswer(x.text)',
        'x = read_file("two.md")\nanswer(x.text)',
        'answer("it is not there")',
    )
    async with a_butler(tmp_path / "home", model_server, revisions=1) as butler:
        run = await butler.accept(GoalRequest("read it", tmp_path))
        assert await butler.drive(run) is RunStatus.FAILED
        assert "1 of 1 revisions. Raise revisions" in (await butler.state(run)).error
    async with a_butler(tmp_path / "home", model_server, revisions=2) as butler:
        await butler.resume(run)
        assert await butler.drive(run) is RunStatus.DONE
        assert (await butler.state(run)).answer == "it is not there"


async def test_a_model_that_says_nothing_is_a_question_to_the_person(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer(" "), Answer("said"))
    async with a_butler(tmp_path / "home", model_server) as butler:
        run = await begun(butler, tmp_path, written("one"))
        assert await butler.drive(run) is RunStatus.WAITING
        state = await butler.state(run)
        assert state.calls["w0", ()].code == "empty_answer"
        (asked,) = state.waiting_questions()
        assert asked.asked.about == "stuck"
        await butler.deciding.answer(asked.asked.id, "retry")
        await butler.resume(run)
        assert await butler.drive(run) is RunStatus.DONE


async def test_a_model_that_repeats_itself_is_broken_off(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("I cannot say, but I can say that. " * 2_000))
    async with a_butler(tmp_path / "home", model_server) as butler:
        run = await begun(butler, tmp_path, written("one"))
        assert await butler.drive(run) is RunStatus.WAITING
        state = await butler.state(run)
    assert state.calls["w0", ()].code == "repeats_itself"
    assert "kept repeating itself" in state.calls["w0", ()].error
    assert 0 < state.spent.tokens_out < 2_000


@pytest.mark.parametrize("after", [0, 3])
async def test_calls_that_were_interrupted_count_so_that_resuming_makes_no_more_of_them(
    tmp_path: Path, model_server: ModelServer, after: int
) -> None:
    model_server.add(Answer("a b c d e f", fault="hang", after=after, repeat=True))
    async with a_butler(tmp_path / "home", model_server, PRICED, model_calls=2) as butler:
        run = await begun(butler, tmp_path, written("one"))
        for number in (1, 2):
            task = asyncio.create_task(butler.drive(run))
            await model_server.arrived(number)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await butler.resume(run)
        assert await butler.drive(run) is RunStatus.FAILED
        state = await butler.state(run)
        (row,) = await butler.history.usage.by("run", 1)
    assert "2 of 2 model calls" in state.error
    assert state.spent.cost > 0.01  # what they were estimated at
    assert row.calls == len(model_server.requests) == 2


async def test_a_plan_says_what_it_will_cost_and_take_as_far_as_that_is_known(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer("a", usage=(100_000, 1_000)))
    async with a_butler(tmp_path / "home", model_server, PRICED) as butler:
        request = GoalRequest("g", tmp_path, plan=written("one"))
        said = await butler.plan_only(request)
        assert said.endswith("# Estimate: cost unknown, time unknown (write_text never ran)\n")
        run = await butler.accept(request)
        assert await butler.drive(run) is RunStatus.DONE
        again = GoalRequest("g", tmp_path, plan=written("one", "two"))
        said = await butler.plan_only(again)
        assert "# Estimate: about 52 ct and " in said
        run = await butler.accept(again)
        model_server.add("a", "b")
        await butler.drive(run)
        (proposed,) = (one for one in await events_of(butler, run) if isinstance(one, PlanProposed))
        assert proposed.estimate["writes"] == 2
        assert proposed.estimate["cost"] == pytest.approx(0.52)


async def test_what_was_used_is_summed(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.add(Answer("a", usage=(100_000, 1_000)), Answer("b", usage=(10, 20)))
    async with a_butler(tmp_path / "home", model_server, PRICED) as butler:
        first = await begun(butler, tmp_path, written("one"))
        await butler.drive(first)
    async with a_butler(tmp_path / "home", model_server) as butler:
        second = await begun(butler, tmp_path, written("one"))
        await butler.drive(second)
        (day,) = await butler.history.usage.by("day", 1)
        assert (day.calls, day.tokens_in, day.tokens_out, day.unpriced) == (2, 100_010, 1_020, 1)
        models = await butler.history.usage.by("model", 7)
        assert [one.of for one in models] == [PRICED, "openai/scripted"]
        assert models[0].cost == pytest.approx(0.26)
        assert [one.of for one in await butler.history.usage.by("run", 7)] == [second, first]
