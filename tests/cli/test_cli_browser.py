"""The browser through the whole house: a plan that opens, fills in and sends, asked and seen."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import psutil
import pytest
from command_line import CommandLine
from web_site import Running, Site

from butler_tui.tools.browser.programs import find_program

pytestmark = pytest.mark.skipif(
    find_program(None) is None, reason="no Chrome, Chromium or Edge is installed"
)

FORM = """<title>Join</title><form method=post action=/join><label>Your name
<input name=name></label><label>Town <input name=town></label><button>Join now</button></form>"""


@pytest.fixture
def joining(butler: CommandLine) -> Iterator[Site]:
    with Running() as site:
        site.page("/", FORM)
        site.page("/join", "<title>Thanks</title><p>Welcome aboard")
        site.page("/favicon.ico", b"", "image/x-icon")
        (butler.home / "config.toml").write_text(f'[network]\nallow = ["{site.origin}"]\n')
        (butler.home / "config.toml").chmod(0o600)
        yield site


def posts(site: Site) -> list[dict[str, list[str]]]:
    return [parse_qs(one.body.decode()) for one in site.visits if one.method == "POST"]


@pytest.fixture
def short(butler: CommandLine) -> Iterator[Path]:
    """Where this person has temporary files: browsers put sockets there, of short paths."""
    with tempfile.TemporaryDirectory(prefix="b-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        butler.environ["TMPDIR"] = folder
        yield Path(folder)


def browsers(folder: Path) -> list[psutil.Process]:
    """Every process of the browsers whose profiles are there."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if any(f"{folder}/butler-browser-" in part for part in one.info["cmdline"] or ())
    ]


def test_a_form_is_filled_in_shown_and_sent_once(
    butler: CommandLine, joining: Site, short: Path
) -> None:
    plan = butler.plan(
        f'page = browser_open("{joining.origin}/")\n'
        'filled = browser_fill({"Your name": "Ada", "Town": "Ulm"}, after=[page])\n'
        'sent = browser_submit("button Join now", after=[filled])\n'
        "answer(sent.text)\n"
    )
    terminal = butler.on_terminal("run", "--plan", plan)
    terminal.wait_for("browser_fill", "Ada", "one by one >")
    terminal.type("y\n")
    terminal.wait_for("sends POST", "Your name:", "Ada", "Town:", "Ulm")
    assert posts(joining) == []
    assert browsers(short)
    terminal.wait_for("> ")
    terminal.type("y\n")
    assert terminal.end() == 0, terminal.shown
    assert terminal.out == "Welcome aboard\n"
    assert posts(joining) == [{"name": ["Ada"], "town": ["Ulm"]}]
    assert browsers(short) == []
    assert not any(one.name.startswith("butler-browser-") for one in short.iterdir())
    assert "sent the form on" in butler("report", "last").out


def test_a_run_in_another_process_begins_with_nothing_open(
    butler: CommandLine, joining: Site
) -> None:
    plan = butler.plan(
        f'page = browser_open("{joining.origin}/")\n'
        'sent = browser_submit("Join now", after=[page])\nanswer(sent.text)\n'
    )
    assert butler("run", "--plan", plan).code == 3
    [held] = butler("approvals", "--json").lines
    assert butler("allow", held["id"]).code == 0
    resumed = butler("resume", held["run"], env={"COLUMNS": "300"})
    assert "No page is open in this run" in resumed.err + resumed.out or resumed.code == 3
    assert posts(joining) == []


def test_a_form_for_each_row_of_a_table(butler: CommandLine, joining: Site) -> None:
    (butler.folder / "guests.csv").write_text("Your name,Town\nAda,Ulm\nBob,\n")
    goal = f"fill in the form at {joining.origin}/ for each row of guests.csv with the button Join"
    refused = butler("run", goal, "--yes")
    done = butler("run", goal, "--yes", "--even-if", "private") if refused.code else refused
    assert done.code == 0, done
    assert "- Thanks" in done.out
    assert sorted(str(one) for one in posts(joining)) == [
        "{'name': ['Ada'], 'town': ['Ulm']}",
        "{'name': ['Bob']}",
    ]


def test_a_picture_of_a_page(butler: CommandLine, joining: Site) -> None:
    done = butler("run", f"take a screenshot of {joining.origin}/", "--yes")
    assert (done.code, done.out) == (0, "Saved a picture of Join in page.png.\n"), done.err
    assert (butler.folder / "page.png").read_bytes()[:4] == b"\x89PNG"


def test_killing_butler_leaves_no_browser(butler: CommandLine, joining: Site, short: Path) -> None:
    plan = butler.plan(
        f'page = browser_open("{joining.origin}/")\n'
        'late = browser_wait("never seen", 200, after=[page])\nanswer(late.text)\n'
    )
    process = butler.start("run", "--plan", plan)
    until = time.monotonic() + 40
    while not any(one.path == "/" for one in joining.visits):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)
    assert browsers(short)
    os.kill(process.pid, 9)
    until = time.monotonic() + 15
    while browsers(short):
        assert time.monotonic() < until, browsers(short)
        time.sleep(0.05)


def test_install_finds_the_browser_that_is_there(butler: CommandLine) -> None:
    done = butler("browser", "install")
    assert done.code == 0 and " opened a page; " in done.err, done


def test_doctor_proves_the_browser(butler: CommandLine) -> None:
    assert "ok  browser: " in butler("doctor", env={"COLUMNS": "300"}).out.replace("ok    ", "ok  ")
