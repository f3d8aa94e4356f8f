"""`butler browser install` where there is no browser: what it would run, asked before it does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import CommandLine

from butler_tui.core.readiness import Missing
from butler_tui.tools.browser import installing, programs
from butler_tui.tools.browser.installing import browser_command, driver_command
from butler_tui.tools.browser.programs import find_program, lacking


@pytest.mark.parametrize(
    ("platform", "programs", "command"),
    [
        ("darwin", "brew", "brew install --cask chromium"),
        ("win32", "winget", "winget install --id Google.Chrome -e"),
        ("linux", "apt-get sudo", "sudo apt-get install --yes chromium"),
        ("linux", "dnf sudo", "sudo dnf install --assumeyes chromium"),
        ("linux", "pacman sudo", "sudo pacman -S --noconfirm chromium"),
        ("linux", "apt-get", ""),
        ("linux", "", ""),
        ("darwin", "", ""),
    ],
)
def test_each_platform_installs_its_own_way(
    monkeypatch: pytest.MonkeyPatch, platform: str, programs: str, command: str
) -> None:
    monkeypatch.setattr(installing.os, "geteuid", lambda: 1000)
    there = programs.split()
    found = browser_command(platform, lambda name: name if name in there else None)
    assert " ".join(found) == command


def test_what_drives_it_is_installed_into_this_python() -> None:
    command = driver_command()
    assert sys.executable in command and "playwright" in command[-1]


def test_a_browser_that_the_settings_name_is_the_only_one(tmp_path: Path) -> None:
    program = tmp_path / "chrome"
    assert find_program(str(program)) is None
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    assert find_program(str(program)) == str(program)


class Setup:
    """A machine with these things."""

    def __init__(self, named: str | None, found: str | None, package: bool) -> None:
        self.named, self.found, self.has_package = named, found, package

    def option(self, name: str) -> str | None:
        return self.named if name == "browser.program" else None

    def has_secret(self, name: str) -> bool:
        return False

    def program(self, *names: str) -> str | None:
        return self.found

    def package(self, name: str) -> bool:
        return self.has_package


def test_what_is_lacking_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "usual_places", lambda: iter(()))
    install = "butler browser install"
    assert lacking(Setup(None, "/usr/bin/chromium", True)) is None
    no_browser = Missing("No Chrome, Chromium or Edge is installed.", install)
    assert lacking(Setup(None, None, True)) == no_browser
    no_package = Missing("The package that drives the browser is not installed.", install)
    assert lacking(Setup(None, "/usr/bin/chromium", False)) == no_package
    named = lacking(Setup("/nowhere", "/usr/bin/chromium", True))
    assert named is not None and "/nowhere" in named.reason


def test_nothing_is_installed_unasked(butler: CommandLine, tmp_path: Path) -> None:
    """A machine with apt-get alone: what it is given to run is written down instead."""
    if any(one.exists() for one in programs.usual_places()):
        pytest.skip("a browser lies in a usual place here")
    folder, ran = tmp_path / "bin", tmp_path / "ran"
    folder.mkdir()
    for name in ("apt-get", "sudo"):
        (folder / name).write_text(f'#!/bin/sh\necho "$0 $@" >> {ran}\n')
        (folder / name).chmod(0o700)
    path = {"PATH": str(folder)}
    refused = butler("browser", "install", env=path)
    assert refused.code == 2 and "apt-get install --yes chromium" in refused.err
    terminal = butler.on_terminal("browser", "install", env=path)
    terminal.wait_for("This installs it: ", "apt-get install --yes chromium", "Run it?")
    terminal.type("n\n")
    assert terminal.end() == 1
    assert "Nothing was installed." in terminal.shown and not ran.exists()
    done = butler("browser", "install", "--yes", env=path)
    assert "apt-get" in ran.read_text()
    assert done.code == 1 and "still no Chrome" in done.err
