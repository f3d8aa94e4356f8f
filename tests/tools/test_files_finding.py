import os
import shutil

import pytest

from butler_tui.core.errors import ToolError
from butler_tui.tools import finding
from butler_tui.tools.finding import find_files

WITH_RIPGREP = pytest.param(
    True, marks=pytest.mark.skipif(not shutil.which("rg"), reason="ripgrep is not installed")
)


@pytest.fixture(params=[WITH_RIPGREP, False], ids=["ripgrep", "python"])
def search(request, context, monkeypatch):
    """find_files with and without ripgrep on the path."""
    if not request.param:
        monkeypatch.setenv("PATH", "")

    async def run(**arguments):
        path = arguments.pop("path", ".")
        return await find_files.run(context, path, **arguments)

    return run


async def found(search, **arguments):
    output = (await search(**arguments)).output
    return {one.path: [(line.line, line.text) for line in one.lines] for one in output.files}


@pytest.fixture
def notes(tmp_path):
    for path, data in {
        "Rechnung-2025.md": b"Invoice no. 7\r\nTotal: 30 EUR\r\n",
        "sub/invoice.txt": b"nothing here\nINVOICE above\nand invoice below",
        "sub/deep/other.md": "Die Grüße an Köln".encode(),
        "latin.txt": "Grüße, invoice".encode("cp1252"),
        "wide.txt": "Invoice in UTF-16".encode("utf-16"),
        "picture.png": b"\x89PNG\x00\x00invoice",
        "kelvin.txt": "\u212aelvin, \u0131nvo\u0131ce".encode(),
        ".hidden/invoice.md": b"invoice",
        ".gitignore": b"sub/\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


async def test_lines_that_hold_a_text_are_found_in_every_encoding(search, notes):
    assert await found(search, text="invoice") == {
        "latin.txt": [(1, "Grüße, invoice")],
        "Rechnung-2025.md": [(1, "Invoice no. 7")],
        "sub/invoice.txt": [(2, "INVOICE above"), (3, "and invoice below")],
        "wide.txt": [(1, "Invoice in UTF-16")],
    }
    assert await found(search, text="grüße") == {
        "latin.txt": [(1, "Grüße, invoice")],
        "sub/deep/other.md": [(1, "Die Grüße an Köln")],
    }
    assert await found(search, text="kelvin") == {}


async def test_names_are_found_by_part_or_pattern(search, notes):
    assert list(await found(search, name="invoice")) == ["sub/invoice.txt"]
    assert list(await found(search, name="*.md")) == ["Rechnung-2025.md", "sub/deep/other.md"]
    assert list(await found(search, name="sub/*")) == ["sub/invoice.txt"]
    assert list(await found(search, path="sub", name="*.md")) == ["sub/deep/other.md"]
    assert list(await found(search, name="*.md", text="total")) == ["Rechnung-2025.md"]


@pytest.mark.parametrize("text", ["-e", "--files", "(", "a.*b", "$(id)", "\\", "'"])
async def test_a_text_is_taken_as_it_stands(search, tmp_path, text):
    (tmp_path / "yes.txt").write_text(f"before {text} after\n")
    (tmp_path / "no.txt").write_text("a plain line, axxb\n")
    assert list(await found(search, text=text)) == ["yes.txt"]


async def test_links_and_butlers_own_are_left_out(search, context, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("needle")
    (tmp_path / "way").symlink_to(outside)
    (tmp_path / "link.txt").symlink_to(outside / "secret.txt")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "rules.txt").write_text("needle")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "mine.txt").write_text("needle")
    context.forbidden = [tmp_path / "own"]
    assert list(await found(search, text="needle")) == ["mine.txt"]
    assert list(await found(search, name="*.txt")) == ["mine.txt"]


async def test_each_file_is_marked_as_the_origin_of_its_lines(search, tmp_path):
    (tmp_path / "a.txt").write_text("needle")
    result = await search(text="needle")
    assert [(mark.path, mark.origin) for mark in result.marks] == [
        ((), "folder ."),
        (("files", 0), "file a.txt"),
    ]


async def test_what_is_left_out_is_said(search, tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("needle\n" * 60)
    output = (await search(name="*.txt")).output
    assert ([one.path for one in output.files], output.truncated) == (
        ["0.txt", "1.txt", "2.txt"],
        True,
    )
    output = (await search(name="0.txt", text="needle")).output
    assert (len(output.files[0].lines), output.truncated) == (finding.MOST_LINES, True)
    assert not (await search(name="0.txt")).output.truncated


async def test_a_long_line_is_cut_around_the_match(search, tmp_path):
    (tmp_path / "a.txt").write_text("x" * 5_000 + "needle" + "y" * 5_000)
    ((_, line),) = (await found(search, text="needle"))["a.txt"]
    assert "needle" in line
    assert len(line) == finding.LONGEST_LINE


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "bad_arguments"),
        ({"text": "a\nb"}, "bad_arguments"),
        ({"path": "missing", "name": "a"}, "not_found"),
        ({"path": "/etc", "name": "a"}, "outside"),
    ],
)
async def test_what_cannot_be_searched_is_refused(search, arguments, code):
    with pytest.raises(ToolError) as caught:
        await search(**arguments)
    assert caught.value.code == code


async def test_a_ripgrep_that_fails_is_done_without(context, tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rg").write_text("#!/bin/sh\nexit 2\n")
    (programs / "rg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / "a.txt").write_text("needle")
    output = (await find_files.run(context, ".", text="needle")).output
    assert [one.path for one in output.files] == ["a.txt"]


async def test_a_settings_file_of_ripgrep_changes_nothing(search, tmp_path, monkeypatch):
    (tmp_path / "ripgreprc").write_text("--glob=!*.txt\n")
    monkeypatch.setenv("RIPGREP_CONFIG_PATH", str(tmp_path / "ripgreprc"))
    (tmp_path / "a.txt").write_text("needle")
    assert list(await found(search, text="needle")) == ["a.txt"]
