"""Persons, sites and worlds for hostile tests, with the command line's helpers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from command_line import PROJECT, CommandLine
from model_server import ModelServer
from planted import Person
from tool_context import Context
from web_site import Running, Site
from world import SECRET, World


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback."""
    with Running() as running:
        yield running


@pytest.fixture
def person(tmp_path: Path, site: Site, model_server: ModelServer) -> Iterator[Person]:
    """One with a secret in every source: environment, keyring, vault, named file."""
    home, folder, elsewhere = (tmp_path / name for name in ("home", "folder", "elsewhere"))
    for one in (home, folder, elsewhere):
        one.mkdir(mode=0o700)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BUTLER_HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "LANG": "C.UTF-8",
    }
    butler = CommandLine(home, folder, environ)
    yield Person.settle(butler, site, model_server, elsewhere)
    butler.close()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An allowed folder that holds Butler's own files and a few of the user's."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    own = inside / "Bütler"
    for folder in (inside / "sub", outside, own / "tools", own / "recipes"):
        folder.mkdir(parents=True)
    for path in (outside / "secret.txt", own / "config.toml", own / "butler.db"):
        path.write_text(SECRET)
    (outside / "secret.csv").write_text(f"name,value\n{SECRET},1\n")
    (outside / "key").write_text(SECRET)
    (outside / "key").chmod(0o600)
    (inside / "notes.txt").write_text("notes")
    (inside / "table.csv").write_text("a,b\n1,2\n")
    monkeypatch.setenv("HOME", str(outside))
    things = ("config.toml", "rules.toml", "butler.db", "tools", "recipes")
    forbidden = [own, *(own / name for name in things)]
    context = Context(folder=inside, folders=[inside], forbidden=forbidden)
    return World(context, inside, outside, own)
