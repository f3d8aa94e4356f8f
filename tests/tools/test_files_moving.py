import errno
import hashlib
import os

import pytest

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect
from butler_tui.tools import storing
from butler_tui.tools.moving import copy_file, delete_file, move_file


def sha(data):
    return hashlib.sha256(data).hexdigest()


async def preview(tool, context, *args):
    return await tool.preview(context, *args)


async def failing(action, context, *args):
    with pytest.raises(ToolError) as caught:
        await action(context, *args)
    return caught.value


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"alpha")
    (tmp_path / "b.txt").write_bytes(b"beta")
    (tmp_path / "sub").mkdir()
    return tmp_path


def test_the_tools_say_what_they_do_to_the_world():
    for one in (move_file, copy_file, delete_file):
        assert one.effect is Effect.CHANGE
        assert one.again is Again.QUERYABLE
        assert one.undoable
        assert one.preview is not None
    assert move_file.names == copy_file.names == ("path", "to", "overwrite")
    assert move_file.targets == ("path", "to")


async def test_a_file_is_moved_and_both_ends_are_kept(context, folder):
    result = await move_file.run(context, "a.txt", "new/c.txt")
    assert everything(folder) == {
        "b.txt": b"beta",
        "sub": None,
        "new": None,
        "new/c.txt": b"alpha",
    }
    assert result.output.path == "new/c.txt"
    assert context.kept == [folder / "a.txt", folder / "new", folder / "new/c.txt"]
    assert result.receipt.facts["files"] == [
        {"path": str(folder / "a.txt"), "sha256_before": sha(b"alpha"), "sha256": None},
        {"path": str(folder / "new/c.txt"), "sha256_before": None, "sha256": sha(b"alpha")},
    ]


async def test_a_file_is_copied_with_its_permissions(context, folder):
    (folder / "a.txt").chmod(0o640)
    result = await copy_file.run(context, "a.txt", "c.txt")
    assert (folder / "a.txt").read_bytes() == (folder / "c.txt").read_bytes() == b"alpha"
    assert (folder / "c.txt").stat().st_mode & 0o777 == 0o640
    assert context.kept == [folder / "c.txt"]
    assert result.receipt.facts["files"][0]["sha256"] == sha(b"alpha")


@pytest.mark.parametrize("to", ["sub", "sub/", "./sub/../sub"])
@pytest.mark.parametrize("tool", [move_file, copy_file])
async def test_into_a_folder_it_goes_under_its_own_name(context, folder, tool, to):
    assert (await tool.run(context, "a.txt", to)).output.path == "sub/a.txt"
    assert (folder / "sub" / "a.txt").read_bytes() == b"alpha"


async def test_a_slash_at_the_end_means_a_folder_that_is_made(context, folder):
    assert (await move_file.run(context, "a.txt", "new/")).output.path == "new/a.txt"


@pytest.mark.parametrize("tool", [move_file, copy_file])
async def test_nothing_is_overwritten_unless_it_is_meant(context, folder, tool):
    before = everything(folder)
    assert (await failing(tool.run, context, "a.txt", "b.txt")).code == "exists"
    assert (await failing(tool.preview, context, "a.txt", "b.txt")).code == "exists"
    assert everything(folder) == before
    result = await tool.run(context, "a.txt", "b.txt", True)
    assert (folder / "b.txt").read_bytes() == b"alpha"
    assert result.receipt.facts["files"][-1]["sha256_before"] == sha(b"beta")
    assert context.kept[-1] == folder / "b.txt"


@pytest.mark.parametrize("tool", [move_file, copy_file])
async def test_a_file_that_appears_meanwhile_is_not_overwritten(context, folder, tool):
    async def keep(path):
        (folder / "c.txt").write_bytes(b"somebody else's")

    context.keep = keep
    assert (await failing(tool.run, context, "a.txt", "c.txt")).code == "exists"
    assert (folder / "c.txt").read_bytes() == b"somebody else's"
    assert (folder / "a.txt").read_bytes() == b"alpha"


