"""Whatever a run does to files, undoing it restores the folder, and undoing that the change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from undo_desk import Desk, a_desk, furnish, picture

from butler_tui.core.run import RunStatus

FILES = ["a.txt", "b.bin", "run.sh", "sub/c.txt"]
PLACES = [*FILES, "n.txt", "x/n.txt", "x/y/m.txt", "sub/empty/m.txt", "w/v/u.txt"]
NUMBERS = count()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path / "home", tmp_path) as made:
        yield made


@st.composite
def changes(draw: st.DrawFn) -> Sequence[str]:
    """Calls that each have a file to work on after the one before."""
    there = set(FILES)
    calls: list[str] = []
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["write", "append", "move", "copy", "delete", "folder"]))
        place = draw(st.sampled_from(PLACES))
        text = draw(st.text(st.characters(codec="utf-8"), max_size=4))
        one = draw(st.sampled_from(sorted(there))) if there else None
        if kind == "folder":
            calls.append(f"make_folder({place.rpartition('/')[0] or 'z'!r}")
        elif kind == "append":
            calls.append(f"write_file({one or place!r}, {text!r}, append=True")
            there.add(one or place)
        elif kind in ("write", "append") or one is None:
            calls.append(f"write_file({place!r}, {text!r}")
            there.add(place)
        elif kind == "delete":
            calls.append(f"delete_file({one!r}")
            there.discard(one)
        elif one != place:
            calls.append(f"{kind}_file({one!r}, {place!r}, overwrite=True")
            there.add(place)
            if kind == "move":
                there.discard(one)
    return calls


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=changes())
async def test_any_sequence_is_undone(desk: Desk, tmp_path: Path, calls: Sequence[str]) -> None:
    folder = tmp_path / f"work{next(NUMBERS)}"
    folder.mkdir()
    furnish(folder)
    there = Desk(desk.butler, folder)
    before = picture(folder)
    lines = [
        f"s{number} = {call}{f', after=[s{number - 1}]' if number else ''})"
        for number, call in enumerate(calls)
    ]
    run = await there.run("\n".join(lines) or "answer('nothing')")
    state = await there.state(run)
    assert state.status.over  # to add to what is no text fails, and that is undone as well
    after = picture(folder)
    if not await desk.butler.history.kept.of(run):
        assert after == before
        return
    undoing = await there.undo(run)
    assert undoing.status is RunStatus.DONE, undoing.error
    assert picture(folder) == before
    await there.undo(undoing.id)
    assert picture(folder) == after
