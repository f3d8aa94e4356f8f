"""`butler report`: what a run did, from its receipts."""

from __future__ import annotations

import os
import subprocess

from command_line import CommandLine


def test_a_report_says_what_was_verified(butler: CommandLine, copying: str) -> None:
    assert butler("run", "--plan", copying, "--yes").code == 0
    done = butler("report", "last")
    path = butler.folder / "copy.md"
    assert "## Done and verified" in done.out
    assert f"](file://{path})" in done.out
    assert "1 file was read again" in done.out
    assert "write verified: Wrote copy.md" in butler("show", "last").out.replace("_file", "")


def test_a_report_goes_to_a_new_file_only(butler: CommandLine, copying: str) -> None:
    butler("run", "--plan", copying, "--no")
    assert butler("report", "last", "--file", "r.md").code == 0
    text = (butler.folder / "r.md").read_text()
    assert "## Denied" in text
    again = butler("report", "last", "--file", "r.md")
    assert again.code == 2
    assert "choose another name" in again.err
    assert (butler.folder / "r.md").read_text() == text
    assert butler("report", "nothing").code == 2


def test_nothing_from_outside_is_markdown(butler: CommandLine) -> None:
    name = "![x](https:evil.example)<b>`.md"
    (butler.folder / "README.md").write_text("```\n# Hi\n[a](https://evil.example)\n\x1b[2J")
    plan = butler.plan(
        f'page = read_file("README.md")\nwrite_file({name!r}, page.text)\nanswer(page.text)\n'
    )
    assert butler("run", "--plan", plan, "--yes").code == 0
    text = butler("report", "last").out
    assert "](https" not in text.replace("[a](https://evil.example)", "")
    assert "\\!\\[x\\]\\(https:evil.example\\)\\<b\\>\\`.md" in text
    assert "````text\n```\n# Hi\n[a](https://evil.example)\n␛[2J\n````" in text
    assert "\x1b" not in text


def test_on_a_terminal_it_is_shown_as_it_is_meant(butler: CommandLine, copying: str) -> None:
    butler("run", "--plan", copying, "--yes")
    master, slave = os.openpty()
    showing = subprocess.Popen(
        butler.command("report", "last"),
        stdout=slave,
        stdin=subprocess.DEVNULL,
        cwd=butler.folder,
        env={**butler.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            seen += os.read(master, 65536)
        except OSError:  # nobody writes any more
            break
    os.close(master)
    assert showing.wait() == 0
    text = seen.decode()
    assert "Done and verified" in text
    assert "## Done" not in text
    assert "\\_" not in text
    assert "\x1b]8" not in text
