import os
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.errors import ToolError
from butler_tui.tools.diffs import unified
from butler_tui.tools.files import compare_files, list_files, read_file
from butler_tui.tools.plain_text import decode


async def names(context, path=".", pattern=None):
    result = await list_files.run(context, path, pattern)
    return [entry.path for entry in result.output.files]


async def failing(tool, context, *args):
    with pytest.raises(ToolError) as caught:
        await tool.run(context, *args)
    return caught.value


async def test_a_folder_is_listed_by_name_with_size_time_and_kind(context, tmp_path):
    (tmp_path / "b.PDF").write_bytes(b"12345")
    os.utime(tmp_path / "b.PDF", (1_700_000_000, 1_700_000_000))
    (tmp_path / "Archive").mkdir()
    (tmp_path / ".hidden").write_text("x")
    result = await list_files.run(context, ".")
    archive, pdf = result.output.files
    assert (archive.name, archive.folder, archive.kind) == ("Archive", True, "")
    assert pdf.model_dump() == {
        "name": "b.PDF",
        "path": "b.PDF",
        "size": 5,
        "modified": "2023-11-14T22:13:20+00:00",
        "folder": False,
        "kind": "pdf",
    }
    assert datetime.fromisoformat(pdf.modified).tzinfo == UTC
    assert result.marks[0].origin == "folder ."


async def test_patterns_choose_by_name_here_or_at_every_depth(context, tmp_path):
    for path in ("a.md", "b.MD", "c.txt", "x/d.md", "x/y/e.md", ".h/f.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    assert await names(context, ".", "*.md") == ["a.md", "b.MD"]
    assert await names(context, ".", "**/*.md") == ["a.md", "b.MD", "x/d.md", "x/y/e.md"]
    assert await names(context, ".", "x/*.md") == ["x/d.md"]
    assert await names(context, "x", "*.md") == ["x/d.md"]
    assert await names(context, ".", "[ac].*") == ["a.md", "c.txt"]
    assert await names(context, ".", ".*") == [".h"]
    assert await names(context, ".", "../*") == []


async def test_a_listing_neither_follows_links_nor_shows_butlers_own(
    context, tmp_path, tmp_path_factory
):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_text("x")
    (tmp_path / "way").symlink_to(outside)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "butler.db").write_text("x")
    context.forbidden = [tmp_path / "own"]
    assert await names(context, ".", "**/*") == ["way"]
    assert (await failing(list_files, context, "way")).code == "outside"
    assert (await failing(list_files, context, "own")).code == "forbidden"


