"""What a run changed is put back, byte for byte, and what has changed since is left alone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from undo_desk import Desk, a_desk, furnish, picture
from web_site import Running

from butler_tui.butler import GoalRequest
from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.events import RunAccepted, RunCancelled, StepStarted
from butler_tui.core.labels import Label, Source
from butler_tui.core.plan_text import read_plan
from butler_tui.core.run import RunStatus
from butler_tui.core.tool import Effect

PLANS = {
    "a new file": 'write_file("new.txt", "text")',
    "a new file in new folders": 'write_file("x/y/z/new.txt", "text")',
    "a file replaced": 'write_file("a.txt", "text")',
    "a file replaced by the same": 'write_file("a.txt", "alpha\\nbeta\\n")',
    "a file replaced through a link": 'write_file("link", "text")',
    "text added": 'write_file("a.txt", "more", append=True)',
    "text edited": 'edit_file("a.txt", "beta", "delta")',
    "a read-only file replaced": 'write_file("sub/c.txt", "text")',
    "a file moved": 'move_file("b.bin", "c.bin")',
    "a file moved into new folders": 'move_file("run.sh", "x/y/run.sh")',
    "a file moved over another": 'move_file("b.bin", "a.txt", overwrite=True)',
    "a file copied": 'copy_file("run.sh", "x/run.sh")',
    "a file copied over another": 'copy_file("run.sh", "a.txt", overwrite=True)',
    "a file deleted": 'delete_file("sub/c.txt")',
    "folders made": 'make_folder("x/y/z")',
    "a folder that was there": 'make_folder("sub")\nwrite_file("sub/new.txt", "text")',
    "a new table": 'write_table("new.xlsx", [{"a": 1}])',
    "a table replaced": 'write_table("t.csv", [{"a": 1}])',
    "cells edited": 'edit_table("t.csv", cells=[{"cell": "B2", "value": 5}])',
    "a plot": 'plot_table("t.csv", "name", "n", save_to="plots/p.png")',
    "one file by many steps": (
        'a = write_file("n.txt", "1")\nb = write_file("n.txt", "2", append=True, after=[a])\n'
        'c = move_file("n.txt", "a.txt", overwrite=True, after=[b])\n'
        'd = edit_file("a.txt", "12", "3", after=[c])\ndelete_file("a.txt", after=[d])'
    ),
    "a round": (
        'a = move_file("a.txt", "tmp.txt")\nb = move_file("b.bin", "a.txt", after=[a])\n'
        'move_file("tmp.txt", "b.bin", after=[b])'
    ),
    "many at once": '[write_file(f"x/{name}.txt", name) for name in ["1", "2", "3"]]',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The person's folder, furnished."""
    made = tmp_path / "work"
    made.mkdir()
    furnish(made)
    return made


@pytest.fixture
async def desk(tmp_path: Path, folder: Path) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path / "home", folder) as made:
        yield made


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
async def test_every_change_is_undone_and_that_too(desk: Desk, folder: Path, plan: str) -> None:
    before = picture(folder)
    run = await desk.run(plan)
    state = await desk.state(run)
    assert state.status is RunStatus.DONE, state.error
    after = picture(folder)
    assert after != before

    undoing = await desk.undo(run)
    assert (undoing.status, undoing.error) == (RunStatus.DONE, "")
    assert picture(folder) == before
    checking = undoing.calls["back", ()].checking
    assert checking is not None
    assert checking.verdict == "verified"
    changing = {one.step for one in await desk.butler.history.kept.of(run)}
    state = await desk.state(run)
    assert {call.undone for call in state.calls.values() if call.step in changing} == {undoing.id}

    again = await desk.undo(undoing.id)
    assert again.status is RunStatus.DONE
    assert picture(folder) == after
    assert {call.undone for call in (await desk.state(run)).calls.values()} == {""}

    await desk.undo(again.id)
    assert picture(folder) == before
    state = await desk.state(run)
    assert {call.undone for call in state.calls.values() if call.step in changing} == {undoing.id}


async def test_a_download_is_undone_with_its_mark(tmp_path: Path, folder: Path) -> None:
    with Running() as site:
        address = site.page("/new.txt", "from the web", kind="text/plain")
        async with a_desk(tmp_path / "home", folder, network={"allow": [site.origin]}) as desk:
            before = picture(folder)
            run = await desk.run(f'download_file("{address}", "in/a.txt")')
            assert (folder / "in/a.txt").read_text() == "from the web"
            await desk.undo(run)
            assert picture(folder) == before


