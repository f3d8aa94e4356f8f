# ruff: noqa: RUF001  (letters in disguise are what is tested)
"""Hostile paths: each ends in a refusal, and nothing outside is read, nothing at all is changed."""

from __future__ import annotations

import os
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from world import SECRET, World

from butler_tui.core.tool import Tool
from butler_tui.tools.changes import edit_file, make_folder, write_file
from butler_tui.tools.documents import read_document
from butler_tui.tools.files import compare_files, list_files, read_file
from butler_tui.tools.finding import find_files
from butler_tui.tools.moving import copy_file, delete_file, move_file
from butler_tui.tools.table_changes import edit_table, write_table
from butler_tui.tools.tables import describe_table, query_table

Prepare = Callable[[World], object]


@dataclass
class Case:
    """A call, what makes the world ready for it, and the code it is refused with."""

    tool: Tool
    args: dict[str, Any]
    code: str
    prepare: Prepare = field(default=lambda _: None)


def link(name: str, to: str) -> Prepare:
    return lambda world: (world.inside / name).symlink_to(world.fill(to))


def hard_link(name: str, to: str) -> Prepare:
    return lambda world: os.link(world.fill(to), world.inside / name)


def fifo(name: str) -> Prepare:
    return lambda world: os.mkfifo(world.inside / name)


def sparse(name: str) -> Prepare:
    def make(world: World) -> None:
        with (world.inside / name).open("wb") as file:
            file.truncate(1 << 40)

    return make


def everything_allowed(world: World) -> None:
    world.context.folders = [Path("/")]


def open_to_others(world: World) -> None:
    (world.inside / "sub").chmod(0o777)
    os.link(world.outside / "secret.txt", world.inside / "sub" / "gift.txt")


def linked_by_another(world: World) -> None:
    os.chown(world.outside / "secret.txt", 12345, 12345)
    os.link(world.outside / "secret.txt", world.inside / "gift.txt")


def existing(name: str) -> Prepare:
    return lambda world: (world.inside / name).write_text("mine")


def bomb(name: str, first: str, *, lie: bool = False) -> Prepare:
    """A zip file whose member unpacks to 300 MB, or that says it holds next to nothing."""

    def make(world: World) -> None:
        path = world.inside / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            with archive.open(first, "w", force_zip64=True) as member:
                for _ in range(300):
                    member.write(b" " * 1_000_000)
        if lie:
            data = bytearray(path.read_bytes())
            at = data.rfind(b"PK\x01\x02")
            data[at + 24 : at + 28] = struct.pack("<I", 10)
            path.write_bytes(data)

    return make


def slipping(name: str) -> Prepare:
    """An EPUB whose book names files outside of it."""

    def make(world: World) -> None:
        with zipfile.ZipFile(world.inside / name, "w") as archive:
            archive.writestr("mimetype", "application/epub+zip")
            archive.writestr(
                "META-INF/container.xml",
                '<container><rootfiles><rootfile full-path="../../outside/secret.txt"/>'
                "</rootfiles></container>",
            )
            archive.writestr("../../outside/planted.txt", "planted")

    return make


def outer_entity(world: World) -> None:
    """An EPUB whose XML wants to take in a file of the machine."""
    with zipfile.ZipFile(world.inside / "x.epub", "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{world.outside}/secret.txt">]>'
            '<container><rootfiles><rootfile full-path="&e;"/></rootfiles></container>',
        )


TWIN = unicodedata.normalize("NFD", "Bütler")
LONG = "x" * 256
OUT = "{outside}/secret.txt"

