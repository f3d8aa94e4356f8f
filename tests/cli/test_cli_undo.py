"""`butler undo`: what a run changed is put back, when somebody allows it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from command_line import CommandLine

CHANGES = """\
# Tidy up
moved = move_file("README.md", "old/README.md")
write_file("new.md", "new")
"""


def test_a_run_is_undone_once_and_that_can_be_undone(butler: CommandLine) -> None:
    readme = butler.folder / "README.md"
    readme.chmod(0o640)
    was = (readme.read_bytes(), readme.stat().st_mode, readme.stat().st_mtime_ns)
    done = butler("run", "--plan", butler.plan(CHANGES), "--yes")
    assert done.code == 0, done.err
    run = butler.last()
    assert not readme.exists()

    undone = butler("undo", "last", "--yes")
    assert (undone.code, undone.out) == (0, "Put 4 paths back as before.\n"), undone.err
    assert (readme.read_bytes(), readme.stat().st_mode, readme.stat().st_mtime_ns) == was
    assert {path.name for path in butler.folder.iterdir()} == {"README.md", "a.plan"}
    undoing = butler.last()
    shown, again, listed = butler.each([f"show {run}", f"undo {run} --yes", "undo --list --json"])
    assert shown.out.count(f"undone by run {undoing}") == 2
    assert (again.code, f"undone already, by run {undoing}" in again.err) == (2, True)
    assert [(one["run"], one["steps"]) for one in listed.lines] == [(undoing, ["back"])]

    back = butler("undo", undoing, "--yes", "--json")
    assert (back.code, back.lines[-1]["type"]) == (0, "run_finished")
    assert (butler.folder / "old" / "README.md").read_bytes() == was[0]
    assert not readme.exists()
    table = butler("undo", "--list")
    assert [line.split()[0] for line in table.out.splitlines()] == ["RUN", butler.last(), run]
    assert "all, 0.0 MB" in table.out
    assert "moved" in table.out
    assert "write_file" in table.out


def test_it_asks_first_and_off_a_terminal_waits(butler: CommandLine) -> None:
    butler("run", "--plan", butler.plan('write_file("README.md", "new\\n")'), "--yes")
    run = butler.last()
    denied = butler("undo", run, "--no")
    assert (denied.code, denied.out) == (1, "")
    waiting = butler("undo", run, "write_file")
    assert waiting.code == 3
    [held] = butler("approvals", "--json").lines
    assert "puts back README.md" in held["preview"]
    assert (butler.folder / "README.md").read_text() == "new\n"
    butler("allow", held["id"])
    resumed = butler("resume", held["run"])
    assert (resumed.code, resumed.out) == (0, "Put 1 path back as before.\n")
    assert (butler.folder / "README.md").read_text().startswith("# Tea")


def test_on_a_terminal_it_shows_what_will_happen(butler: CommandLine) -> None:
    butler("run", "--plan", butler.plan('write_file("README.md", "new\\n")'), "--yes")
    terminal = butler.on_terminal("undo", "last")
    terminal.wait_for("put_back at back (change · can be undone)")
    terminal.wait_for("puts back README.md", "-new", "+# Tea", "n deny, ? why > ")
    assert (butler.folder / "README.md").read_text() == "new\n"
    terminal.type("y\n")
    assert terminal.end() == 0
    assert (butler.folder / "README.md").read_text().startswith("# Tea")


def test_what_changed_since_is_named(butler: CommandLine) -> None:
    butler("run", "--plan", butler.plan(CHANGES), "--yes")
    (butler.folder / "new.md").write_text("mine")
    undone = butler("undo", "last", "--yes")
    assert undone.code == 0, undone.err
    assert undone.out == "Put 3 paths back as before. Left alone: new.md (it has changed since).\n"
    assert (butler.folder / "new.md").read_text() == "mine"


def test_mistakes_are_said(butler: CommandLine) -> None:
    none, unnamed, unknown, both = butler.each(
        ["undo --list", "undo", "undo nonsense", "undo last --yes --no"]
    )
    assert (none.code, none.out) == (0, "")
    assert "Nothing can be undone" in none.err
    assert (unnamed.code, "butler undo --list" in unnamed.err) == (2, True)
    assert (unknown.code, "There is no run 'nonsense'" in unknown.err) == (2, True)
    assert (both.code, "contradict each other" in both.err) == (2, True)


def test_it_is_undone_also_when_a_large_output_is_gone(butler: CommandLine) -> None:
    readme = butler.folder / "README.md"
    readme.write_text(before := "# Tea\n" + "It is made with hot water.\n" * 5000)
    plan = 'page = read_file("README.md")\nwrite_file("README.md", "new")\nanswer("Done.")\n'
    assert butler("run", "--plan", butler.plan(plan), "--yes").code == 0
    run = butler.last()
    [kept] = [one for one in (butler.home / "data" / "outputs").rglob("*") if one.is_file()]
    kept.unlink()
    found = butler.each([f"show {run}", f"show {run} --json", f"report {run}", "undo --list"])
    assert [one.code for one in found] == [0, 0, 0, 0], found
    undone = butler("undo", run, "--yes")
    assert (undone.code, undone.out) == (0, "Put 1 path back as before.\n"), undone.err
    assert readme.read_text() == before


def test_a_run_that_cannot_be_read_is_left_out_and_named(butler: CommandLine) -> None:
    rules = butler.folder / "rules.toml"
    rules.write_text('[[rules]]\ntool = "write_file"\ndecision = "deny"\n')
    plans = [butler.plan(f'write_file("{one}.md", "x")', f"{one}.plan") for one in "abc"]
    butler.each([f"run --plan {plans[0]} --yes", f"run --plan {plans[1]} --yes"])
    butler("run", "--plan", plans[2])
    held, done, good = (one["id"] for one in butler("runs", "--json").lines)
    with closing(sqlite3.connect(butler.home / "butler.db")) as history, history:
        for run, body in ((held, "[]"), (done, '{"type": "of_tomorrow"}')):
            history.execute("UPDATE events SET body = ? WHERE run = ? AND seq > 1", (body, run))

    undoable, policy, tried, listed = butler.each(
        ["undo --list", "policy", f"policy test {rules}", "runs --json"]
    )
    assert [one.code for one in (undoable, policy, tried, listed)] == [0, 0, 0, 0]
    assert f"Run {done} is left out: event 2 of run {done} cannot be" in undoable.err
    assert good in undoable.out
    assert f"Run {held} is left out: event 2 of run {held} cannot be" in policy.err
    assert f"Run {held} is left out: " in tried.err
    assert f"Run {done} is left out: " in tried.err
    assert [one["id"] for one in listed.lines] == [held, done, good]