async def test_attributes_come_back(desk: Desk, folder: Path) -> None:
    path = folder / "a.txt"
    try:
        os.setxattr(path, "user.xdg.origin.url", b"https://example.org/")
    except (OSError, AttributeError):
        pytest.skip("this file system has no extended attributes")
    run = await desk.run('delete_file("a.txt")')
    await desk.undo(run)
    assert os.getxattr(path, "user.xdg.origin.url") == b"https://example.org/"


async def test_what_changed_since_is_left_alone_and_named(desk: Desk, folder: Path) -> None:
    run = await desk.run(
        'one = write_file("a.txt", "new")\ntwo = write_file("b.bin", "new")\n'
        'three = delete_file("run.sh")\nfour = write_file("x/new.txt", "new")\n'
        'five = write_file("gone.txt", "new")'
    )
    (folder / "a.txt").write_text("mine")
    (folder / "run.sh").write_text("mine too")
    (folder / "x/mine.txt").write_text("and this")
    (folder / "gone.txt").unlink()
    undoing = await desk.undo(run)

    assert undoing.status is RunStatus.DONE
    assert (folder / "a.txt").read_text() == "mine"
    assert (folder / "run.sh").read_text() == "mine too"
    assert (folder / "b.bin").read_bytes() == bytes(range(256)) * 9
    assert {path.name for path in (folder / "x").iterdir()} == {"mine.txt"}
    for said in (
        "a.txt (it has changed since)",
        "run.sh (it has changed since)",
        "x (it is not empty)",
    ):
        assert said in undoing.answer
    assert "b.bin" not in undoing.answer
    calls = (await desk.state(run)).calls
    undone = {step: bool(call.undone) for (step, _), call in calls.items()}
    assert undone == {"one": False, "two": True, "three": False, "four": True, "five": True}
    assert calls["four", ()].left == [str(folder / "x")]

    # What was left alone can be tried again once it is as the step left it.
    (folder / "a.txt").write_text("new")
    await desk.undo(run, "one")
    assert (folder / "a.txt").read_text() == "alpha\nbeta\n"


async def test_one_step_or_one_call_of_it(desk: Desk, folder: Path) -> None:
    run = await desk.run(
        'files = [write_file(f"{name}.txt", name) for name in ["p", "q"]]\n'
        'other = write_file("other.txt", "o")'
    )
    await desk.undo(run, "files[1]")
    assert [(folder / f"{name}.txt").exists() for name in ("p", "q", "other")] == [1, 0, 1]
    with pytest.raises(UsageError, match=r"Step files\[1\] of run \w+ was undone already, by run"):
        await desk.undo(run, "files[1]")
    await desk.undo(run, "files")
    assert [(folder / f"{name}.txt").exists() for name in ("p", "other")] == [0, 1]
    await desk.undo(run)
    with pytest.raises(UsageError, match=r"was undone already, by run \w+; `butler undo"):
        await desk.undo(run)


async def test_what_cannot_be_undone_says_why(desk: Desk) -> None:
    reading = await desk.run('read_file("a.txt")')
    with pytest.raises(UsageError, match="it changed no file"):
        await desk.undo(reading)
    writing = await desk.run('seen = read_file("a.txt")\nwrite_file("n.txt", seen.text)')
    with pytest.raises(UsageError, match="has no step nonsense"):
        await desk.undo(writing, "nonsense")
    with pytest.raises(UsageError, match="nothing to undo in step seen"):
        await desk.undo(writing, "seen")
    with pytest.raises(UsageError, match="There is no run"):
        await desk.undo("0000000000")
    request = GoalRequest("a goal", desk.folder, plan='write_file("w.txt", "w")')
    waiting = await desk.butler.accept(request)
    assert await desk.butler.drive(waiting) is RunStatus.WAITING
    with pytest.raises(UsageError, match="is not over; cancel it first"):
        await desk.undo(waiting)


async def test_an_undo_is_asked_with_what_it_would_do(desk: Desk, folder: Path) -> None:
    run = await desk.run('write_file("a.txt", "new\\n")\ndelete_file("run.sh")')
    after = picture(folder)
    undoing = await desk.butler.undoing.start(run)
    assert await desk.butler.drive(undoing) is RunStatus.WAITING
    [approval] = (await desk.state(undoing)).waiting_approvals()
    asked = approval.requested
    assert asked.undoable
    assert asked.args["paths"] == [str(folder / "a.txt"), str(folder / "run.sh")]
    assert "puts back a.txt (11 bytes)" in asked.preview
    assert "brings back run.sh (10 bytes)" in asked.preview
    assert "-new\n+alpha\n+beta" in asked.preview
    assert picture(folder) == after

    # What would happen is no longer what was shown: it is asked again.
    await desk.butler.deciding.allow(asked.id)
    (folder / "a.txt").write_text("mine")
    await desk.butler.resume(undoing)
    assert await desk.butler.drive(undoing) is RunStatus.WAITING
    [approval] = (await desk.state(undoing)).waiting_approvals()
    assert "leaves alone a.txt: it has changed since" in approval.requested.preview
    assert not (folder / "run.sh").exists()
    await desk.butler.deciding.deny(approval.requested.id)
    await desk.butler.resume(undoing)
    assert await desk.butler.drive(undoing) is RunStatus.FAILED
    assert not (folder / "run.sh").exists()


