"""Every mistake ends with one sentence that says what to do, and with exit code 2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import CommandLine

MISTAKES = {
    "rnu": "no such command 'rnu'",
    "run --bogus": "no such option: --bogus",
    "run": "There is no goal",
    "run x --yes --no": "contradict each other",
    "run x --mode wild": "careful, normal, trusting",
    "run x --attach nope.md": "there is no such file",
    "run x --attach .": "that is a folder",
    "run --plan nope.plan": "there is no such file",
    "run --plan .": "cannot be read",
    "run --plan empty.plan": "is empty",
    "run --plan bytes.plan": "not UTF-8",
    "run --plan wrong.plan": "line 2, column 1: there is no tool raed_file",
    "run --plan a.plan --recipe b": "give one of them",
    "run x --set a=b": "--recipe NAME",
    "run x --plan-only --json": "drop one",
    "show": "missing argument 'RUN'",
    "show last": "There are no runs yet",
    "allow abc": "butler approvals",
    "allow abc --scope ever": "once, run, always",
    "answer abc text": "butler approvals",
    "tools raed_file": "did you mean read_file",
    "search ?!": "no word",
    "secrets set 1a": "letters, digits and _",
    "secrets remove A": "butler secrets list",
    "setup": "needs a terminal",
    "": "The app needs a terminal",
}


def test_a_mistake_is_told_in_a_sentence(butler: CommandLine) -> None:
    (butler.folder / "empty.plan").write_text("\n")
    (butler.folder / "bytes.plan").write_bytes(b"answer('\xff')")
    (butler.folder / "wrong.plan").write_text("answer('x')\nraed_file('x')\n")
    for (line, says), done in zip(MISTAKES.items(), butler.each(list(MISTAKES)), strict=True):
        assert (done.code, done.out) == (2, ""), (line, done)
        assert done.err.startswith("butler: "), (line, done)
        assert says in done.err, (line, done)
        assert "Traceback" not in done.err, (line, done)
        assert "wrong.plan" in line or done.err.rstrip().endswith((".", "?")), (line, done)


def test_a_process_ends_with_the_code_of_its_mistake(butler: CommandLine) -> None:
    done = butler("run", "x", "--yes", "--no")
    assert (done.code, done.out) == (2, "")
    assert done.err == "butler: --yes and --no contradict each other; give one of them.\n"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("[limits]\nstpes = 3\n", "limits.steps"),
        ('[limits]\nsteps = "many"\n', "limits.steps"),
        ("[limits\n", "not valid TOML"),
    ],
)
def test_wrong_settings_are_told_with_their_place(
    butler: CommandLine, config: str, says: str
) -> None:
    path = butler.home / "config.toml"
    path.write_text(config)
    path.chmod(0o600)
    done = butler("runs")
    assert (done.code, done.out) == (2, "")
    assert str(path) in done.err
    assert says in done.err
    assert done.err.count("\n") == 1


def test_a_damaged_history_is_told(butler: CommandLine, copying: str) -> None:
    (butler.home / "butler.db").write_bytes(b"no database " * 1000)
    done = butler("run", "--plan", copying)
    assert (done.code, done.out) == (1, "")
    assert str(butler.home / "butler.db") in done.err
    assert "Traceback" not in done.err


def test_a_home_that_cannot_be_written_is_told(butler: CommandLine, copying: str) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    butler.home.chmod(0o500)
    try:
        done = butler("run", "--plan", copying)
    finally:
        butler.home.chmod(0o700)
    assert (done.code, done.out) == (1, "")
    assert str(butler.home) in done.err
    assert done.err.count("\n") == 1


def test_a_home_below_a_file_is_told(butler: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = butler("runs", env={"BUTLER_HOME": str(tmp_path / "file" / "home")})
    assert done.code in (1, 2)
    assert "file" in done.err
    assert "Traceback" not in done.err


def test_a_goal_that_nothing_fits_is_told(butler: CommandLine) -> None:
    done = butler("run", "make me rich")
    assert (done.code, done.out) == (2, "")
    assert "butler setup" in done.err
    assert butler("runs").out == ""


def test_what_cannot_happen_is_told_with_the_log(butler: CommandLine) -> None:
    """A fault of Butler's own, which has to be made for the test."""
    code = (
        "import sys, butler_tui.cli.tools as tools\n"
        "def broken(*_, **__): raise ZeroDivisionError('by hand')\n"
        "tools.show_tools = broken\n"
        "from butler_tui.cli import main\n"
        "sys.exit(main(['tools']))\n"
    )
    done = butler.python(code)
    log = butler.home / "butler.log"
    assert done.code == 1
    assert (str(log) in done.err, "ZeroDivisionError" in done.err) == (True, True)
    assert "Traceback" not in done.err
    assert "by hand" in log.read_text()
