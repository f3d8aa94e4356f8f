"""What calls replaced is kept on the disk, once, within the room that it may take."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import RunAccepted, RunFinished
from butler_tui.history import History, open_history
from butler_tui.settings import Places

ROOM = 1000


async def a_run(history: History, *, over: bool = True, undoes: str = "") -> str:
    run = history.runs.new_id()
    settings = {"undoes": undoes} if undoes else {}
    await history.journal.append(run, [RunAccepted(goal="g", settings=settings)])
    if over:
        await history.journal.append(run, [RunFinished()])
    return run


async def keep(history: History, path: Path, run: str, most: int = ROOM) -> str:
    """Keep a file; the hash by which it can be had back."""
    record = await history.kept.keep(path, run, "step", (), {}, most)
    assert record is not None
    return record["sha256"]


def a_file(folder: Path, size: int, mark: str) -> Path:
    path = folder / f"{mark}.bin"
    path.write_bytes(mark.encode() * size)
    return path


def kept_now(places: Places) -> int:
    """How many contents lie on the disk, whatever their name."""
    return len(list((places.data / "kept").iterdir()))


async def test_every_kind_is_told(history: History, run: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"alpha")
    path.chmod(0o4750)
    os.utime(path, ns=(5, 123_456_789))
    (tmp_path / "link").symlink_to("a.txt")
    (tmp_path / "folder").mkdir(mode=0o710)
    os.mkfifo(tmp_path / "pipe")
    kept = history.kept
    file = await kept.keep(path, run, "s", (1, 2), {}, ROOM)
    assert file is not None
    assert (file["kind"], file["mode"], file["modified"], file["bytes"]) == (
        "file",
        0o4750,
        123_456_789,
        5,
    )
    with kept.snapshots.open(file["sha256"]) as content:
        assert content.read() == b"alpha"
    for name, kind in [("link", "link"), ("folder", "folder"), ("pipe", "other"), ("no", "absent")]:
        record = await kept.keep(tmp_path / name, run, "s", (), {}, ROOM)
        assert record is not None
        assert record["kind"] == kind
    rows = await kept.of(run)
    assert [row.record["kind"] for row in rows] == ["absent", "other", "folder", "link", "file"]
    assert (rows[-1].step, rows[-1].item) == ("s", (1, 2))
    assert rows[3].record["target"] == "a.txt"


async def test_a_name_that_is_no_text_is_refused(
    history: History, run: str, tmp_path: Path
) -> None:
    """No plan could name it to put it back."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    path.write_bytes(b"1")  # noqa: ASYNC240
    with pytest.raises(HistoryError, match="is not written in UTF-8"):
        await keep(history, path, run)
    assert not await history.kept.of(run)


async def test_the_same_content_is_kept_once(
    history: History, run: str, tmp_path: Path, places: Places
) -> None:
    one, two = a_file(tmp_path, 900, "a"), tmp_path / "b"
    two.write_bytes(one.read_bytes())
    assert await keep(history, one, run) == await keep(history, two, run)
    assert kept_now(places) == 1


async def test_the_oldest_make_room(history: History, tmp_path: Path) -> None:
    runs = [await a_run(history) for _ in range(4)]
    files = [a_file(tmp_path, 400, mark) for mark in "abcd"]
    first, second = [await keep(history, files[n], runs[n]) for n in range(2)]
    assert await keep(history, files[0], runs[2]) == first  # used again: the other is older
    third = await keep(history, files[3], runs[3])
    holds = history.kept.snapshots.holds
    assert [holds(one) for one in (first, second, third)] == [True, False, True]
    assert await keep(history, files[1], runs[0]) == second  # and it can come back
    assert [holds(one) for one in (first, second, third)] == [False, True, True]


async def test_a_run_that_is_not_over_loses_nothing(history: History, tmp_path: Path) -> None:
    going, over = await a_run(history, over=False), await a_run(history)
    needed = await keep(history, a_file(tmp_path, 600, "a"), going)
    dropped = await keep(history, a_file(tmp_path, 300, "b"), over)
    kept = await keep(history, a_file(tmp_path, 400, "c"), over)
    holds = history.kept.snapshots.holds
    assert [holds(one) for one in (needed, dropped, kept)] == [True, False, True]
    with pytest.raises(HistoryError, match=r"no room to keep .*runs that are not over fill it"):
        await keep(history, a_file(tmp_path, 500, "d"), over)
    assert holds(needed)
    await history.journal.append(going, [RunFinished()])
    await keep(history, a_file(tmp_path, 500, "d"), over)
    assert not holds(needed)


async def test_what_an_undo_needs_does_not_make_room_for_it(
    history: History, tmp_path: Path
) -> None:
    over = await a_run(history)
    needed = await keep(history, a_file(tmp_path, 600, "a"), over)
    undo = await a_run(history, over=False, undoes=over)
    with pytest.raises(HistoryError, match="no room"):
        await keep(history, a_file(tmp_path, 500, "b"), undo)
    assert history.kept.snapshots.holds(needed)


async def test_one_that_is_too_large_is_refused(
    history: History, run: str, tmp_path: Path, places: Places
) -> None:
    with pytest.raises(HistoryError, match="so it was not changed; raise undo_mb in"):
        await keep(history, a_file(tmp_path, ROOM + 1, "a"), run)
    assert await history.kept.of(run) == []
    assert not (places.data / "kept").exists()
    await keep(history, a_file(tmp_path, ROOM, "b"), run)


async def test_none_is_kept_when_there_is_no_room_at_all(
    history: History, tmp_path: Path, places: Places
) -> None:
    over = await a_run(history)
    path = a_file(tmp_path, 10, "a")
    await keep(history, path, over)
    assert await history.kept.keep(path, over, "s", (), {}, 0) is None
    assert kept_now(places) == 0


async def test_what_a_crash_left_half_kept_is_cleared_away(
    history: History, run: str, tmp_path: Path, places: Places
) -> None:
    folder = places.data / "kept"
    folder.mkdir(parents=True, mode=0o700)
    for name, age in ((".keeping-old", 100_000), (".keeping-new", 10)):
        (folder / name).write_bytes(b"half")
        then = time.time() - age
        os.utime(folder / name, (then, then))
    digest = await keep(history, a_file(tmp_path, 5, "a"), run)
    assert {path.name for path in folder.iterdir()} == {".keeping-new", digest}


async def test_what_cannot_be_read_is_not_kept(history: History, run: str, tmp_path: Path) -> None:
    path = tmp_path / "file" / "below"
    path.parent.write_bytes(b"no folder")
    with pytest.raises(HistoryError, match="cannot be kept before changing it"):
        await keep(history, path, run)


async def test_two_processes_share_the_room(places: Places, tmp_path: Path) -> None:
    """A content that one relies on again is not dropped by the other."""
    async with open_history(places) as one, open_history(places) as other:
        run = await a_run(one)
        first = await keep(one, a_file(tmp_path, 600, "a"), run)
        again = await a_run(other, over=False)
        assert await keep(other, tmp_path / "a.bin", again) == first
        with pytest.raises(HistoryError, match="no room"):
            await keep(one, a_file(tmp_path, 600, "b"), run)
        assert one.kept.snapshots.holds(first)