async def test_rules_bind_to_the_paths(tmp_path: Path, folder: Path) -> None:
    async with a_desk(tmp_path / "home", folder) as desk:
        run = await desk.run('write_file("a.txt", "new")')
    rule = {"tool": "put_back", "args": {"paths": str(folder / "*")}, "decision": "deny"}
    approvals = {"rules": [{**rule, "because": "mine"}]}
    async with a_desk(tmp_path / "home", folder, approvals=approvals) as desk:
        undoing = await desk.undo(run)
    assert undoing.calls["back", ()].status is CallStatus.DENIED
    assert (folder / "a.txt").read_text() == "new"


async def test_only_an_undo_can_put_back(desk: Desk) -> None:
    assert "put_back" not in desk.butler.tools
    with pytest.raises(PlanError, match="no tool put_back"):
        read_plan('put_back("r", ["s"], ["p"])', desk.butler.tools)


PEEK = '''
from butler_tui.core.tool import Effect, ToolContext, tool

@tool(effect=Effect.OBSERVE)
async def peek(context: ToolContext, run: str) -> str:
    """What another run kept."""
    return str(await context.undoing.kept(run, []))
'''


async def test_no_other_run_sees_what_was_kept(tmp_path: Path, folder: Path) -> None:
    tools = tmp_path / "home" / "tools"
    tools.mkdir(mode=0o700, parents=True)
    (tools / "peek.py").write_text(PEEK)
    (tools / "peek.py").chmod(0o600)
    async with a_desk(tmp_path / "home", folder) as desk:
        run = await desk.run('write_file("a.txt", "new")')
        state = await desk.state(await desk.run(f'peek("{run}")'))
    assert state.calls["peek", ()].code == "not_allowed"


OWN = '''
import hashlib
from pathlib import Path

from butler_tui.core.tool import Again, Effect, Receipt, ToolContext, ToolResult, tool

@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path",))
async def note(context: ToolContext, path: str) -> ToolResult:
    """Leave a note, or with an empty one none."""
    real = Path(context.folder) / path
    await context.keep(real)
    gone = real.is_symlink()
    real.unlink(missing_ok=True)
    if not gone:
        real.write_text("noted")
    digest = None if gone else hashlib.sha256(b"noted").hexdigest()
    return ToolResult(path, Receipt(f"noted {path}", {"path": path, "sha256": digest}))
'''


async def test_a_persons_own_tool_is_undone_by_its_receipt(tmp_path: Path, folder: Path) -> None:
    tools = tmp_path / "home" / "tools"
    tools.mkdir(mode=0o700, parents=True)
    (tools / "note.py").write_text(OWN)
    (tools / "note.py").chmod(0o600)
    before = picture(folder)
    async with a_desk(tmp_path / "home", folder) as desk:
        run = await desk.run('[note(name) for name in ["a.txt", "new.txt", "link"]]')
        after = picture(folder)
        assert "link" not in after
        undoing = await desk.undo(run)
        assert picture(folder) == before
        await desk.undo(undoing.id)
        assert picture(folder) == after


async def test_todays_folders_bind(tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "o.txt").write_text("old")
    both = {"allowed": [".", str(other)]}
    async with a_desk(tmp_path / "home", folder, folders=both) as desk:
        run = await desk.run(f'write_file("{other}/o.txt", "new")\nwrite_file("a.txt", "new")')
    async with a_desk(tmp_path / "home", folder) as desk:
        undoing = await desk.undo(run)
        assert (other / "o.txt").read_text() == "new"
        assert (folder / "a.txt").read_text() == "alpha\nbeta\n"
        assert "lies outside the folders that Butler may use" in undoing.answer
        undoing = await desk.undo(run, "write_file")
    assert undoing.status is RunStatus.FAILED
    assert "Nothing can be put back: " in undoing.error
    assert "lies outside the folders" in undoing.error


