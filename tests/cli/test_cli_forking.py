"""Runs carried out again, further, compared and renamed, from the command line."""

from __future__ import annotations

from command_line import CommandLine

PLAN = """\
# Copy
page = read_file("README.md")
other = read_file("other.md")
write_file("copy.md", f"{page.text} {other.text}")
answer(other.text)
"""


def ran(butler: CommandLine) -> str:
    (butler.folder / "other.md").write_text("one")
    assert butler("run", "my goal", "--plan", butler.plan(PLAN), "--yes").code == 0
    return butler.last()


def test_a_run_again_from_a_step_on(butler: CommandLine) -> None:
    run = ran(butler)
    (butler.folder / "other.md").write_text("two")
    done = butler("rerun", run, "--from", "other", "--yes")
    assert (done.code, done.out) == (0, "two\n"), done.err
    assert f"my goal (as run {run} from other on)" in done.err
    assert f"page: taken over from run {run}" in done.err
    assert "page: read_file started" not in done.err
    shown = butler("show", "last").out
    assert f"from     run {run}, again, from other on" in shown
    assert f"page done, taken over from run {run}" in shown
    asked = butler("rerun", run)
    assert asked.code == 3  # what was allowed before is asked again
    assert butler("rerun", run, "--plan-only").out == PLAN


def test_outputs_are_pinned_and_edited(butler: CommandLine) -> None:
    run = ran(butler)
    pinned = butler("rerun", run, "--pin", "other=mine", "--yes")
    assert (pinned.code, pinned.out) == (0, "mine\n"), pinned.err
    editor = butler.folder / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/"one"/"edited"/\' "$1"\n')
    editor.chmod(0o700)
    edited = butler("rerun", run, "--edit", "other", "--yes", env={"EDITOR": str(editor)})
    assert (edited.code, edited.out) == (0, "edited\n"), edited.err
    assert "other: its output is yours" in edited.err


def test_mistakes_are_sentences(butler: CommandLine) -> None:
    run = ran(butler)
    for words, said in (
        (("rerun", run, "--from", "nope"), "has no step nope; it has: page, other"),
        (("rerun", run, "--pin", "other"), "write STEP=VALUE"),
        (("rerun", run, "--edit", "other"), "set EDITOR"),
        (("rename", run, " "), "at least one word"),
        (("diff", run, "zzz"), "no run 'zzz'"),
        (("continue", run, " "), "There is no goal"),
        (("resume", run), f"butler rerun {run}"),
    ):
        done = butler(*words)
        assert (done.code, said in done.err) == (2, True), done.err


def test_a_run_further_to_another_goal(butler: CommandLine) -> None:
    run = ran(butler)
    further = butler.plan('answer(f"again {other.text}")\n', "further.plan")
    done = butler("continue", run, "say it", "--plan", further)
    assert (done.code, done.out) == (0, "again one\n"), done.err
    assert f"from     run {run}, further" in butler("show", "last").out


def test_a_run_is_renamed(butler: CommandLine) -> None:
    run = ran(butler)
    assert butler("rename", run, "The copy").code == 0
    assert "The copy" in butler("runs").out


def test_two_runs_side_by_side(butler: CommandLine) -> None:
    run = ran(butler)
    (butler.folder / "other.md").write_text("two\x1b]0;owned\x07[/] \u202e")
    plan = butler.plan(PLAN.replace("# Copy", "# Copied"))
    butler("run", "other goal", "--plan", plan, "--yes")
    done = butler("diff", run, "last", env={"COLUMNS": "100"})
    assert done.code == 0, done.err
    for line in ("my goal", "| other goal", "-# Copy", "+# Copied", "other", "one", "two"):
        assert line in done.out
    assert not set("\x1b\x07\u202e") & set(done.out)
    assert max(map(len, done.out.splitlines())) <= 100
    [found] = butler("diff", run, "last", "--json").lines
    assert (found["left"]["run"], found["left"]["answer"]) == (run, "one")
    assert [one["step"] for one in found["calls"]] == ["other", "write_file", "answer"]
    same = butler("diff", run, run)
    assert "none" in same.out.partition("steps that differ")[2]


def test_colours_are_for_a_terminal(butler: CommandLine) -> None:
    run = ran(butler)
    butler("run", "other goal", "--plan", butler.plan(PLAN.replace("# Copy", "# It")), "--yes")
    code = (
        "from butler_tui.cli.comparing import side_by_side\n"
        "from butler_tui.core.comparing import compare\n"
        "from butler_tui.core.run import RunState\n"
        "one, other = RunState(goal='a\\x1b[2J'), RunState(goal='b')\n"
        "print('\\n'.join(side_by_side(compare(one, other), 80, coloured=True)))\n"
    )
    shown = butler.python(code).out
    assert "\033[31ma␛[2J\033[0m" in shown
    assert "\033[32mb\033[0m" in shown
    assert "\033" not in butler("diff", run, "last").out
