"""Undo under attack: what is swapped before it or while it runs is never followed nor lost."""

from __future__ import annotations

import asyncio
import ctypes
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from undo_desk import Desk, a_desk, furnish, picture

from butler_tui.core.run import RunStatus


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


async def test_a_file_in_whose_place_a_folder_was_made(desk: Desk, folder: Path) -> None:
    before = picture(folder)
    run = await desk.run('a = delete_file("a.txt")\nwrite_file("a.txt/f/g", "x", after=[a])')
    after = picture(folder)
    for expected in (before, after, before, after):
        run = (await desk.undo(run)).id
        assert picture(folder) == expected


async def test_names_forge_no_line_of_the_card_or_report(desk: Desk, folder: Path) -> None:
    name = "n\nleaves alone z: it has changed since"
    (folder / name).write_text("x\n")
    run = await desk.run(f'edit_file({name!r}, "x", "y")\nwrite_file("a.txt", "b")')
    undoing = await desk.butler.undoing.start(run)
    await desk.butler.drive(undoing)
    [approval] = (await desk.state(undoing)).waiting_approvals()
    lines = approval.requested.preview.splitlines()
    assert "puts back n␤leaves alone z: it has changed since (2 bytes)" in lines
    assert not any(line.startswith("leaves") for line in lines)
    (folder / name).write_text("mine")
    undone = await desk.undo(run)
    assert "Left alone: n␤leaves alone z: it has changed since (it has" in undone.answer
    assert (folder / name).read_text() == "mine"


async def test_what_no_plan_could_name_is_not_changed(desk: Desk, tmp_path: Path) -> None:
    """Its undo could not be written down."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff"))
    await asyncio.to_thread(odd.mkdir)
    furnish(odd)
    before = picture(odd)
    run = await Desk(desk.butler, odd).run('write_file("a.txt", "new")')
    state = await desk.state(run)
    assert state.status is RunStatus.FAILED
    assert "is not written in UTF-8, so it could not be put back" in state.error
    assert picture(odd) == before


MOVES = """
a = move_file("b.bin", "c.bin")
b = move_file("c.bin", "x/d.bin", after=[a])
c = move_file("a.txt", "c.bin", after=[b])
"""


async def test_a_moved_file_stays_when_its_old_place_is_taken(desk: Desk, folder: Path) -> None:
    before = picture(folder)
    run = await desk.run(MOVES)
    (folder / "b.bin").write_text("mine")
    undoing = await desk.undo(run)
    assert "b.bin (it has changed since)" in undoing.answer
    assert "x/d.bin (what it holds belongs to a path that is left alone)" in undoing.answer
    assert (folder / "b.bin").read_text() == "mine"
    assert (folder / "x/d.bin").read_bytes() == before["b.bin"][3]
    assert (folder / "a.txt").read_bytes() == before["a.txt"][3]
    (folder / "b.bin").unlink()
    await desk.undo(run)
    assert picture(folder).keys() == before.keys()
    assert (folder / "b.bin").read_bytes() == before["b.bin"][3]


@pytest.mark.parametrize("how", ["made room", "damaged"])
async def test_a_moved_file_stays_when_its_kept_copy_is_no_good(
    desk: Desk, folder: Path, how: str
) -> None:
    old = (folder / "b.bin").read_bytes()
    run = await desk.run('move_file("b.bin", "c.bin")')
    for kept in (desk.butler.places.data / "kept").iterdir():
        kept.unlink() if how == "made room" else kept.write_text("damaged")
    undoing = await desk.undo(run)
    said = undoing.answer + undoing.error
    assert "belongs to a path that is left alone" in said
    assert (folder / "c.bin").read_bytes() == old


async def test_permissions_changed_since_are_a_change(desk: Desk, folder: Path) -> None:
    run = await desk.run('a = write_file("a.txt", "new")\nwrite_file("b.bin", "new")')
    (folder / "a.txt").chmod(0o600)
    undoing = await desk.undo(run)
    assert "a.txt (its permissions have changed since)" in undoing.answer
    assert (folder / "a.txt").read_text() == "new"
    assert stat.S_IMODE((folder / "a.txt").stat().st_mode) == 0o600
    assert (folder / "b.bin").read_bytes() == bytes(range(256)) * 9
    (folder / "a.txt").chmod(0o640)
    await desk.undo(run, "a")
    assert (folder / "a.txt").read_text() == "alpha\nbeta\n"


SORTS = {
    "a link": lambda path: path.symlink_to("b.bin"),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("sort", SORTS.values(), ids=SORTS.keys())
async def test_another_sort_of_thing_in_its_place_stays(
    desk: Desk, folder: Path, sort: Callable[[Path], None]
) -> None:
    run = await desk.run('write_file("a.txt", "new")\ndelete_file("run.sh")')
    for name in ("a.txt", "run.sh"):
        (folder / name).unlink(missing_ok=True)
        sort(folder / name)
    there = [(folder / name).lstat() for name in ("a.txt", "run.sh")]
    undoing = await desk.undo(run)
    assert undoing.error.count("it has changed since") == 2
    assert [(folder / name).lstat() for name in ("a.txt", "run.sh")] == there
    assert (folder / "b.bin").read_bytes() == bytes(range(256)) * 9


@contextmanager
def swapping(path: Path, elsewhere: Path) -> Iterator[None]:
    """A folder is swapped for a link to another, again and again."""
    stop = threading.Event()
    link = path.with_name(path.name + ".link")
    link.symlink_to(elsewhere)
    rename = ctypes.CDLL(None, use_errno=True).renameat2

    def swap() -> None:
        while not stop.is_set():
            for _ in range(2):
                assert rename(-100, bytes(path), -100, bytes(link), 2) == 0

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        link.unlink()


@pytest.mark.parametrize("which", ["sub", "."])
async def test_a_folder_swapped_all_the_time_leads_nowhere(
    desk: Desk, folder: Path, tmp_path: Path, which: str
) -> None:
    """Also the allowed folder itself; what was kept of it is what was there, nothing is lost."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    furnish(elsewhere)
    for path in (elsewhere, elsewhere / "sub"):
        (path / "d.txt").write_text("theirs")
    (folder / "sub" / "d.txt").write_text("old")
    theirs, before = picture(elsewhere), picture(folder)
    plan = 'delete_file("sub/c.txt")\nwrite_file("sub/d.txt", "new")\nwrite_file("sub/e.txt", "e")'
    for _ in range(3):
        run = await desk.run(plan)
        with swapping(folder / which, elsewhere):
            await desk.undo(run)
        assert picture(elsewhere) == theirs
        if any(not call.undone or call.left for call in (await desk.state(run)).calls.values()):
            await desk.undo(run)
        now = picture(folder)
        assert {name: one[3:] for name, one in now.items()} == {
            name: one[3:] for name, one in before.items()
        }
