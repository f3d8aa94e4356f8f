"""What the goal names outside the allowed folders is read, never written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.tools.changes import write_file
from butler_tui.tools.files import list_files, read_file
from butler_tui.tools.moving import delete_file


@pytest.fixture
def outside(tmp_path: Path, context: Context) -> Path:
    folder = tmp_path.parent / f"{tmp_path.name}-outside"
    folder.mkdir()
    (folder / "a.txt").write_text("from outside")
    context.named = [folder]
    return folder


async def test_it_is_read(context: Context, outside: Path) -> None:
    assert (await read_file.run(context, str(outside / "a.txt"))).output.text == "from outside"
    assert len((await list_files.run(context, str(outside))).output.files) == 1


async def test_it_is_not_written(context: Context, outside: Path) -> None:
    with pytest.raises(ToolError, match="outside"):
        await write_file.run(context, str(outside / "b.txt"), "x")
    with pytest.raises(ToolError, match="outside"):
        await delete_file.run(context, str(outside / "a.txt"))
    assert (outside / "a.txt").read_text() == "from outside"
    assert not (outside / "b.txt").exists()
