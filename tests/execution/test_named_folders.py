"""What the goal names by its path may be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.execution.named_folders import named_in


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my notes").mkdir()
    (tmp_path / "Downloads").mkdir()
    (tmp_path / "a.txt").write_text("a")
    return tmp_path.resolve()


def test_folders_and_files_are_named_by_their_paths(home: Path) -> None:
    assert named_in("Summarise ~/Downloads.") == [home / "Downloads"]
    assert named_in(f"Read {home}/a.txt, then tell me") == [home / "a.txt"]
    assert named_in('List "~/my notes" and ~/Downloads') == [home / "my notes", home / "Downloads"]


def test_what_is_not_there_or_is_everything_is_not_named(home: Path) -> None:
    assert named_in("Look at ~/nothing and / and https://example.org/Downloads and and/or") == []
    assert named_in("~nobody-of-that-name/x \0 /\0") == []


def test_a_part_of_a_word_names_nothing(home: Path) -> None:
    assert named_in("x~/Downloads and a/b~/Downloads") == []