CASES = {
    # out of the allowed folder
    "read by dots": Case(read_file, {"path": "../outside/secret.txt"}, "outside"),
    "read by many dots": Case(read_file, {"path": "sub/../../outside/secret.txt"}, "outside"),
    "read absolute": Case(read_file, {"path": OUT}, "outside"),
    "read by double slash": Case(read_file, {"path": f"/{OUT}"}, "outside"),
    "read home": Case(read_file, {"path": "~/secret.txt"}, "outside"),
    "read another's home": Case(read_file, {"path": "~root/.profile"}, "outside"),
    "read a URL of a file": Case(read_file, {"path": f"file://{OUT}"}, "not_found"),
    "read percent dots": Case(read_file, {"path": "%2e%2e/outside/secret.txt"}, "not_found"),
    "read backslash dots": Case(read_file, {"path": "..\\outside\\secret.txt"}, "not_found"),
    "read full-width dots": Case(read_file, {"path": "．．/outside/secret.txt"}, "not_found"),
    "read by link": Case(read_file, {"path": "in"}, "outside", link("in", OUT)),
    "read below link": Case(
        read_file, {"path": "in/secret.txt"}, "outside", link("in", "{outside}")
    ),
    "read round link": Case(read_file, {"path": "in"}, "is_link", link("in", "in")),
    "list outside": Case(list_files, {"path": "{outside}"}, "outside"),
    "list by link": Case(list_files, {"path": "in"}, "outside", link("in", "{outside}")),
    "list dots in glob": Case(list_files, {"path": "sub/../..", "pattern": "**/*.txt"}, "outside"),
    "find outside": Case(find_files, {"path": "..", "text": SECRET}, "outside"),
    "compare with outside": Case(compare_files, {"path": "notes.txt", "other": OUT}, "outside"),
    "document outside": Case(read_document, {"path": OUT}, "outside"),
    "table outside": Case(describe_table, {"path": "{outside}/secret.csv"}, "outside"),
    "one of two tables outside": Case(
        query_table,
        {"sql": "SELECT * FROM t2", "paths": ["table.csv", "{outside}/secret.csv"]},
        "outside",
    ),
    "query reads a file": Case(
        query_table,
        {"sql": "SELECT * FROM read_text('{outside}/secret.txt')", "paths": ["table.csv"]},
        "not_allowed",
    ),
    "query names a file": Case(
        query_table,
        {"sql": "SELECT * FROM '{outside}/secret.csv'", "paths": ["table.csv"]},
        "not_allowed",
    ),
    "query writes a file": Case(
        query_table,
        {"sql": "COPY (SELECT 1) TO '{outside}/out.csv'", "paths": ["table.csv"]},
        "not_a_query",
    ),
    "query hides a second": Case(
        query_table,
        {"sql": "SELECT 1; ATTACH '{outside}/x.db'", "paths": ["table.csv"]},
        "not_a_query",
    ),
    "write outside": Case(write_file, {"path": "../outside/new.txt", "content": "x"}, "outside"),
    "write by link": Case(
        write_file, {"path": "in", "content": "x"}, "outside", link("in", "{outside}/new.txt")
    ),
    "append by link": Case(
        write_file, {"path": "in", "content": "x", "append": True}, "outside", link("in", OUT)
    ),
    "edit outside": Case(edit_file, {"path": OUT, "old": SECRET, "new": "x"}, "outside"),
    "folder outside": Case(make_folder, {"path": "../outside/new"}, "outside"),
    "folder by link": Case(make_folder, {"path": "in/new"}, "outside", link("in", "{outside}")),
    "table written outside": Case(
        write_table, {"path": "{outside}/new.csv", "rows": [{"a": 1}]}, "outside"
    ),
    "move out": Case(move_file, {"path": "notes.txt", "to": "../outside/"}, "outside"),
    "move in": Case(move_file, {"path": OUT, "to": "mine.txt"}, "outside"),
    "move by link": Case(
        move_file, {"path": "notes.txt", "to": "in"}, "outside", link("in", "{outside}")
    ),
    "move a link": Case(move_file, {"path": "in", "to": "mine"}, "is_link", link("in", OUT)),
    "copy in": Case(copy_file, {"path": OUT, "to": "mine.txt"}, "outside"),
    "copy a link": Case(copy_file, {"path": "in", "to": "mine"}, "is_link", link("in", OUT)),
    "delete outside": Case(delete_file, {"path": OUT}, "outside"),
    "delete below link": Case(
        delete_file, {"path": "in/secret.txt"}, "outside", link("in", "{outside}")
    ),
    # hard links to what lies elsewhere
    "read a linked key": Case(
        read_file, {"path": "k"}, "hard_link", hard_link("k", "{outside}/key")
    ),
    "copy a linked key": Case(
        copy_file, {"path": "k", "to": "k2"}, "hard_link", hard_link("k", "{outside}/key")
    ),
    "move a linked key": Case(
        move_file, {"path": "k", "to": "k2"}, "hard_link", hard_link("k", "{outside}/key")
    ),
    "document by link": Case(
        read_document, {"path": "k.html"}, "hard_link", hard_link("k.html", "{outside}/key")
    ),
    "table by link": Case(
        describe_table, {"path": "k.csv"}, "hard_link", hard_link("k.csv", "{outside}/key")
    ),
    "read where others link": Case(
        read_file, {"path": "sub/gift.txt"}, "hard_link", open_to_others
    ),
    "write through a link": Case(
        write_file, {"path": "k", "content": "x"}, "hard_link", hard_link("k", OUT)
    ),
    "edit through a link": Case(
        edit_file, {"path": "k", "old": SECRET, "new": "x"}, "hard_link", hard_link("k", OUT)
    ),
    "edit a linked table": Case(
        edit_table,
        {"path": "k.csv", "cells": [{"cell": "A1", "value": 1}]},
        "hard_link",
        hard_link("k.csv", "{outside}/secret.csv"),
    ),
    # Butler's own
    "read own settings": Case(read_file, {"path": "Bütler/config.toml"}, "forbidden"),
    "read own by capitals": Case(read_file, {"path": "BÜTLER/CONFIG.TOML"}, "forbidden"),
    "read own by twin": Case(read_file, {"path": f"{TWIN}/config.toml"}, "forbidden"),
    "read own by dot": Case(read_file, {"path": "Bütler./config.toml"}, "forbidden"),
    "read own by blank": Case(read_file, {"path": "Bütler /config.toml. "}, "forbidden"),
    "read own by joiner": Case(read_file, {"path": "Büt\u200cler/config.toml"}, "forbidden"),
    "read own by full width": Case(read_file, {"path": "Ｂütler/config.toml"}, "forbidden"),
    "read own by link": Case(read_file, {"path": "in"}, "forbidden", link("in", "{own}/butler.db")),
    "read own by hard link": Case(
        read_file, {"path": "db"}, "forbidden", hard_link("db", "{own}/butler.db")
    ),
    "list own": Case(list_files, {"path": "Bütler"}, "forbidden"),
    "find in own": Case(find_files, {"path": "{own}", "text": SECRET}, "forbidden"),
    "write own rules": Case(write_file, {"path": "Bütler/rules.toml", "content": "x"}, "forbidden"),
    "write own tool": Case(
        write_file, {"path": "Bütler/tools/evil.py", "content": "x"}, "forbidden"
    ),
    "folder in own": Case(make_folder, {"path": "Bütler/agents/new"}, "forbidden"),
    "move into own": Case(move_file, {"path": "notes.txt", "to": "Bütler/recipes/"}, "forbidden"),
    "copy the database": Case(copy_file, {"path": "{own}/butler.db", "to": "db"}, "forbidden"),
    "delete own settings": Case(delete_file, {"path": "Bütler/config.toml"}, "forbidden"),
    # names
    "empty": Case(read_file, {"path": " "}, "bad_path"),
    "NUL": Case(read_file, {"path": "notes.txt\0.png"}, "bad_path"),
    "long name": Case(write_file, {"path": LONG, "content": "x"}, "bad_path"),
    "long path": Case(make_folder, {"path": "x/" * 2100}, "bad_path"),
    "new line": Case(write_file, {"path": "a\n+ b", "content": "x"}, "bad_name"),
    "escape": Case(make_folder, {"path": "\x1b[2Ja"}, "bad_name"),
    "bidi": Case(copy_file, {"path": "notes.txt", "to": "a\u202etxt.sh"}, "bad_name"),
    "blank at the end": Case(write_file, {"path": "notes.txt ", "content": "x"}, "bad_name"),
    "dot at the end": Case(write_file, {"path": "notes.txt.", "content": "x"}, "bad_name"),
    "hidden folder on the way": Case(
        write_file, {"path": "a\u200b/b.txt", "content": "x"}, "bad_name"
    ),
    "normalised twin": Case(
        write_file,
        {"path": unicodedata.normalize("NFD", "café.txt"), "content": "x"},
        "twin",
        existing("café.txt"),
    ),
    "missing with escapes": Case(read_file, {"path": "\x1b]52;c;eA==\x07"}, "not_found"),
    # what is no file
    "pipe": Case(read_file, {"path": "pipe"}, "not_a_file", fifo("pipe")),
    "pipe as document": Case(read_document, {"path": "p.pdf"}, "not_a_file", fifo("p.pdf")),
    "pipe as table": Case(describe_table, {"path": "p.csv"}, "not_a_file", fifo("p.csv")),
    "write to a pipe": Case(
        write_file, {"path": "pipe", "content": "x"}, "not_a_file", fifo("pipe")
    ),
    "own environment": Case(
        read_file, {"path": "/proc/self/environ"}, "forbidden", everything_allowed
    ),
    "own root": Case(
        read_file, {"path": "/proc/self/root/etc/passwd"}, "forbidden", everything_allowed
    ),
    "list processes": Case(list_files, {"path": "/proc"}, "forbidden", everything_allowed),
    "open descriptor": Case(
        write_file, {"path": "/proc/self/fd/1", "content": "x"}, "forbidden", everything_allowed
    ),
    "endless device": Case(read_file, {"path": "/dev/zero"}, "not_a_file", everything_allowed),
    "copy a device": Case(
        copy_file, {"path": "/dev/zero", "to": "zero"}, "not_a_file", everything_allowed
    ),
    "link to a device": Case(read_file, {"path": "z"}, "outside", link("z", "/dev/zero")),
    "sparse text": Case(read_file, {"path": "s"}, "too_big", sparse("s")),
    "sparse document": Case(read_document, {"path": "s.pdf"}, "too_big", sparse("s.pdf")),
    "sparse table": Case(describe_table, {"path": "s.parquet"}, "bad_table", sparse("s.parquet")),
    "sparse edit": Case(edit_file, {"path": "s", "old": "a", "new": "b"}, "too_big", sparse("s")),
    # archives
    "bomb as document": Case(
        read_document, {"path": "b.docx"}, "bomb", bomb("b.docx", "word/document.xml")
    ),
    "bomb as workbook": Case(
        describe_table, {"path": "b.xlsx"}, "too_big", bomb("b.xlsx", "xl/workbook.xml")
    ),
    "bomb that lies": Case(
        describe_table, {"path": "b.xlsx"}, "bad_table", bomb("b.xlsx", "xl/workbook.xml", lie=True)
    ),
    "zip slip": Case(read_document, {"path": "x.epub"}, "damaged", slipping("x.epub")),
    "outer entity": Case(read_document, {"path": "x.epub"}, "damaged", outer_entity),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_hostile_path_is_refused_without_effect(world: World, case: str) -> None:
    it = CASES[case]
    it.prepare(world)
    error = await world.refuses(it.tool, it.args)
    assert error.code == it.code, str(error)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_a_link_to_somebody_elses_file_is_not_read(world: World) -> None:
    linked_by_another(world)
    error = await world.refuses(read_file, {"path": "gift.txt"})
    assert error.code == "hard_link"


async def test_a_copy_that_cannot_fit_is_not_begun(world: World) -> None:
    with (world.inside / "s").open("wb") as file:
        file.truncate(1 << 43)
    before = world.seen()
    with pytest.raises(Exception, match="more than the disk has left"):
        await copy_file.run(world.context, "s", "t")
    assert world.seen() == before


async def test_a_search_of_everything_sees_neither_the_system_nor_butlers_own(
    world: World,
) -> None:
    os.link(world.own / "butler.db", world.inside / "db.txt")
    os.link(world.outside / "key", world.inside / "key.txt")
    (world.inside / "in").symlink_to(world.outside)
    for tool, args in (
        (find_files, {"path": ".", "text": SECRET}),
        (find_files, {"path": ".", "name": "butler.db"}),
    ):
        found = (await tool.run(world.context, **args)).output
        assert found.files == []
    listed = (await list_files.run(world.context, ".", "**/*")).output
    assert {one.path for one in listed.files} == {"in", "key.txt", "notes.txt", "sub", "table.csv"}


async def test_a_walk_from_the_root_leaves_out_the_system(world: World) -> None:
    everything_allowed(world)
    listed = (await list_files.run(world.context, "/")).output
    assert not {"/proc", "/sys"} & {one.path for one in listed.files}


async def test_a_joiner_inside_a_word_or_an_emoji_is_a_good_name(world: World) -> None:
    for name in ("می‌خواهم.txt", "👨‍👩‍👧.txt", ".hidden", "a  b.txt"):
        await write_file.run(world.context, name, "x")
        assert (world.inside / name).read_text() == "x"
