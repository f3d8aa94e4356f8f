# ruff: noqa: RUF001  (letters in disguise are what is tested)
"""Which files are data alone, that nothing runs or obeys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.plain_files import is_plain_data


@pytest.mark.parametrize(
    "path",
    [
        "dinner.md",
        "notes/2026/a.b.txt",
        "Report.PDF",
        "table.csv",
        "data.json",
        "claudia.md",
        "my agents.md",
        "rocket.json",
        "/home/me/notes/x.jsonl",
    ],
)
def test_data(path: str) -> None:
    assert is_plain_data(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "name",
        "run.sh",
        "x.py",
        "x.html",
        "x.svg",
        "x.desktop",
        "x.toml",
        "Makefile",
        ".env",
        ".hidden.md",
        ".git/notes.md",
        ".vscode/tasks.json",
        "a/.b/c/d.txt",
        "x.md.sh",
        "x.md ",
        "x.md.",
        "x.sh\n.py",
        "AGENTS.md",
        "deep/Agents.MD",
        "AGENTS.override.md",
        "CLAUDE.local.md",
        "ＡＧＥＮＴＳ.md",
        "ſkill.md",
        "tests.instructions.md",
        "x.prompt.md",
        "requirements.txt",
        "dev-requirements.txt",
        "requirements_dev.txt",
        "CMakeLists.txt",
        "package.json",
        "tsconfig.build.json",
        "babel.config.json",
        "mcp.json",
        "user-settings.json",
        "webrc.json",
        "yarn.lock.json",
        "hooks/readme.md",
        "lib/node_modules/x/data.json",
    ],
)
def test_what_something_runs_or_obeys(path: str) -> None:
    assert not is_plain_data(path)


@given(st.text(), st.sampled_from([".md", ".txt", ".json", ".csv"]))
def test_nothing_below_a_hidden_folder_is_data(name: str, ending: str) -> None:
    assert not is_plain_data(f".x/{name}{ending}")


@given(st.text())
def test_whatever_the_name_a_script_is_no_data(name: str) -> None:
    assert not is_plain_data(f"{name}.sh")
