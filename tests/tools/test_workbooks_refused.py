"""Workbooks that an edit would harm, or that take minutes, are refused and stay as they are."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.tools import workbook_edit
from butler_tui.tools.table_changes import edit_table

EDIT = [{"cell": "A1", "value": 2}]


async def refused(context: Context, path: Path) -> ToolError:
    before = contents(path)
    args = edit_table.validated({"path": path.name, "cells": EDIT})
    with pytest.raises(ToolError) as caught:
        await edit_table.run(context, **args)
    assert contents(path) == before
    return caught.value


def contents(path: Path) -> bytes:
    return path.read_bytes()


def a_workbook(path: Path) -> None:
    book = Workbook()
    book.active["A1"] = 1
    book.save(path)


async def test_macros_behind_a_plain_name_are_not_lost(context: Context) -> None:
    path = context.folder / "costs.xlsx"
    a_workbook(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macros")
    assert "rename it to .xlsm" in str(await refused(context, path))


async def test_more_cells_than_can_be_edited_in_time(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = context.folder / "costs.xlsx"
    a_workbook(path)
    monkeypatch.setattr(workbook_edit, "MOST_TO_EDIT", 100)
    error = await refused(context, path)
    assert (error.code, "too many to edit here" in str(error)) == ("too_big", True)


async def test_what_unpacks_to_too_much_is_not_unpacked_to_see_what_is_lost(
    context: Context,
) -> None:
    path = context.folder / "bomb.xlsx"
    a_workbook(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/drawings/drawing1.xml", bytes(60_000_000))
    assert (await refused(context, path)).code == "too_big"
