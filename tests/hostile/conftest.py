"""Persons and sites for hostile tests, with the helpers of the folders beside this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for _folder in ("cli", "tools"):
    sys.path.append(str(Path(__file__).parents[1] / _folder))

from command_line import PROJECT, CommandLine  # noqa: E402
from model_server import ModelServer  # noqa: E402
from planted import Person  # noqa: E402
from web_site import Running, Site  # noqa: E402


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
