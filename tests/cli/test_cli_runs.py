"""`butler run` and what it leaves behind: streams, exit codes, history."""

from __future__ import annotations

import json

from command_line import CommandLine


def test_the_answer_alone_goes_to_standard_output(butler: CommandLine, copying: str) -> None:
    done = butler("run", "--plan", copying, "--yes")
    assert done.code == 0, done.err
    assert done.out.startswith("Copied: # Tea")
    assert "Copied" not in done.err
    assert "Copy the README (by your plan)" in done.err
    assert "plan: Copy the README, 3 steps" in done.err
    assert "Wrote copy.md" in done.err
    copied = (butler.folder / "copy.md").read_text()
    assert copied == (butler.folder / "README.md").read_text()

    run = butler.last()
    assert done.err.rstrip().endswith(f"run {run}: done")
    shown = butler("show", "last")
    assert shown.code == 0
    for expected in (run, "Copy the README", "status   done", "write_file done", "verified: Wrote"):
        assert expected in shown.out
    found = butler("search", "hot water")
    assert (found.code, run in found.out) == (0, True)
    assert butler("search", "coffee").out == ""


def test_json_is_one_event_a_line_and_nothing_else(butler: CommandLine, copying: str) -> None:
    done = butler("run", "my goal", "--plan", copying, "--yes", "--json")
    assert done.code == 0, done.err
    assert [event["seq"] for event in done.lines] == list(range(1, len(done.lines) + 1))
    assert (done.lines[0]["type"], done.lines[0]["goal"]) == ("run_accepted", "my goal")
    assert done.lines[-1]["type"] == "run_finished"
    assert {event["run"] for event in done.lines} == {butler.last()}
    assert butler("show", "last", "--json").out == done.out


def test_no_denies_and_claims_nothing(butler: CommandLine, copying: str) -> None:
    done = butler("run", "--plan", copying, "--no")
    assert (done.code, done.out) == (1, "")
    assert "The goal is not met without 1 call" in done.err
    assert not (butler.folder / "copy.md").exists()


def test_a_call_waits_until_another_process_allows_it(butler: CommandLine, copying: str) -> None:
    waiting = butler("run", "--plan", copying)
    assert (waiting.code, waiting.out) == (3, "")
    listed = butler("approvals")
    [one] = butler("approvals", "--json").lines
    run, held = one["run"], one["id"]
    for hint in (f"butler allow {held}", f"butler deny {held}", f"butler resume {run}"):
        assert hint in waiting.err
    assert (one["kind"], one["tool"], one["args"]["path"]) == ("approval", "write_file", "copy.md")
    for told in ("+Tea is a drink.", "from step page: file README.md, private", "asked because"):
        assert told in listed.out
    assert "needs you" in butler("runs").out

    allowed = butler("allow", held[:5])
    assert (allowed.code, f"butler resume {run}" in allowed.err) == (0, True)
    again = butler("deny", held)
    assert (again.code, "decided already" in again.err) == (2, True)

    done = butler("resume", run[:9], "--json")
    assert done.code == 0, done.err
    assert [event["type"] for event in done.lines][:2] == ["run_resumed", "step_started"]
    assert (butler.folder / "copy.md").exists()
    over = butler("resume", "last")
    assert (over.code, "nothing to go on with" in over.err) == (2, True)
    assert butler("approvals").err == "Nothing waits for you.\n"


def test_always_keeps_a_rule(butler: CommandLine, copying: str) -> None:
    butler("run", "--plan", copying)
    [held] = butler("approvals", "--json").lines
    allowed = butler("allow", held["id"], "--scope", "always")
    assert allowed.code == 0
    assert "This rule is kept in" in allowed.err
    assert "copy.md" in (butler.home / "rules.toml").read_text()
    assert butler("run", "--plan", copying).code == 0  # no longer asked


def test_a_question_waits_for_its_answer(butler: CommandLine) -> None:
    plan = butler.plan(
        'colour = ask_user("Which colour?", choices=["red", "blue"])\n'
        'where = ask_user("Where?", fields={"street": "text", "number": "integer"})\n'
        'answer(f"{colour.text} at {where.street} {where.number}")\n'
    )
    waiting = butler("run", "--plan", plan, "--yes")
    assert waiting.code == 3  # --yes answers no question
    first, second = butler("approvals", "--json").lines
    assert first["kind"] == second["kind"] == "question"
    wrong = butler("answer", first["id"], "green")
    assert (wrong.code, "1 red, 2 blue" in wrong.err) == (2, True)
    assert butler("answer", first["id"], "2").code == 0
    wrong = butler("answer", second["id"], "Main Street 5")
    assert (wrong.code, '{"street": "...", "number": "..."}' in wrong.err) == (2, True)
    filled = json.dumps({"street": "Main Street", "number": "5"})
    assert butler("answer", second["id"], filled).code == 0
    done = butler("resume", "last")
    assert (done.code, done.out) == (0, "blue at Main Street 5\n")


