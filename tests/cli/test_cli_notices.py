"""notify through the whole house: the bytes on a real terminal, and nobody where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import CommandLine

from butler_tui.butler.notices import Notices
from butler_tui.core.notices import terminal_notice
from butler_tui.settings.messages import NoticeSettings

PLAN = 'told = notify("Tea \\u001b[2J is; ready")\nanswer(told.text)\n'


def test_the_bytes_on_the_terminal(butler: CommandLine) -> None:
    terminal = butler.on_terminal("run", "--plan", butler.plan(PLAN), env={"TERM": "foot"})
    assert terminal.end() == 0
    assert "\x1b]777;notify;Butler;Tea ␛[2J is, ready\x1b\\\a" in terminal.shown
    assert terminal.out == "Told by the terminal.\n"


def test_without_a_terminal_nobody_is_told(butler: CommandLine) -> None:
    done = butler("run", "--plan", butler.plan(PLAN))
    assert (done.code, done.out.split(":")[0]) == (0, "Nobody was told"), done.err
    assert "\x1b]" not in done.err and "\a" not in done.err


@pytest.mark.parametrize(
    ("environ", "written"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]99;;Butler: 4;x ␛]52\x1b\\\a"),
        ({"TERM": "xterm", "TERM_PROGRAM": "WezTerm"}, "\x1b]777;notify;Butler;4,x ␛]52\x1b\\\a"),
        ({"TERM": "xterm", "TERM_PROGRAM": "iTerm.app"}, "\x1b]9;Butler: 4;x ␛]52\x1b\\\a"),
        (
            {"TERM": "tmux-256color", "TMUX": "/tmp/t,1,0"},
            "\x1bPtmux;\x1b\x1b]9;Butler: 4;x ␛]52\x1b\x1b\\\x1b\\\a",
        ),
        ({"TERM": "screen", "STY": "1"}, "\a"),
        ({"TERM": "linux"}, "\a"),
        ({}, "\a"),
    ],
)
def test_each_terminal_in_its_own_way(environ: dict[str, str], written: str) -> None:
    assert terminal_notice("4;x \x1b]52", environ) == written


def test_a_notice_is_short_and_on_one_line() -> None:
    assert len(terminal_notice("a\n\u202eb" * 5000, {"TERM": "xterm"})) < 3000
    assert "\n" not in terminal_notice("a\nb", {"TERM": "xterm"})


@pytest.mark.parametrize(("code", "ways"), [(0, ["desktop"]), (1, [])])
async def test_the_desktop_is_told_by_its_program(
    tmp_path: Path, code: int, ways: list[str]
) -> None:
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/said\nexit {code}\n')
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "DISPLAY": ":9"}
    assert await Notices(NoticeSettings(), environ).tell("-x <b>tea</b>\n\x1b") == ways
    said = (tmp_path / "said").read_text()
    assert said == "--app-name=Butler|--|Butler|-x &lt;b&gt;tea&lt;/b&gt; ␛|"


async def test_what_the_settings_switch_off_stays_silent() -> None:
    written: list[str] = []
    notices = Notices(NoticeSettings(terminal=False), {"TERM": "xterm"})
    notices.terminal = written.append
    assert await notices.tell("tea") == [] and written == []