async def test_a_link_on_the_way_is_not_followed(desk: Desk, folder: Path, tmp_path: Path) -> None:
    run = await desk.run('delete_file("sub/c.txt")')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in (folder / "sub/empty", folder / "sub"):
        path.rmdir()
    (folder / "sub").symlink_to(elsewhere)
    assert (await desk.undo(run)).status is RunStatus.FAILED
    (folder / "sub").unlink()
    (folder / "sub2").mkdir()
    (folder / "sub").symlink_to(folder / "sub2")
    undoing = await desk.undo(run)
    assert "leads elsewhere now" in undoing.error
    assert not list(elsewhere.iterdir())
    assert not list((folder / "sub2").iterdir())


async def test_a_second_name_elsewhere_is_not_written_through(
    desk: Desk, folder: Path, tmp_path: Path
) -> None:
    run = await desk.run('write_file("a.txt", "new")')
    (tmp_path / "second").hardlink_to(folder / "a.txt")
    undoing = await desk.undo(run)
    assert "hard link" in undoing.answer
    assert (tmp_path / "second").read_text() == "new"


async def test_after_a_crash_only_what_is_gone_comes_back(desk: Desk, folder: Path) -> None:
    """A call kept what was there, and was not seen to finish."""
    history = desk.butler.history
    run = history.runs.new_id()
    accepted = RunAccepted(goal="g", folder=str(folder), plan="")
    await history.journal.append(run, [accepted])
    for step, name in (("gone", "b.bin"), ("there", "a.txt"), ("same", "run.sh")):
        started = StepStarted(
            step=step, attempt=1, key=step, tool="delete_file", effect=Effect.CHANGE, args={}
        )
        await history.journal.append(run, [started])
        kept = await history.kept.keep(folder / name, run, step, (), {}, 10_000)
        assert kept
    await history.journal.append(run, [RunCancelled()])
    old = (folder / "b.bin").read_bytes()
    (folder / "b.bin").unlink()
    (folder / "a.txt").write_text("whose?")
    undoing = await desk.undo(run)
    assert (folder / "b.bin").read_bytes() == old
    assert (folder / "a.txt").read_text() == "whose?"
    assert "a.txt (the step was not seen to finish" in undoing.answer
    assert "run.sh" not in undoing.answer


async def test_an_undo_that_was_interrupted_goes_on(desk: Desk, folder: Path) -> None:
    before = picture(folder)
    run = await desk.run('write_file("a.txt", "new")\ndelete_file("b.bin")')
    undoing = await desk.butler.undoing.start(run)
    assert await desk.butler.drive(undoing) is RunStatus.WAITING
    [approval] = (await desk.state(undoing)).waiting_approvals()
    await desk.butler.deciding.allow(approval.requested.id)
    started = StepStarted(
        step="back",
        attempt=1,
        key="k",
        tool="put_back",
        effect=Effect.CHANGE,
        args=approval.requested.args,
    )
    await desk.butler.history.journal.append(undoing, [started])
    (folder / "a.txt").write_bytes(before["a.txt"][3])  # type: ignore[arg-type]
    os.utime(folder / "a.txt", ns=(before["a.txt"][2], before["a.txt"][2]))  # type: ignore[arg-type]

    await desk.butler.resume(undoing)
    assert await desk.butler.drive(undoing) is RunStatus.WAITING
    [approval] = (await desk.state(undoing)).waiting_approvals()
    assert "is as before: a.txt" in approval.requested.preview
    await desk.butler.deciding.allow(approval.requested.id)
    await desk.butler.resume(undoing)
    assert await desk.butler.drive(undoing) is RunStatus.DONE
    assert picture(folder) == before
    assert {call.undone for call in (await desk.state(run)).calls.values()} == {undoing}


async def test_a_damaged_content_is_not_put_back(desk: Desk, folder: Path) -> None:
    run = await desk.run('write_file("a.txt", "new")\ndelete_file("b.bin")')
    rows = await desk.butler.history.kept.of(run)
    [digest] = [row.record["sha256"] for row in rows if row.record["path"].endswith("a.txt")]
    (desk.butler.places.data / "kept" / digest).write_bytes(b"something else")
    undoing = await desk.undo(run)
    assert "What was kept of a.txt is damaged" in undoing.answer
    assert (folder / "a.txt").read_text() == "new"
    assert (folder / "b.bin").exists()