def test_a_cancelled_run_is_over(butler: CommandLine, copying: str) -> None:
    butler("run", "--plan", copying)
    assert butler("cancel", "last").code == 0
    assert "cancelled" in butler("runs").out
    shown = butler("show", "last").out
    assert "not begun" in shown and "needs you" not in shown
    again = butler("cancel", "last")
    assert (again.code, "cancelled already" in again.err) == (2, True)


def test_a_run_is_found_by_any_unique_beginning(butler: CommandLine) -> None:
    plan = butler.plan('answer("yes")')
    for _ in range(2):
        assert butler("run", "--plan", plan).code == 0
    ids = [row["id"] for row in butler("runs", "--json").lines]
    assert len(butler("runs", "--most", "1", "--json").lines) == 1
    several = butler("show", ids[0][:2])
    assert several.code == 2
    assert all(run in several.err for run in ids)
    unknown = butler("show", "nothing")
    assert (unknown.code, "butler runs" in unknown.err) == (2, True)


def test_lists_fit_a_narrow_terminal(butler: CommandLine) -> None:
    plan = butler.plan('# A title that is much longer than forty columns of text 多分\nanswer("x")')
    butler("run", "--plan", plan)
    for words in (["runs"], ["search", "answer"], ["tools"]):
        listed = butler(*words, env={"COLUMNS": "40"})
        assert listed.out
        assert max(len(line) for line in listed.out.splitlines()) <= 40, listed.out


def test_nothing_from_a_run_commands_the_terminal(butler: CommandLine) -> None:
    plan = butler.plan('# \\x1b]0;owned\\x07\nanswer("red \\x1b[31m and \\u202e turned")')
    done = butler("run", "--plan", plan)
    assert done.code == 0, done.err
    everything = [done, butler("show", "last"), butler("runs"), butler("search", "turned")]
    everything += [butler("show", "last", "--json"), butler("runs", "--json")]
    for one in everything:
        assert not set("\x1b\x07\u202e") & set(one.out + one.err)
    answered = butler("show", "last", "--json").lines[-1]
    assert answered["answer"] == "red \x1b[31m and \u202e turned"  # escaped, not changed


def test_a_plan_is_only_shown(butler: CommandLine, copying: str) -> None:
    shown = butler("run", "--plan", copying, "--plan-only")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("# Copy the README\n")
    assert butler("runs").out == ""
    assert butler("run", "--plan", "-", "--plan-only", given=shown.out).out == shown.out


def test_attached_files_are_named_in_the_goal(butler: CommandLine) -> None:
    plan = butler.plan("answer(goal)")
    done = butler("run", "look", "--attach", "README.md", "--attach", plan, "--plan", plan)
    assert done.out == f"look\nAttached: README.md\nAttached: {plan}\n"


def test_a_command_that_ended_badly_is_told_by_words_and_exit_code(butler: CommandLine) -> None:
    plan = butler.plan('r = run_command(["sh", "-c", "exit 3"])\nanswer("tried")\n')
    done = butler("run", "--yes", "--plan", plan)
    assert (done.code, done.out) == (1, "tried\n")
    assert done.err.splitlines()[-1].endswith(": done, but 1 call failed: r")
    shown, report, listed = butler.each(["show last", "report last", "runs --json"])
    assert "done, but 1 call failed: r" in shown.out
    assert "done, but 1 call failed: r" in report.out
    assert (listed.lines[0]["status"], listed.lines[0]["standing"]) == ("done", "done, 1 failed")


def test_the_list_says_of_a_done_run_how_many_calls_were_left_out(butler: CommandLine) -> None:
    rules = (
        '[[approvals.rules]]\ntool = "write_file"\ndecision = "deny"\nargs = {path = "*/b.md"}\n'
    )
    with (butler.home / "config.toml").open("a") as settings:
        settings.write(rules)
    both = butler.plan('write_file("a.md", "a")\nwrite_file("b.md", "b")\n', "both.plan")
    one = butler.plan('write_file("c.md", "c")\n', "one.plan")
    butler.each([f"run --yes --plan {both}", f"run --yes --plan {one}"])
    listed, lines = butler.each(["runs", "runs --json"])
    assert [line["standing"] for line in lines.lines] == ["done", "done, 1 left out"]
    assert listed.out.count("done, 1 left out") == 1
