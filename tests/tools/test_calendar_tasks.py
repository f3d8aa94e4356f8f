"""Tasks in a folder, the doors to the folder, and what a tool is by the settings."""

# ruff: noqa: ASYNC240  (a test may block)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, Tool, ToolContext, tool
from butler_tui.tools.calendar import add_task, complete_task, list_tasks
from butler_tui.tools.own_folders import files_in, own_folder, own_place, stored
from butler_tui.tools.restoring import kept_place


@pytest.fixture
def mine(context: Context, tmp_path: Path) -> Context:
    context.stores["calendar"] = tmp_path / "own" / "calendar"
    context.options["calendar.timezone"] = "Europe/Berlin"
    return context


async def add(mine: Context, text: str, due: str | None = None, name: str | None = None) -> str:
    mine.key = text
    return (await add_task.run(mine, text, due, name)).output.uid


async def open_ones(
    mine: Context, name: str | None = None, due: str | None = None
) -> list[tuple[str, str, str]]:
    found = (await list_tasks.run(mine, name, due)).output
    assert found.broken == []
    return [(one.text, one.due, one.list) for one in found.tasks]


async def test_tasks_are_listed_by_the_day_they_are_due_until_they_are_done(mine: Context) -> None:
    assert await open_ones(mine) == []
    await add(mine, "Some day")
    late = await add(mine, "Late", "2026-12-01T15:00")
    await add(mine, "Soon", "2026-11-27", "home")
    every = [
        ("Soon", "2026-11-27", "home"),
        ("Late", "2026-12-01T15:00", "calendar"),
        ("Some day", "", "calendar"),
    ]
    assert await open_ones(mine) == every
    assert await open_ones(mine, "home") == every[:1]
    assert await open_ones(mine, None, "2026-11-26") == []
    assert await open_ones(mine, None, "2026-11-27") == every[:1]
    assert await open_ones(mine, None, "2026-11-23/2026-12-01") == every[:2]
    assert await open_ones(mine, None, "2026-12-01T14:59") == every[:1]
    shown = await complete_task.preview(mine, late)
    assert shown.text == "marks as done: Late\ndue: Tue 1 Dec 2026, 15:00"
    mine.key = "done"
    done = await complete_task.run(mine, late)
    assert done.receipt is not None
    assert (await complete_task.verify(mine, done.receipt.facts)).verdict == "verified"
    assert await open_ones(mine) == [every[0], every[2]]
    with pytest.raises(ToolError, match="Late is done already"):
        await complete_task.run(mine, late)
    with pytest.raises(ToolError, match="There is no task"):
        await complete_task.run(mine, "nothing")


async def test_a_tasks_preview_and_what_is_refused(mine: Context) -> None:
    shown = await add_task.preview(mine, "Water\n the plants", "2026-11-27T15:00", "home")
    assert shown.text.splitlines() == [
        "adds to your calendar, list home:",
        "task: Water the plants",
        "due: Fri 27 Nov 2026, 15:00",
    ]
    for text, due, name in (
        ("", None, None),
        ("x", "soon", None),
        ("x", "2026-03-29T02:30", None),
        ("x", None, "../up"),
        ("x", None, ".hidden"),
        ("x", None, "a\nb"),
    ):
        with pytest.raises(ToolError):
            await add_task.preview(mine, text, due, name)
        with pytest.raises(ToolError):
            await add_task.run(mine, text, due, name)
    with pytest.raises(ToolError):
        await list_tasks.check(mine, due_before="soon")
    assert not Path(mine.stores["calendar"]).exists()


def test_a_familys_folder_is_left_by_no_way(mine: Context, tmp_path: Path) -> None:
    folder = own_folder(mine, "calendar")
    folder.mkdir(parents=True)
    for part in ("..", ".", "", "a/b", "a\0b"):
        with pytest.raises(ToolError, match="cannot be a file's name"):
            own_place(mine, folder, part)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.ics").write_text("x")
    (folder / "link").symlink_to(elsewhere)
    (folder / "link.ics").symlink_to(elsewhere / "x.ics")
    (folder / "own.ics").write_text("x")
    assert [one.name for one in files_in(folder, ".ics")] == ["own.ics"]
    assert stored(mine, folder / "link" / "x.ics") is None
    assert stored(mine, folder / ".." / "elsewhere" / "x.ics") is None
    assert stored(mine, folder) is None
    assert kept_place(mine, str(folder / "own.ics")).root == folder
    mine.folders = []
    with pytest.raises(ToolError):
        kept_place(mine, str(elsewhere / "x.ics"))
    with pytest.raises(ToolError, match="There is no folder for notes"):
        own_folder(mine, "notes")


def test_a_tool_is_what_the_settings_make_of_it() -> None:
    @tool(effect=Effect.CHANGE, undoable=True)
    async def note(context: ToolContext) -> None:
        """Note."""

    class Nothing:
        def option(self, name: str) -> str | None:
            return "x"

        def has_secret(self, name: str) -> bool:
            return False

        def program(self, *names: str) -> str | None:
            return None

        def package(self, name: str) -> bool:
            return False

    @note.adapts
    def _(one: Tool, setup: object) -> Tool:
        return replace(one, undoable=False, reaches=True)

    here = note.equipped(Nothing())
    assert (here.undoable, here.reaches, note.undoable) == (False, True, True)
