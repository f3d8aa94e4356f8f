import asyncio
import hashlib
import os

import pytest

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect
from butler_tui.tools.changes import edit_file, make_folder, write_file


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


def test_the_tools_say_what_they_do_to_the_world():
    for one in (write_file, edit_file, make_folder):
        assert one.effect is Effect.CHANGE
        assert one.undoable
        assert one.targets == ("path",)
        assert one.preview is not None
    assert write_file.names == ("path", "content", "append")
    assert edit_file.names == ("path", "old", "new")
    assert write_file.again is Again.QUERYABLE


async def test_a_new_file_is_written_with_its_folders(context, tmp_path):
    result = await write_file.run(context, "notes/a.md", "Grüße\n")
    assert (tmp_path / "notes" / "a.md").read_text() == "Grüße\n"
    assert result.output.model_dump() == {"path": "notes/a.md", "bytes": 8}
    assert result.receipt.summary == "Wrote notes/a.md (8 bytes)."
    assert result.receipt.facts["files"] == [
        {
            "path": str(tmp_path / "notes/a.md"),
            "sha256_before": None,
            "sha256": sha("Grüße\n".encode()),
        }
    ]
    assert context.kept == [tmp_path / "notes", tmp_path / "notes/a.md"]


async def test_a_file_is_replaced_and_kept_first(context, tmp_path):
    (tmp_path / "a.md").write_text("old")
    result = await write_file.run(context, "a.md", "new")
    assert (tmp_path / "a.md").read_text() == "new"
    assert result.receipt.facts["files"][0]["sha256_before"] == sha(b"old")
    assert context.kept == [tmp_path / "a.md"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_added_text_takes_the_encoding_of_the_file(context, tmp_path, encoding):
    (tmp_path / "a.md").write_bytes("Grüße aus München\r\n".encode(encoding))
    await write_file.run(context, "a.md", "und Köln", True)
    assert (tmp_path / "a.md").read_bytes() == "Grüße aus München\r\nund Köln".encode(encoding)


async def test_text_is_added_to_a_file_that_is_not_there_by_making_it(context, tmp_path):
    await write_file.run(context, "a.md", "first", True)
    assert (tmp_path / "a.md").read_text() == "first"


async def test_what_the_files_encoding_lacks_is_refused(context, tmp_path):
    (tmp_path / "a.md").write_bytes("Grüße aus München".encode("cp1252"))
    error = await failing(write_file.run, context, "a.md", "日本", True)
    assert error.code == "encoding"
    assert (tmp_path / "a.md").read_bytes() == "Grüße aus München".encode("cp1252")


async def test_steps_side_by_side_add_without_losing_any(context, tmp_path):
    await asyncio.gather(
        *(write_file.run(context, "log.md", f"{number}\n", True) for number in range(12))
    )
    lines = (tmp_path / "log.md").read_text().split()
    assert sorted(lines, key=int) == [str(number) for number in range(12)]


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("../a.md", "x", "outside"),
        ("sub", "x", "is_folder"),
        ("a.md/b.md", "x", "not_a_folder"),
        ("pipe", "x", "not_a_file"),
        ("half.md", "\ud800", "bad_arguments"),
        ("x" * 256, "x", "bad_path"),
    ],
)
async def test_what_cannot_be_written_changes_nothing(context, tmp_path, path, content, code):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.md").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    before = everything(tmp_path)
    assert (await failing(write_file.run, context, path, content)).code == code
    assert (await failing(write_file.preview, context, path, content)).code == code
    assert everything(tmp_path) == before
    assert context.kept == []


