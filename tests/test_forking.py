"""New runs from earlier ones, through a whole Butler: again, from a step on, and further."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeGuard

import pytest
from model_server import Answer, ModelServer

from butler_tui.butler import Again, Butler, GoalRequest, open_butler
from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import UsageError
from butler_tui.core.events import Event, StepFinished, StepStarted
from butler_tui.core.report import report_of
from butler_tui.core.run import RunState, RunStatus, fold
from butler_tui.core.tool import Effect
from butler_tui.settings import Places, Settings


@pytest.fixture
async def butler(tmp_path: Path, model_server: ModelServer) -> AsyncIterator[Butler]:
    (tmp_path / "a.md").write_text("hello")
    model = {"name": "openai/scripted", "api_base": model_server.url}
    settings = Settings.model_validate(
        {"model": model, "folders": {"allowed": [str(tmp_path)]}, "limits": {"revisions": 0}}
    )
    async with open_butler(settings, Places.below(tmp_path / "home")) as opened:
        yield opened


async def ran(butler: Butler, folder: Path, plan: str, status: str = "done") -> str:
    """A run that was carried out by that plan."""
    run = await butler.accept(GoalRequest("g", folder, plan=plan))
    assert await butler.drive(run, answers="yes") == status
    return run


async def again(butler: Butler, run: str, how: Again, status: str = "done") -> RunState:
    made = await butler.forking.again(run, how)
    assert await butler.drive(made, answers="yes") == status
    return await butler.state(made)


async def begun(butler: Butler, run: str) -> set[str]:
    """The steps that the run itself began."""
    events = [one.event for one in await butler.history.journal.read(run)]
    return {one.step for one in events if isinstance(one, StepStarted)}


SIMPLE = """\
# Copy
page = read_file("a.md")
write_file("b.md", page.text)
answer(page.text)
"""


async def test_a_run_is_carried_out_again_by_its_plan(butler: Butler, tmp_path: Path) -> None:
    run = await ran(butler, tmp_path, SIMPLE)
    (tmp_path / "a.md").write_text("other")
    state = await again(butler, run, Again())
    assert (state.answer, state.goal, state.title) == ("other", "g", "Copy")
    assert state.earlier is not None
    assert (state.earlier.run, state.earlier.how) == (run, "again")
    assert await begun(butler, state.id) == {"page", "write_file", "answer"}
    assert (tmp_path / "b.md").read_text() == "other"


async def test_the_plan_is_the_one_accepted_last(butler: Butler, tmp_path: Path) -> None:
    run = await butler.accept(GoalRequest("g", tmp_path, plan=SIMPLE))
    assert await butler.drive(run) is RunStatus.WAITING
    text = await butler.steering.plan_text(run)
    await butler.steering.edit(run, text.replace('write_file("b.md", page.text)\n', ""))
    assert await butler.drive(run) is RunStatus.DONE
    state = await again(butler, run, Again())
    assert list(state.statements) == ["page", "answer"]
    assert not (tmp_path / "b.md").exists()


FROM = """\
page = read_file("a.md")
write_file("b.md", "fixed")
other = read_file("c.md")
write_file("d.md", f"{page.text} {other.text}")
answer(f"{page.text} {other.text}")
"""


async def test_from_a_step_on_only_what_depends_on_it_runs(butler: Butler, tmp_path: Path) -> None:
    (tmp_path / "c.md").write_text("one")
    run = await ran(butler, tmp_path, FROM)
    for name, text in (("a.md", "changed"), ("b.md", "mine"), ("c.md", "two")):
        (tmp_path / name).write_text(text)
    state = await again(butler, run, Again("other"))
    assert state.answer == "hello two"
    assert await begun(butler, state.id) == {"other", "write_file_2", "answer"}
    assert (tmp_path / "b.md").read_text() == "mine"
    page = state.calls["page", ()]
    assert (page.status, page.taken, page.effect, page.receipt) == (
        CallStatus.DONE,
        run,
        None,
        None,
    )
    assert [one.step for one in report_of(state).lines] == ["write_file_2"]
    first = fold(await butler.history.journal.read(run))
    second = fold(await butler.history.journal.read(state.id))
    assert second.calls["page", ()].output == first.calls["page", ()].output


async def test_the_undo_of_a_fork_leaves_alone_what_the_earlier_run_did(
    butler: Butler, tmp_path: Path
) -> None:
    (tmp_path / "c.md").write_text("one")
    run = await ran(butler, tmp_path, FROM)
    state = await again(butler, run, Again("other"))
    undone = await butler.undoing.start(state.id)
    assert await butler.drive(undone, answers="yes") is RunStatus.DONE
    assert (tmp_path / "b.md").read_text() == "fixed"
    assert (tmp_path / "d.md").read_text() == "hello one"
    with pytest.raises(UsageError, match="changed no file"):
        await butler.undoing.start(state.id, "write_file")


async def test_what_was_put_back_happens_again(butler: Butler, tmp_path: Path) -> None:
    (tmp_path / "c.md").write_text("one")
    run = await ran(butler, tmp_path, FROM)
    undone = await butler.undoing.start(run, "write_file")
    assert await butler.drive(undone, answers="yes") is RunStatus.DONE
    assert not (tmp_path / "b.md").exists()
    state = await again(butler, run, Again("answer"))
    assert await begun(butler, state.id) == {"write_file", "answer"}
    assert (tmp_path / "b.md").read_text() == "fixed"


async def test_a_pinned_output_is_the_persons_and_what_needs_it_runs(
    butler: Butler, tmp_path: Path
) -> None:
    (tmp_path / "c.md").write_text("one")
    run = await ran(butler, tmp_path, FROM)
    state = await again(butler, run, Again(pinned={"page": {"text": "mine"}}))
    assert state.answer == "mine one"
    assert await begun(butler, state.id) == {"write_file_2", "answer"}
    page = state.calls["page", ()]
    assert (page.by, page.output and page.output.labels.overall().private) == ("person", False)
    state = await again(butler, state.id, Again("answer"))
    assert state.answer == "mine one"
    assert await begun(butler, state.id) == {"answer"}


async def test_an_edited_output_keeps_the_labels_of_what_was_left(
    butler: Butler, tmp_path: Path
) -> None:
    (tmp_path / "c.md").write_text("one")
    run = await ran(butler, tmp_path, FROM)
    value = await butler.forking.output(run, "page")
    assert isinstance(value, dict)
    state = await again(butler, run, Again(edited={"page": {**value, "text": "mine"}}))
    assert state.answer == "mine one"
    output = state.calls["page", ()].output
    assert output is not None
    assert not output.labels.at("text").overall().private
    kept = next(key for key in value if key != "text")
    assert output.labels.at(kept).overall().private


EACH = """\
pages = [read_file(one) for one in ["1.txt", "2.txt", "3.txt"]]
write_file("b.md", f"{pages}")
answer("read")
"""


async def test_the_elements_of_a_comprehension_are_taken_over(
    butler: Butler, tmp_path: Path
) -> None:
    for name in ("1.txt", "2.txt"):
        (tmp_path / name).write_text(name)
    run = await ran(butler, tmp_path, EACH)
    state = await again(butler, run, Again("write_file"))
    assert await begun(butler, state.id) == {"write_file", "answer"}
    assert [one.item for one in state.items_of("pages")] == [(0,), (1,), (2,)]
    assert [one.mark for one in report_of(state).lines] == ["verified"]
    state = await again(butler, run, Again(pinned={"pages": ["mine"]}))
    assert await begun(butler, state.id) == {"write_file", "answer"}
    assert "mine" in (tmp_path / "b.md").read_text()


async def test_what_asks_for_the_day_is_taken_over_all_the_same(
    butler: Butler, tmp_path: Path
) -> None:
    plan = (
        "pages = [read_file(one) for one in ['a.md', 'c.md'] if one not in run.id]\n"
        "answer(pages[0].text)\n"
    )
    (tmp_path / "c.md").write_text("one")
    run = await ran(butler, tmp_path, plan)
    state = await again(butler, run, Again("answer"))
    assert await begun(butler, state.id) == {"answer"}
    assert state.answer == "hello"


async def test_a_large_output_is_referred_to(butler: Butler, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x" * 100_000)
    run = await ran(butler, tmp_path, SIMPLE)
    state = await again(butler, run, Again("answer"))
    assert state.answer == "x" * 100_000
    slim = await butler.history.journal.read(state.id, outputs=False)
    [taken] = [
        one.event
        for one in slim
        if isinstance(one.event, StepFinished) and one.event.step == "page"
    ]
    assert (taken.output, bool(taken.output_hash)) == (None, True)


def _is_output(event: Event, step: str) -> TypeGuard[StepFinished]:
    return isinstance(event, StepFinished) and event.step == step


async def test_what_may_have_happened_does_not_happen_again_unasked(
    butler: Butler, tmp_path: Path
) -> None:
    run = await butler.accept(GoalRequest("g", tmp_path, plan=SIMPLE))
    assert await butler.drive(run) is RunStatus.WAITING
    begun_then_lost = StepStarted(step="write_file", tool="write_file", effect=Effect.CHANGE)
    await butler.history.journal.append(run, [begun_then_lost])
    await butler.cancel(run)
    with pytest.raises(UsageError, match="may have happened"):
        await butler.forking.again(run, Again("answer"))
    state = await again(butler, run, Again(pinned={"write_file": None}))
    assert await begun(butler, state.id) == {"answer"}


async def test_a_failed_run_goes_on_in_a_new_one(butler: Butler, tmp_path: Path) -> None:
    run = await ran(butler, tmp_path, FROM, "failed")  # there is no c.md yet
    (tmp_path / "c.md").write_text("late")
    (tmp_path / "b.md").write_text("mine")
    state = await again(butler, run, Again("other"))
    assert state.answer == "hello late"
    assert (tmp_path / "b.md").read_text() == "mine"


async def test_only_a_run_with_a_plan_is_carried_out_again(
    butler: Butler, tmp_path: Path, model_server: ModelServer
) -> None:
    bare = await butler.accept(GoalRequest("g", tmp_path))
    with pytest.raises(UsageError, match="has no plan"):
        await butler.forking.again(bare, Again())
    run = await ran(butler, tmp_path, SIMPLE)
    with pytest.raises(UsageError, match="has no step nope; it has: page"):
        await butler.forking.again(run, Again("nope"))
    undone = await butler.undoing.start(run)
    assert await butler.drive(undone, answers="yes") is RunStatus.DONE
    with pytest.raises(UsageError, match="has put back"):
        await butler.forking.again(undone, Again())


async def test_a_follow_up_uses_what_is_there_and_sees_shapes_only(
    butler: Butler, tmp_path: Path, model_server: ModelServer
) -> None:
    run = await ran(butler, tmp_path, SIMPLE)
    (tmp_path / "a.md").write_text("changed")
    model_server.add(Answer('write_file("c.md", page.text)\nanswer("saved")\n'))
    made = await butler.accept(GoalRequest("save it as c.md too", tmp_path, follows=run))
    assert await butler.drive(made, answers="yes") is RunStatus.DONE
    assert (tmp_path / "c.md").read_text() == "hello"
    assert await begun(butler, made) == {"write_file", "answer"}
    prompt = str(model_server.requests[0].messages)
    assert "<earlier_goal>" in prompt
    assert "These names of it can be used: page." in prompt
    assert "hello" not in prompt
    state = await butler.state(made)
    assert list(state.statements) == ["page", "write_file", "answer"]
    assert state.calls["page", ()].taken == run
    (tmp_path / "c.md").unlink()
    once_more = await again(butler, made, Again())
    assert await begun(butler, once_more.id) == {"write_file", "answer"}
    assert (tmp_path / "c.md").read_text() == "hello"


async def test_a_follow_up_by_a_plan_of_ones_own(butler: Butler, tmp_path: Path) -> None:
    run = await ran(butler, tmp_path, SIMPLE)
    request = GoalRequest("say it", tmp_path, plan="answer(page.text)\n", follows=run)
    made = await butler.accept(request)
    assert await butler.drive(made) is RunStatus.DONE
    assert (await butler.state(made)).answer == "hello"
    text = await butler.plan_only(request)
    assert text.startswith('page = read_file("a.md")\nanswer(page.text)\n# Estimate: ')


async def test_a_rerun_is_never_less_careful(butler: Butler, tmp_path: Path) -> None:
    run = await butler.accept(GoalRequest("g", tmp_path, mode="careful", plan=SIMPLE))
    await butler.drive(run, answers="yes")
    made = await butler.forking.again(run, Again())
    assert (await butler.state(made)).mode == "careful"
    made = await butler.forking.again(run, Again(mode="trusting", rehearse=True))
    state = await butler.state(made)
    assert (state.mode, state.rehearses) == ("trusting", True)
