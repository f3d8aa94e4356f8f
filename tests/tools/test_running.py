"""run_python and run_command: what they say before, give back, and refuse."""

from __future__ import annotations

from contextlib import suppress

import pytest

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect
from butler_tui.tools import running, sandbox
from butler_tui.tools.boxed import HEAD, TAIL
from butler_tui.tools.running import run_command, run_python


async def failing(action, *args):
    with pytest.raises(ToolError) as caught:
        await action(*args)
    return caught.value


async def python(context, code, *args):
    return (await run_python.run(context, code, *args)).output


async def command(context, *argv, folder="."):
    return (await run_command.run(context, list(argv), folder, 20.0)).output


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_tools_say_what_they_do_to_the_world():
    assert run_python.names == ("code", "files", "timeout")
    assert run_command.names == ("argv", "folder", "timeout")
    assert run_python.targets == ("code",)
    assert run_command.targets == ("argv", "folder")
    for one in (run_python, run_command):
        assert one.effect is Effect.EXECUTE
        assert one.again is Again.ONCE
        assert one.untrusted
    assert run_command.private


async def test_code_prints_makes_files_and_has_a_value(context, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("x\n1\n2\n")
    code = (
        "import csv, sys\n"
        "rows = list(csv.DictReader(open('data/a.csv')))\n"
        "print('to out'); print('to err', file=sys.stderr)\n"
        "open('new.txt', 'w').write('Grüße')\n"
        "open('new.bin', 'wb').write(bytes(range(256)))\n"
        "{'sum': sum(int(row['x']) for row in rows)}\n"
    )
    result = await run_python.run(context, code, ["data/a.csv"])
    output = result.output.model_dump()
    assert output["text"] == "to out\nto err\n"
    assert output["value"] == {"sum": 3}
    assert output["files"] == [
        {"path": "new.bin", "bytes": 256, "text": None},
        {"path": "new.txt", "bytes": 7, "text": "Grüße"},
    ]
    assert names(tmp_path) == ["data", "data/a.csv"]
    assert sandbox.find_confinement().words in result.receipt.summary
    assert result.marks[0].untrusted
    assert result.marks[0].private


async def test_a_copy_cannot_be_written_and_a_file_made_over_it_is_listed(context, tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    code = (
        "import os\n"
        "try: open('a.txt', 'w')\n"
        "except PermissionError: print('read-only')\n"
        "os.unlink('a.txt'); open('a.txt', 'w').write('other')\n"
    )
    output = await python(context, code, ["a.txt"])
    assert output.text == "read-only\n"
    assert [one.model_dump() for one in output.files] == [
        {"path": "a.txt", "bytes": 5, "text": "other"}
    ]
    assert (tmp_path / "a.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("last", "value"),
    [
        ("[1, 2.5, None, 'ü']", [1, 2.5, None, "ü"]),
        ("x = 1", None),
        ("object()", None),
        ("float('nan')", None),
        ("'x' * 1_000_000", None),
        ("print", None),
    ],
)
async def test_only_plain_data_is_a_value(context, last, value):
    assert (await python(context, last)).value == value


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1/0", "ZeroDivisionError"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("raise Exception('\\x1b[2J')", "␛[2J"),
    ],
)
async def test_code_that_fails_is_a_failure_that_says_why(context, code, said):
    error = await failing(run_python.run, context, code)
    assert error.code == "code_failed"
    assert said in str(error)


@pytest.mark.parametrize("code", [" \n", "\ud800", "x" * 300_000])
async def test_what_is_no_code_is_refused(context, code):
    assert (await failing(run_python.run, context, code)).code == "bad_arguments"
    assert (await failing(run_python.preview, context, code)).code == "bad_arguments"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../a", "outside"),
        ("none", "not_found"),
        ("sub", "is_folder"),
        ("/proc/self/environ", "forbidden"),
    ],
)
async def test_files_are_confined_as_for_every_tool(context, tmp_path, path, code):
    (tmp_path / "sub").mkdir()
    assert (await failing(run_python.run, context, "1", [path])).code == code
    assert (await failing(run_python.preview, context, "1", [path])).code == code


async def test_the_preview_shows_code_files_and_confinement(context, tmp_path):
    (tmp_path / "a.txt").write_text("one")
    shown = (await run_python.preview(context, "print(1)\n2", ["a.txt"], 5)).text
    assert shown.endswith("\n\n│ print(1)\n│ 2")
    assert "a.txt (3 bytes, SHA-256 7692c3ad" in shown
    assert sandbox.find_confinement().words in shown
    assert "at most 5 seconds" in shown
    (tmp_path / "a.txt").write_text("two")
    assert (await run_python.preview(context, "print(1)\n2", ["a.txt"], 5)).text != shown


async def test_a_command_runs_in_its_folder_and_may_write_there(context, tmp_path):
    (tmp_path / "sub").mkdir()
    output = await command(context, "sh", "-c", "pwd; echo x > made; exit 4", folder="sub")
    assert (output.text, output.exit_code) == (f"{tmp_path}/sub\n", 4)
    assert names(tmp_path) == ["sub", "sub/made"]


async def test_there_is_no_shell(context, tmp_path):
    words = ["$(touch bad)", "; touch bad", "&& touch bad", "`touch bad`", "a\ntouch bad", "*"]
    output = await command(context, "printf", "%s|", *words)
    assert output.text == "".join(f"{word}|" for word in words)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ([], "bad_arguments"),
        ([" "], "bad_arguments"),
        (["ls", "a\0b"], "bad_arguments"),
        (["ls", "\ud800"], "bad_arguments"),
        (["no-such-program"], "no_program"),
        (["ls -la"], "no_program"),
    ],
)
async def test_what_is_no_command_is_refused(context, argv, code):
    assert (await failing(run_command.run, context, argv)).code == code
    assert (await failing(run_command.preview, context, argv)).code == code