async def test_a_label_comes_back_with_the_content(desk: Desk, folder: Path) -> None:
    """A stranger's text stays one, also when its place was new in between."""
    path = folder / "a.txt"
    stranger = Label.of(Source("step", "page", "web page example.org", untrusted=True))
    files = desk.butler.history.files
    await files.note(str(path), None, stranger)
    run = await desk.run(
        'gone = delete_file("a.txt")\nnew = write_file("a.txt", "clean", after=[gone])'
    )
    await files.note(str(path), None, Label())
    await desk.undo(run)
    known = files.find(str(path))
    assert known is not None
    assert known.label.untrusted


async def test_nothing_kept_is_nothing_to_undo(tmp_path: Path, folder: Path) -> None:
    async with a_desk(tmp_path / "home", folder, limits={"undo_mb": 0}) as desk:
        assert not any(tool.undoable for tool in desk.butler.tools.values())
        run = await desk.run('write_file("a.txt", "new")')
        assert (folder / "a.txt").read_text() == "new"
        assert not list((tmp_path / "home").rglob("kept/*"))
        with pytest.raises(UsageError, match="undo_mb is 0"):
            await desk.undo(run)
        assert await desk.butler.undoing.list() == []


async def test_a_file_that_cannot_be_kept_is_not_changed(tmp_path: Path, folder: Path) -> None:
    (folder / "big.bin").write_bytes(bytes(1_000_001))
    async with a_desk(tmp_path / "home", folder, limits={"undo_mb": 1}) as desk:
        run = await desk.run('delete_file("big.bin")')
        state = await desk.state(run)
    assert state.status is RunStatus.FAILED
    assert "big.bin has 1.0 MB, more than the 1 MB that may be kept for undo" in state.error
    assert "raise undo_mb" in state.error
    assert (folder / "big.bin").stat().st_size == 1_000_001


async def test_an_undo_does_not_push_out_what_it_needs(tmp_path: Path, folder: Path) -> None:
    """The room is too small for both: nothing is changed and nothing is lost."""
    (folder / "big.bin").write_bytes(b"a" * 700_000)
    (folder / "other.bin").write_bytes(b"b" * 700_000)
    async with a_desk(tmp_path / "home", folder, limits={"undo_mb": 1}) as desk:
        run = await desk.run('copy_file("other.bin", "big.bin", overwrite=True)')
        undoing = await desk.undo(run)
        assert "no room to keep" in undoing.answer
        assert (folder / "big.bin").read_bytes() == b"b" * 700_000
    async with a_desk(tmp_path / "home", folder, limits={"undo_mb": 2}) as desk:
        await desk.undo(run)
    assert (folder / "big.bin").read_bytes() == b"a" * 700_000


async def test_what_can_be_undone_is_listed(desk: Desk, folder: Path) -> None:
    first = await desk.run('write_file("a.txt", "new")\nwrite_file("x/n.txt", "new")')
    second = await desk.run('delete_file("b.bin")')
    newer, older = await desk.butler.undoing.list()
    assert (newer.run, newer.steps, newer.bytes) == (second, ["delete_file"], 2304)
    assert (older.run, older.paths, older.files, older.gone) == (first, 3, 1, 0)
    await desk.undo(first, "write_file")
    undo, newer, older = await desk.butler.undoing.list()
    assert (undo.steps, older.steps) == (["back"], ["write_file_2"])
    for path in (desk.butler.places.data / "kept").iterdir():
        path.unlink()
    _, newer, _ = await desk.butler.undoing.list()
    assert (newer.files, newer.gone, newer.bytes) == (1, 1, 0)
    undoing = await desk.undo(second)
    assert "what was there is no longer kept" in undoing.error
    assert not (folder / "b.bin").exists()


async def test_an_undo_is_asked_in_every_mode(tmp_path: Path, folder: Path) -> None:
    """Only a rule of the person's answers for them."""
    trusting = {"mode": "trusting"}
    async with a_desk(tmp_path / "home", folder, approvals=trusting) as desk:
        run = await desk.butler.accept(
            GoalRequest("a goal", folder, plan='write_file("a.txt", "new")')
        )
        assert await desk.butler.drive(run) is RunStatus.DONE
        undoing = await desk.butler.undoing.start(run)
        assert await desk.butler.drive(undoing) is RunStatus.WAITING
        [approval] = (await desk.state(undoing)).waiting_approvals()
        assert "puts back a.txt" in approval.requested.preview
        assert (folder / "a.txt").read_text() == "new"
    rules = [{"tool": "put_back", "decision": "allow", "because": "mine"}]
    async with a_desk(tmp_path / "home", folder, approvals={**trusting, "rules": rules}) as desk:
        undoing = await desk.butler.undoing.start(run)
        assert await desk.butler.drive(undoing) is RunStatus.DONE
    assert (folder / "a.txt").read_text() == "alpha\nbeta\n"
