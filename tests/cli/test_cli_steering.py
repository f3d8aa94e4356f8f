"""A run is changed in its midst, from the command line."""

from __future__ import annotations

from command_line import CommandLine

PLAN = """\
page = read_file("README.md")
write_file("copy.md", page.text)
answer("done")
"""


def waiting(butler: CommandLine) -> str:
    assert butler("run", "--plan", butler.plan(PLAN)).code == 3
    return butler.last()


def editor(butler: CommandLine, *lines: str) -> dict[str, str]:
    """An editor that does this to the file at $1."""
    path = butler.folder / "editor"
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o700)
    return {"EDITOR": str(path)}


def test_a_step_is_skipped_and_the_run_goes_on(butler: CommandLine) -> None:
    run = waiting(butler)
    done = butler("skip", run, "write_file")
    assert (done.code, f"butler resume {run}" in done.err) == (0, True)
    assert butler("resume", run).out == "done\n"
    assert not (butler.folder / "copy.md").exists()
    late = butler("skip", run, "write_file")
    assert (late.code, "cannot skip a step any more" in late.err) == (2, True)


def test_a_plan_is_edited_and_again_where_it_does_not_fit(butler: CommandLine) -> None:
    run = waiting(butler)
    swap = 'if grep -q fly "$1"; then sed -i "s/fly()/answer(\\"flown\\")/" "$1"; '
    swap += 'else sed -i "/write_file/d; s/answer(.*/fly()/" "$1"; fi'
    terminal = butler.on_terminal("edit", run, env=editor(butler, swap))
    terminal.wait_for("there is no tool fly", "e edit again, anything else: leave it > ")
    terminal.type("e\n")
    assert terminal.end() == 0, terminal.shown
    assert "its plan is changed" in terminal.shown
    assert butler("resume", run).out == "flown\n"
    changed = butler("diff", run).out
    for said in ("revision 2 by you", "-write_file(", '+answer("flown")'):
        assert said in changed
    assert "revision 2 by you, because you edited the plan" in butler("show", run).out
    assert not (butler.folder / "copy.md").exists()


def test_a_plan_from_a_file_must_fit(butler: CommandLine) -> None:
    run = waiting(butler)
    wrong = butler("edit", run, "--plan", butler.plan("fly()\n", "b.plan"))
    assert (wrong.code, "there is no tool fly" in wrong.err) == (2, True)
    same = butler("edit", run, env=editor(butler, "true"))
    assert "its plan is as it was" in same.err
    assert butler("edit", run, "--plan", "-", given='answer("told")\n').code == 0
    assert butler("resume", run).out == "told\n"


def test_a_paused_run_stops_until_it_is_resumed(butler: CommandLine) -> None:
    run = waiting(butler)
    assert butler("pause", run).code == 0
    assert "paused" in butler("runs").out
    assert butler("resume", run, "--yes").out == "done\n"


def test_a_paused_run_that_another_process_drives_goes_on_there(butler: CommandLine) -> None:
    terminal = butler.on_terminal("run", "--plan", butler.plan(PLAN))
    terminal.wait_for("n deny, ? why > ")
    run = butler.last()
    assert butler("pause", run).code == 0
    resumed = butler("resume", run)
    assert (resumed.code, "goes on where it was paused" in resumed.err) == (0, True)
    terminal.type("y\n")
    assert terminal.end() == 0
    assert terminal.out == "done\n"


def test_a_failed_run_says_how_to_go_on(butler: CommandLine) -> None:
    failed = butler("run", "--plan", butler.plan('late = read_file("late.md")\nanswer("ok")\n'))
    run = butler.last()
    assert failed.code == 1
    assert f"butler retry {run} 'late'" in failed.err
    refused = butler("resume", run)
    assert (refused.code, f"`butler retry {run} late`" in refused.err) == (2, True)
    (butler.folder / "late.md").write_text("here")
    assert butler("retry", run, "late").code == 0
    assert butler("resume", run).out == "ok\n"


def test_an_instruction_needs_a_model(butler: CommandLine) -> None:
    run = waiting(butler)
    told = butler("tell", run, "write nothing")
    assert (told.code, "butler setup" in told.err) == (2, True)


LOST = """\
import asyncio, os, sys
from butler_tui.butler import open_butler
from butler_tui.core.events import RunResumed, StepStarted
from butler_tui.core.tool import Effect
from butler_tui.settings import Places, load

async def main():
    places = Places.find(os.environ)
    async with open_butler(load(os.environ, places=places), places) as butler:
        begun = StepStarted(
            step="ran", tool="run_command", effect=Effect.EXECUTE, args={"argv": ["ls"]}
        )
        (waits,) = await butler.waiting()
        await butler.deciding.allow(waits.id)
        await butler.history.journal.append(sys.argv[1], [RunResumed(), begun], flush=True)

asyncio.run(main())
"""


def test_what_may_have_happened_is_asked_with_its_evidence(butler: CommandLine) -> None:
    plan = butler.plan('ran = run_command(["ls"])\nanswer(ran.text)\n')
    assert butler("run", "--plan", plan).code == 3
    run = butler.last()
    assert butler.python(LOST.replace("sys.argv[1]", repr(run))).code == 0
    assert f"status   interrupted (go on: butler resume {run})" in butler("show", run).out
    asked = butler("resume", run)
    assert asked.code == 3, asked.err
    listed = butler("approvals").out
    for said in ("ran may have happened", "the call: run_command", 'argv = ["ls"]'):
        assert said in listed
    assert "2. mark as done: it happened" in listed
    [question] = [one for one in butler("approvals", "--json").lines if one["kind"] == "question"]
    bare = butler("answer", question["id"])
    assert (bare.code, "1. retry" in bare.out) == (2, True)
    assert butler("answer", question["id"], "maybe it did").code == 2
    terminal = butler.on_terminal("answer", question["id"])
    terminal.wait_for("answer > ")
    terminal.type("2\n")
    assert terminal.end() == 0
    wants = butler("resume", run)
    assert wants.code == 1
    assert "Nobody saw what ran returned, which answer wants. Give it:" in wants.err
    pinned = butler("rerun", run, "--pin", 'ran={"text": "a.md"}')
    assert (pinned.code, pinned.out) == (0, "a.md\n"), pinned.err
    bad = butler("rerun", run, "--pin", 'ran={"other": 1}')
    assert (bad.code, "Nobody saw" in bad.err) == (1, False)
