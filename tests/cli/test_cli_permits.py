"""What a person permits for a whole run: rehearsal, bounds, labels, a plan's sheet."""

from __future__ import annotations

import pytest
from command_line import CommandLine

TWO = 'write_file("one.md", "1")\nwrite_file("two.md", "2")\n'


def test_a_rehearsal_changes_nothing_and_says_what_would_be(
    butler: CommandLine, copying: str
) -> None:
    done = butler("run", "--plan", copying, "--rehearse")
    assert done.code == 0
    assert not (butler.folder / "copy.md").exists()
    assert "would change: write_file(path=copy.md" in done.err
    assert "it would be asked" in done.err
    assert "+Tea is a drink." in done.err
    assert "This was a rehearsal: 1 call only previewed." in done.err
    assert "# Rehearsal of run" in butler("report", "last").out


def test_calls_within_a_signed_bound_are_not_asked(butler: CommandLine) -> None:
    plan = butler.plan(TWO)
    done = butler("run", "--plan", plan, "--bound", "write_file: most=2, path=*.md")
    assert done.code == 0
    assert (butler.folder / "two.md").read_text() == "2"
    outside = butler("run", "--plan", plan, "--bound", "write_file: most=2, path=one*")
    assert outside.code == 3
    assert "not within the bound you signed" in outside.err
    more = butler("resume", "last", "--bound", "write_file: most=2, path=two*")
    assert more.code == 0


def test_one_call_too_many_stops(butler: CommandLine) -> None:
    done = butler("run", "--plan", butler.plan(TWO), "--bound", "write_file: most=1")
    assert done.code == 3
    assert "beyond the count of the bound you signed" in done.err
    assert len(list(butler.folder.glob("t*.md")) + list(butler.folder.glob("o*.md"))) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--bound", "write_fil: most=1"],
        ["--even-if", "friendly"],
        ["--plan-only", "--rehearse"],
    ],
)
def test_what_cannot_be_permitted_begins_no_run(
    butler: CommandLine, copying: str, words: list[str]
) -> None:
    assert butler("run", "--plan", copying, *words).code == 2
    assert butler("runs", "--json").out == ""


def test_a_label_is_lifted_for_a_run(butler: CommandLine) -> None:
    config = butler.home / "config.toml"
    config.write_text(f'[folders]\nuntrusted = ["{butler.folder}"]\n')
    config.chmod(0o600)
    plan = butler.plan('page = read_file("README.md")\nmake_folder(page.text[2:5])\n')
    assert butler("run", "--plan", plan, "--yes").code == 3
    assert butler("run", "--plan", plan, "--yes", "--even-if", "private").code == 3
    assert butler("run", "--plan", plan, "--yes", "--even-if", "untrusted").code == 0
    assert (butler.folder / "Tea").is_dir()


def test_a_sheet_is_accepted_without_one_and_within_bounds(butler: CommandLine) -> None:
    plan = butler.plan(TWO + 'page = read_file("README.md")\nwrite_file("three.md", page.text)\n')
    butler("run", "--plan", plan)
    one, _, sheet = butler("approvals", "--json").lines
    wrong, call = butler.each(
        [f"allow {sheet['id']} --without zz", f"allow {one['id']} --without {one['id']}"]
    )
    assert (wrong.code, call.code) == (2, 2)
    bound = "write_file: most=1, path=three.md"
    assert butler("allow", sheet["id"], "--without", one["id"][:6], "--bound", bound).code == 0
    done = butler("resume", "last")
    assert done.code == 0
    assert "done, without 1 call you denied: write_file one.md" in done.err
    assert "done, without 1 call you denied: write_file one.md" in butler("show", "last").out
    assert "- Status: done, without 1 call you denied: write\\_file one.md" in (
        butler("report", "last").out
    )
    made = {path.name for path in butler.folder.glob("*.md")}
    assert made == {"README.md", "two.md", "three.md"}