async def test_text_is_not_added_to_what_is_no_text(context, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\x00")
    assert (await failing(write_file.run, context, "a.png", "x", True)).code == "binary"
    assert (await failing(write_file.preview, context, "a.png", "x", True)).code == "binary"


async def test_previews_are_diffs_and_do_nothing(context, tmp_path):
    (tmp_path / "a.md").write_text("one\ntwo\n")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\x00")
    before = everything(tmp_path)
    new = await preview(write_file, context, "new/b.md", "hello\n")
    assert (new.kind, new.text) == ("diff", "--- /dev/null\n+++ new/b.md\n@@ -0,0 +1 @@\n+hello\n")
    changed = await preview(write_file, context, "a.md", "one\n2\n")
    assert changed.text == "--- a.md\n+++ a.md\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
    added = await preview(write_file, context, "a.md", "three\n", True)
    assert added.text.endswith(" one\n two\n+three\n")
    assert (await preview(write_file, context, "a.md", "one\ntwo\n")).text == "leaves a.md as it is"
    assert "5 bytes, not shown" in (await preview(write_file, context, "a.png", "x")).text
    assert "too many to show" in (await preview(write_file, context, "a.md", "x\n" * 30_000)).text
    assert (await preview(write_file, context, "b", "")).text == "makes the empty file b"
    edited = await preview(edit_file, context, "a.md", "two", "2")
    assert edited == changed
    assert (await preview(make_folder, context, "x/y")).text == "makes the folder x/y"
    assert everything(tmp_path) == before
    assert context.kept == []


async def test_one_match_is_replaced(context, tmp_path):
    (tmp_path / "a.md").write_text("one two three")
    result = await edit_file.run(context, "a.md", "two", "2")
    assert (tmp_path / "a.md").read_text() == "one 2 three"
    assert result.output.model_dump() == {"path": "a.md", "replaced": 1}
    assert result.receipt.facts["files"][0]["sha256_before"] == sha(b"one two three")


@pytest.mark.parametrize(
    ("text", "old", "code", "words"),
    [
        ("one two", "three", "no_match", "exactly as it stands"),
        ("two two", "two", "many_matches", "2 times"),
        ("aaa", "aa", "many_matches", "2 times"),
        ("one", "", "bad_arguments", "empty"),
    ],
)
async def test_anything_but_one_match_is_refused(context, tmp_path, text, old, code, words):
    (tmp_path / "a.md").write_text(text)
    error = await failing(edit_file.run, context, "a.md", old, "x")
    assert error.code == code
    assert words in str(error)
    assert (await failing(edit_file.preview, context, "a.md", old, "x")).code == code
    assert (tmp_path / "a.md").read_text() == text
    assert context.kept == []


async def test_line_ends_of_the_file_stay(context, tmp_path):
    (tmp_path / "a.md").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    await edit_file.run(context, "a.md", "one\ntwo", "1\n2")
    assert (tmp_path / "a.md").read_bytes() == b"1\r\n2\r\nthree\r\n"


async def test_an_edited_file_keeps_its_encoding(context, tmp_path):
    (tmp_path / "a.md").write_bytes("Grüße aus München".encode("cp1252"))
    await edit_file.run(context, "a.md", "München", "Köln")
    assert (tmp_path / "a.md").read_bytes() == "Grüße aus Köln".encode("cp1252")


async def test_a_missing_file_is_not_edited(context):
    assert (await failing(edit_file.run, context, "a.md", "a", "b")).code == "not_found"


async def test_folders_are_made_once_and_each_is_kept_as_absent(context, tmp_path):
    result = await make_folder.run(context, "x/y")
    assert (tmp_path / "x" / "y").is_dir()
    assert result.output.path == "x/y"
    assert context.kept == [tmp_path / "x", tmp_path / "x/y"]
    again = await make_folder.run(context, "x/y")
    assert "was there already" in again.receipt.summary
    assert len(context.kept) == 2


@pytest.mark.parametrize(("path", "code"), [("a", "not_a_folder"), ("a/b", "not_a_folder")])
async def test_a_folder_is_not_made_where_a_file_is(context, tmp_path, path, code):
    (tmp_path / "a").write_text("x")
    assert (await failing(make_folder.run, context, path)).code == code