async def test_between_disks_a_move_copies_and_then_deletes(context, folder, monkeypatch):
    real = os.replace

    def replace(source, target, **folders):
        if source == "a.txt":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target, **folders)

    monkeypatch.setattr(storing.os, "replace", replace)
    monkeypatch.setattr(storing, "rename_new", lambda *_: False)
    await move_file.run(context, "a.txt", "c.txt")
    assert everything(folder) == {"b.txt": b"beta", "c.txt": b"alpha", "sub": None}


@pytest.mark.parametrize("tool", [move_file, copy_file])
async def test_a_full_disk_leaves_all_as_it_was(context, folder, monkeypatch, tool):
    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = everything(folder)
    monkeypatch.setattr(storing.os, "replace", fail)
    monkeypatch.setattr(storing, "rename_new", fail)
    assert (await failing(tool.run, context, "a.txt", "c.txt")).code == "disk_full"
    assert everything(folder) == before


async def test_a_deleted_file_is_kept_first(context, folder):
    seen = []

    async def keep(path):
        seen.append((path, path.read_bytes()))

    context.keep = keep
    result = await delete_file.run(context, "a.txt")
    assert seen == [(folder / "a.txt", b"alpha")]
    assert not (folder / "a.txt").exists()
    assert result.output.path == "a.txt"
    assert result.receipt.facts["files"] == [
        {"path": str(folder / "a.txt"), "sha256_before": sha(b"alpha"), "sha256": None}
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("sub", "is_folder"),
        ("link", "is_link"),
        ("pipe", "not_a_file"),
        ("no", "not_found"),
        ("../x", "outside"),
        (".", "is_folder"),
        ("..", "outside"),
    ],
)
async def test_only_an_ordinary_file_is_moved_or_deleted(context, folder, path, code):
    (folder / "link").symlink_to("a.txt")
    os.mkfifo(folder / "pipe")
    before = sorted(folder.iterdir())
    for action in (delete_file.run, delete_file.preview):
        assert (await failing(action, context, path)).code == code
    for action in (move_file.run, copy_file.run, move_file.preview, copy_file.preview):
        assert (await failing(action, context, path, "c.txt")).code == code
    assert sorted(folder.iterdir()) == before
    assert context.kept == []


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("a.txt", "same_file"),
        ("./sub/../a.txt", "same_file"),
        ("../c.txt", "outside"),
        ("b.txt/c.txt", "not_a_folder"),
        ("own/c.txt", "forbidden"),
    ],
)
async def test_where_a_file_cannot_go(context, folder, to, code):
    context.forbidden = [folder / "own"]
    before = everything(folder)
    for action in (move_file.run, copy_file.run):
        assert (await failing(action, context, "a.txt", to, True)).code == code
    assert everything(folder) == before


async def test_previews_name_the_place_the_size_and_what_is_replaced(context, folder):
    (folder / "a.png").write_bytes(b"\x89PNG\x00")
    before = everything(folder)
    moved = await preview(move_file, context, "a.txt", "sub")
    assert moved.text == "moves a.txt (5 bytes) to sub/a.txt"
    copied = await preview(copy_file, context, "a.txt", "b.txt", True)
    assert copied.text == "copies a.txt (5 bytes) to b.txt, replacing the 4 bytes there"
    deleted = await preview(delete_file, context, "a.txt")
    assert deleted.kind == "diff"
    assert deleted.text.startswith("--- a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-alpha\n")
    assert (await preview(delete_file, context, "a.png")).text == "deletes a.png (5 bytes)"
    assert everything(folder) == before
    assert context.kept == []


async def test_a_copy_goes_on_carrying_the_mark_of_a_download(context, folder):
    try:
        os.setxattr(folder / "a.txt", "user.xdg.origin.url", b"https://example.org/a")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    await copy_file.run(context, "a.txt", "c.txt")
    await move_file.run(context, "a.txt", "d.txt")
    for name in ("c.txt", "d.txt"):
        assert os.getxattr(folder / name, "user.xdg.origin.url") == b"https://example.org/a"
