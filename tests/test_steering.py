"""A person changes a run in its midst: through a whole Butler, by a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from model_server import Answer, ModelServer

from butler_tui.butler import Again, Butler, GoalRequest, open_butler
from butler_tui.core.calls import CallStatus
from butler_tui.core.ending import in_short, standing
from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.plan_history import plan_history
from butler_tui.core.report import report_of
from butler_tui.core.report_markdown import as_markdown
from butler_tui.core.run import RunState, RunStatus
from butler_tui.settings import Places, Settings

PLAN = 'note = read_file("a.md")\nwrite_file("b.md", note.text)\nanswer("written")\n'


@pytest.fixture
async def butler(tmp_path: Path, model_server: ModelServer) -> AsyncIterator[Butler]:
    (tmp_path / "a.md").write_text("hello")
    model = {"name": "openai/scripted", "api_base": model_server.url}
    settings = Settings.model_validate(
        {"model": model, "folders": {"allowed": [str(tmp_path)]}, "limits": {"revisions": 1}}
    )
    async with open_butler(settings, Places.below(tmp_path / "home")) as opened:
        yield opened


async def held(butler: Butler, folder: Path, plan: str = PLAN) -> str:
    """A run that waits for its first approval."""
    run = await butler.accept(GoalRequest("g", folder, plan=plan))
    assert await butler.drive(run) is RunStatus.WAITING
    return run


async def until(butler: Butler, run: str, status: RunStatus) -> RunState:
    """Wait for the journal to say so."""
    async with aclosing(butler.follow(run)) as following:
        async for _ in following:
            if (state := await butler.state(run)).status is status:
                return state
    raise AssertionError


async def test_an_edited_plan_keeps_what_is_done(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    text = await butler.steering.plan_text(run)
    assert text == PLAN
    await butler.steering.edit(run, text.replace('write_file("b.md", note.text)\n', ""))
    await butler.resume(run)
    assert await butler.drive(run) is RunStatus.DONE
    state = await butler.state(run)
    assert (state.revision, state.revisions[-1].by) == (2, "person")
    assert not (tmp_path / "b.md").exists()
    assert state.calls["note", ()].attempt == 1
    assert not await butler.waiting()


async def test_an_edit_that_does_not_fit_changes_nothing(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    assert "no tool" in (await butler.steering.check(run, "fly()\n"))[0]
    with pytest.raises(PlanError):
        await butler.steering.edit(run, "fly()\n")
    assert (await butler.state(run)).revision == 1


async def test_an_instruction_is_planned_by_the_model(
    butler: Butler, tmp_path: Path, model_server: ModelServer
) -> None:
    run = await held(butler, tmp_path)
    model_server.add(Answer('answer("told, not written")\n'))
    await butler.steering.instruct(run, "write nothing, just tell me")
    await butler.resume(run)
    assert await butler.drive(run) is RunStatus.DONE
    state = await butler.state(run)
    assert state.answer == "told, not written"
    assert plan_history(state)[1] == "you said: write nothing, just tell me"
    [hit, *_] = await butler.search("nothing just")
    assert (hit.run, hit.kind) == (run, "instruction")
    prompt = str(model_server.requests[0].messages)
    assert "<instruction>" in prompt
    assert "write nothing, just tell me" in prompt
    assert 'note = read_file(path="a.md")' in prompt or 'read_file("a.md")' in prompt
    assert "hello" not in prompt
    assert not (tmp_path / "b.md").exists()


async def test_a_failure_is_planned_around_by_the_model(
    butler: Butler, tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(Answer('other = read_file("a.md")\nanswer(other.text)\n'))
    plan = 'gone = read_file("gone.md")\nanswer(gone.text)\n'
    run = await butler.accept(GoalRequest("g", tmp_path, plan=plan))
    assert await butler.drive(run) is RunStatus.DONE
    state = await butler.state(run)
    assert state.answer == "hello"
    assert "failed: not_found" in str(model_server.requests[0].messages)
    assert plan_history(state) == (
        "revision 1 by you",
        "revision 2 by the planner, because gone failed",
    )
    shown = as_markdown(report_of(state))
    assert "- revision 2 by the planner, because gone failed" in shown


async def test_what_the_answer_broke_off_after_counts(
    butler: Butler, tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.add(
        Answer(chunks=['note = read_file("a.md")\n', "answer(no"], fault="end", after=2),
        Answer("answer(note.text)\n"),
    )
    run = await butler.accept(GoalRequest("what does it say?", tmp_path))
    assert await butler.drive(run) is RunStatus.DONE
    state = await butler.state(run)
    assert state.answer == "hello"
    assert list(state.statements) == ["note", "answer"]
    assert "Your answer broke off" in str(model_server.requests[1].messages)


async def test_a_run_pauses_and_goes_on(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    await butler.steering.pause(run)
    await butler.resume(run)
    driving = asyncio.create_task(butler.drive(run, stays=True, answers="yes"))
    await butler.steering.pause(run)
    await until(butler, run, RunStatus.PAUSED)
    await butler.steering.unpause(run)
    assert await driving is RunStatus.DONE


async def test_steps_are_skipped_and_retried(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    await butler.steering.skip(run, "write_file")
    assert not await butler.waiting()
    await butler.resume(run)
    assert await butler.drive(run) is RunStatus.DONE
    assert (await butler.state(run)).calls["write_file", ()].status is CallStatus.SKIPPED
    with pytest.raises(UsageError, match="is done"):
        await butler.steering.skip(run, "answer")


async def test_a_step_that_was_skipped_is_taken_in_again(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    await butler.steering.skip(run, "write_file")
    await butler.steering.retry(run, "write_file")
    await butler.resume(run)
    assert await butler.drive(run) is RunStatus.WAITING
    (waits,) = await butler.waiting()
    assert [one.requested.id for one in (await butler.state(run)).waiting_approvals()] == [waits.id]
    await butler.deciding.allow(waits.id)
    await butler.resume(run)
    assert await butler.drive(run) is RunStatus.DONE
    assert (tmp_path / "b.md").read_text() == "hello"


async def test_a_failed_run_goes_on_with_a_step_tried_again(
    tmp_path: Path,
) -> None:
    settings = Settings.model_validate({"folders": {"allowed": [str(tmp_path)]}})
    async with open_butler(settings, Places.below(tmp_path / "home")) as butler:
        plan = 'late = read_file("late.md")\nanswer(late.text)\n'
        run = await butler.accept(GoalRequest("g", tmp_path, plan=plan))
        assert await butler.drive(run) is RunStatus.FAILED
        (tmp_path / "late.md").write_text("here")
        await butler.steering.retry(run, "late")
        assert await butler.drive(run) is RunStatus.DONE
        assert (await butler.state(run)).answer == "here"


async def test_a_run_has_another_title(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    await butler.steering.rename(run, "  the  letter ")
    assert (await butler.state(run)).name == "the letter"
    assert [one.title for one in await butler.runs()] == ["the letter"]


async def test_a_name_that_a_revision_gave_anew_is_found(
    butler: Butler, tmp_path: Path, model_server: ModelServer
) -> None:
    plan = 'page = read_file("{}")\nsaved = write_file("b.md", page.text)\nanswer(page.text)\n'
    model_server.add(Answer(plan.format("a.md")))
    run = await butler.accept(GoalRequest("g", tmp_path, plan=plan.format("gone.md")))
    assert await butler.drive(run, answers="yes") is RunStatus.DONE
    assert list((await butler.state(run)).statements) == ["page_2", "saved_2", "answer_2"]

    async def again(how: Again) -> str:
        made = await butler.forking.again(run, how)
        assert await butler.drive(made, answers="yes") is RunStatus.DONE
        return (await butler.state(made)).answer

    (tmp_path / "a.md").write_text("two")
    assert await again(Again("page")) == "two"
    assert await again(Again(pinned={"page": "three"})) == "three"
    (tmp_path / "b.md").write_text("hello")
    undone = await butler.undoing.start(run, "saved")
    assert await butler.drive(undone, answers="yes") is RunStatus.DONE
    assert not (tmp_path / "b.md").exists()
    with pytest.raises(UsageError, match="no step fly"):
        await butler.forking.again(run, Again("fly"))


async def test_what_the_person_skipped_is_named_at_the_end(butler: Butler, tmp_path: Path) -> None:
    run = await held(butler, tmp_path)
    await butler.steering.skip(run, "write_file")
    await butler.resume(run)
    assert await butler.drive(run) is RunStatus.DONE
    state = await butler.state(run)
    assert standing(state) == "done, without 1 call you skipped: write_file b.md"
    assert in_short(state) == "done, 1 left out"
    assert run in await butler.history.runs.not_whole([run])
