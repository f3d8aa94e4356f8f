"""A person with a home and a folder of their own, for the real command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import COPY, PROJECT, CommandLine


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH that makes this checkout's entry points known, installed or not."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    info = site / f"butler_tui-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = project["entry-points"]["butler.tools"]
    lines = ["[butler.tools]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site


@pytest.fixture
def butler(tmp_path: Path, installed: Path) -> Iterator[CommandLine]:
    """`butler`, for a person who has nothing yet but a README.md in their folder."""
    home, folder = tmp_path / "home", tmp_path / "folder"
    for one in (home, folder):
        one.mkdir(mode=0o700)
    (folder / "README.md").write_text("# Tea\n\nTea is a drink. It is made with hot water.\n")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BUTLER_HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(installed)]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "LANG": "C.UTF-8",
    }
    made = CommandLine(home, folder, environ)
    yield made
    made.close()


@pytest.fixture
def copying(butler: CommandLine) -> str:
    """A plan that reads, writes (which is asked) and answers."""
    return butler.plan(COPY)


@pytest.fixture
def own_tool(butler: CommandLine) -> Callable[[str, str], None]:
    """Puts a file into the person's tools folder."""

    def put(name: str, source: str) -> None:
        folder = butler.home / "tools"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / name
        path.write_text(source)
        path.chmod(0o600)

    return put