async def test_a_name_that_is_no_text_is_listed_all_the_same(context, tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    assert await names(context) == ["caf\N{REPLACEMENT CHARACTER}.txt"]


async def test_folders_nested_without_end_do_not_end_the_listing(context, tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert 30 < len(await names(context, ".", "**/*")) < 60


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße €".encode(), "Grüße €"),
        (b"\xef\xbb\xbfwith mark", "with mark"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße aus München".encode("cp1252"), "Grüße aus München"),
        ("déjà vu à l'été, 5 €".encode("cp1252"), "déjà vu à l'été, 5 €"),
        ("Привет, как дела? Это текст.".encode("cp1251"), "Привет, как дела? Это текст."),
        ("これはテストです。日本語の文章。".encode("cp932"), "これはテストです。日本語の文章。"),
        (b"one\r\ntwo\r\n", "one\r\ntwo\r\n"),
        (b"", ""),
    ],
)
async def test_the_encoding_is_found_out(context, tmp_path, data, text):
    (tmp_path / "a.txt").write_bytes(data)
    output = (await read_file.run(context, "a.txt")).output
    assert (output.text, output.characters, output.truncated) == (text, len(text), False)


async def test_max_chars_cuts_and_says_so(context, tmp_path):
    (tmp_path / "a.txt").write_text("äöü" * 10)
    output = (await read_file.run(context, "a.txt", 4)).output
    assert (output.text, output.characters, output.truncated) == ("äöüä", 30, True)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.bin", b"\x00\x01\x02", "a.bin is not a text file; name one that is."),
        (
            "a.pdf",
            b"%PDF-1.7\n\x00\xff",
            "a.pdf is a document, not plain text; ask to summarise a.pdf.",
        ),
        ("a.xlsx", b"PK\x03\x04\x00\x00", "a.xlsx is a table, not text; ask to describe a.xlsx."),
        ("noise", bytes(range(1, 9)) * 20, "noise is not a text file; name one that is."),
    ],
)
async def test_what_is_not_text_is_refused_with_what_to_do(context, tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    error = await failing(read_file, context, name)
    assert (error.code, str(error)) == ("binary", said)


async def test_a_sparse_terabyte_is_refused_at_once(context, tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    assert (await failing(read_file, context, "huge")).code == "too_big"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_without_permission_says_so(context, tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0)
    assert (await failing(read_file, context, "a")).code == "no_permission"


async def test_what_is_read_is_marked_by_its_file(context, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    result = await read_file.run(context, "a.txt")
    assert [(mark.path, mark.origin, mark.untrusted) for mark in result.marks] == [
        ((), "file a.txt", None)
    ]
    assert read_file.private and not read_file.untrusted


async def test_what_the_system_knows_as_downloaded_is_untrusted(context, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.txt").write_text("y")
    try:
        os.setxattr(tmp_path / "a.txt", "user.xdg.origin.url", b"https://example.org/a")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    assert (await read_file.run(context, "a.txt")).marks[0].untrusted is True
    listing = await list_files.run(context, ".")
    assert [(mark.path, mark.untrusted) for mark in listing.marks[1:]] == [(("files", 0), True)]
    for pair in (("a.txt", "b.txt"), ("b.txt", "a.txt")):
        (mark,) = (await compare_files.run(context, *pair)).marks
        assert mark.untrusted is True
        assert mark.origin == f"file {pair[0]} and file {pair[1]}"


async def test_two_files_are_compared_line_by_line(context, tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\nthree\n")
    (tmp_path / "b.txt").write_text("one\n2\nthree\nfour")
    output = (await compare_files.run(context, "a.txt", "b.txt")).output
    assert (output.added, output.removed, output.same) == (2, 1, False)
    assert output.text == (
        "--- a.txt\n+++ b.txt\n@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four\n"
        "\\ No newline at end of file\n"
    )


async def test_equal_files_are_the_same_however_long(context, tmp_path):
    (tmp_path / "a.txt").write_text("x\n" * 30_000)
    (tmp_path / "b.txt").write_text("x\n" * 30_000)
    (tmp_path / "c.txt").write_text("x\n" * 30_001)
    assert (await compare_files.run(context, "a.txt", "b.txt")).output.same
    assert (await failing(compare_files, context, "a.txt", "c.txt")).code == "too_big"


async def test_the_same_text_in_another_encoding_is_not_the_same_file(context, tmp_path):
    (tmp_path / "a.txt").write_bytes("ä".encode())
    (tmp_path / "b.txt").write_bytes("ä".encode("utf-16"))
    output = (await compare_files.run(context, "a.txt", "b.txt")).output
    assert (output.same, output.text) == (False, "")


texts = st.text(st.sampled_from("ab-+ \n\x0b\u2028"), max_size=60)


@given(before=texts, after=texts)
def test_a_diff_counts_what_it_shows_and_holds_both_texts(before, after):
    diff = unified(before, after, "a", "b")
    lines = diff.text.split("\n")[2:]
    assert diff.added == sum(line.startswith("+") for line in lines)
    assert diff.removed == sum(line.startswith("-") for line in lines)
    assert (diff.text == "") == (before == after)


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"])))
def test_utf_8_is_read_as_it_is_and_can_be_written_back(text):
    if text.startswith("\ufeff"):
        text = text[1:] + "x"
    read = decode(text.encode(), "a")
    assert read.text == text
    assert read.encoded(text, "a") == text.encode()
    assert unicodedata.is_normalized("NFC", text) == unicodedata.is_normalized("NFC", read.text)
