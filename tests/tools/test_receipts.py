"""Code looks again at what a receipt says, and believes the world."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from butler_tui.core.tool import Tool
from butler_tui.tools.plugins import find_tools
from butler_tui.tools.receipts import answered_well, ended_well, files_as_written, folder_is_there

TEA = hashlib.sha256(b"tea").hexdigest()


def facts(path: Path, digest: str | None) -> dict[str, Any]:
    return {"files": [{"path": str(path), "sha256_before": None, "sha256": digest}]}


async def test_a_file_is_read_again(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("tea")
    assert (await files_as_written(context, facts(path, TEA))).verdict == "verified"
    path.write_text("coffee")
    found = await files_as_written(context, facts(path, TEA))
    assert found.verdict == "failed"
    assert str(path) in found.detail


async def test_a_link_in_the_file_s_place_is_not_the_file(context: Any, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("tea")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    assert (await files_as_written(context, facts(tmp_path / "a", TEA))).verdict == "failed"


async def test_what_was_deleted_must_be_gone_whatever_is_there(
    context: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    assert (await files_as_written(context, facts(path, None))).verdict == "verified"
    path.mkdir()
    assert (await files_as_written(context, facts(path, None))).verdict == "failed"
    path.rmdir()
    path.symlink_to("nowhere")
    assert (await files_as_written(context, facts(path, None))).verdict == "failed"


async def test_a_folder_is_looked_for(context: Any, tmp_path: Path) -> None:
    assert (await folder_is_there(context, {"folder": str(tmp_path)})).verdict == "verified"
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert (await folder_is_there(context, {"folder": str(link)})).verdict == "failed"
    assert (await folder_is_there(context, {})).verdict == "unverified"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "verified"),
        (201, "verified"),
        (204, "verified"),
        (202, "unverified"),
        (303, "unverified"),
        (307, "failed"),
        (404, "failed"),
        (500, "failed"),
        (None, "unverified"),
    ],
)
async def test_a_server_s_word_is_taken_for_what_it_says(
    context: Any, status: int | None, verdict: str
) -> None:
    assert (await answered_well(context, {"status": status})).verdict == verdict


@pytest.mark.parametrize(("code", "verdict"), [(0, "unverified"), (1, "failed"), (-9, "failed")])
async def test_a_program_that_ended_badly_failed(context: Any, code: int, verdict: str) -> None:
    assert (await ended_well(context, {"exit_code": code})).verdict == verdict


def test_every_tool_of_butler_s_own_that_bounds_the_world_has_a_check(tmp_path: Path) -> None:
    def bounds(tool: Tool) -> bool:
        return tool.effect is not None and tool.effect.bounds_the_world

    tools = [one for one in find_tools(tmp_path / "none").tools.values() if bounds(one)]
    assert {"write_file", "http_request", "plot_table"} <= {one.name for one in tools}
    assert [one.name for one in tools if one.verify is None or one.preview is None] == []