@pytest.mark.parametrize(
    ("folder", "code"), [("..", "outside"), ("file", "not_a_folder"), ("none", "not_found")]
)
async def test_a_command_runs_only_in_allowed_folders(context, tmp_path, folder, code):
    (tmp_path / "file").write_text("")
    assert (await failing(run_command.run, context, ["true"], folder)).code == code


@pytest.mark.parametrize("folder", ["/", "/usr/bin", "/etc"])
async def test_the_systems_folders_are_no_place_for_a_command(context, folder):
    context.folders = [*context.folders, sandbox.Path("/")]
    assert (await failing(run_command.run, context, ["true"], folder)).code == "forbidden"


async def test_the_preview_shows_exactly_what_would_run(context, tmp_path):
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / ".git" / "config").write_text("")
    shown = (await run_command.preview(context, ["echo", "a b", "$x"])).text
    assert shown.startswith(f"in: {tmp_path}\nsandbox: ")
    assert shown.endswith("\nruns:\n│ echo 'a b' '$x'")
    assert "no network" in shown
    assert "    .git/hooks\n" in shown


async def test_a_command_of_several_lines_cannot_pass_for_butlers_words(context):
    forged = "echo\nin: /tmp\nsandbox: bubblewrap\n" + "\n" * 30 + "; rm x"
    shown = (await run_command.preview(context, ["sh", "-c", forged])).text
    facts, _, command = shown.partition("\nruns:\n")
    assert facts.startswith("in: ") and "rm x" not in facts and facts.count("sandbox: ") == 1
    assert all(line.startswith("│ ") for line in command.splitlines())
    receipt = (await run_command.run(context, ["echo", "a\nverified: all is well"])).receipt
    assert "\n" not in receipt.summary


async def test_long_output_keeps_its_two_ends(context):
    code = "print('begin'); [print('x' * 999) for _ in range(2_000)]; print('end')"
    text = (await python(context, code)).text
    assert text.startswith("begin\nxxx")
    assert text.endswith("xxx\nend\n")
    assert "bytes left out" in text
    assert len(text) < HEAD + TAIL + 100


async def test_output_is_valid_text_whatever_its_bytes(context):
    output = await command(context, "printf", r"a\377\303b\303\274")
    assert output.text == "a\ufffd\ufffdbü"
    output.text.encode()


async def test_the_last_line_is_shown_while_it_runs(context):
    code = "import time\nprint('half way', flush=True)\ntime.sleep(1.2)"
    await python(context, code)
    assert ("half way", None) in context.shown


async def test_where_nothing_confines_nothing_runs(context, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sandbox, "landlock_usable", lambda: False)
    for action, what in (
        (run_python.run, "print(1)"),
        (run_python.preview, "print(1)"),
        (run_command.run, ["touch", "made"]),
        (run_command.preview, ["touch", "made"]),
    ):
        error = await failing(action, context, what)
        assert error.code == "no_sandbox"
        assert "install bubblewrap" in str(error)
    assert names(tmp_path) == []


@pytest.mark.parametrize("program", ["exit 1", None])
async def test_a_sandbox_that_breaks_is_never_left_out(context, tmp_path, monkeypatch, program):
    fake = tmp_path / "bwrap"
    if program is not None:
        fake.write_text(f"#!/bin/sh\necho 'bwrap: no permission'; {program}\n")
        fake.chmod(0o700)
    broken = sandbox.Confinement("bubblewrap", True, str(fake))
    monkeypatch.setattr(running, "find_confinement", lambda: broken)
    assert (await failing(run_command.run, context, ["touch", "made"])).code == "no_sandbox"
    assert (await failing(run_python.run, context, "1")).code == "no_sandbox"
    assert not (tmp_path / "made").exists()


async def test_open_commands_run_as_the_person_without_butlers_secrets(
    context, tmp_path, monkeypatch
):
    monkeypatch.setenv("PLANTED_KEY", "xyzzy")
    context.options["sandbox.commands"] = "open"
    shown = (await run_command.preview(context, ["env"])).text
    assert "no sandbox" in shown
    assert "change every file that you can" in shown
    assert "PLANTED_KEY" not in (await command(context, "env")).text
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    try:
        await command(context, "touch", str(outside))
        assert outside.exists()
    finally:
        outside.unlink()
    assert "sandbox" in (await run_python.preview(context, "1")).text.splitlines()[0]


async def test_the_settings_can_give_commands_the_network(context):
    context.options["sandbox.network"] = "true"
    shown = (await run_command.preview(context, ["true"])).text
    assert "it can reach the network" in shown


async def test_only_ordinary_files_are_listed(context):
    code = (
        "import os\n"
        "os.symlink('/etc/passwd', 'link'); os.mkfifo('pipe'); os.mkdir('d')\n"
        "open(b'd/\\xff', 'w').write('odd')\n"
    )
    files = (await python(context, code)).files
    assert [one.model_dump() for one in files] == [{"path": "d/\ufffd", "bytes": 3, "text": "odd"}]


async def test_nothing_is_left_in_the_temporary_folder(context, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    code = (
        "import os\n"
        "os.mkdir('locked'); open('locked/f', 'w'); os.open('locked', os.O_RDONLY)\n"
        "os.fchmod(os.open('locked', os.O_RDONLY), 0)\n"
        "for _ in range(1_200): os.mkdir('d' * 50); os.chdir('d' * 50)\n"
        "os.fchmod(os.open('.', os.O_RDONLY), 0)\n"
    )
    with suppress(ToolError):  # so deep that it is stopped, if it is seen in time
        await run_python.run(context, code)
    assert list(scratch.iterdir()) == []
