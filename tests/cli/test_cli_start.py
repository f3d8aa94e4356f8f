"""Starting is quick, since nothing heavy is loaded, and the page of commands is right."""

from __future__ import annotations

import subprocess
import sys

import pytest
from command_line import COPY, PROJECT, CommandLine

HEAVY = {
    "apscheduler",
    "ddgs",
    "duckdb",
    "litellm",
    "mammoth",
    "openpyxl",
    "plotext",
    "pptx",
    "pypdf",
    "textual",
    "trafilatura",
}


@pytest.mark.parametrize("line", ["--help", "run --help", "runs", "run --plan a.plan --yes"])
def test_nothing_heavy_is_loaded(butler: CommandLine, line: str) -> None:
    butler.plan(COPY)
    code = (
        "import sys\nfrom butler_tui.cli import main\n"
        f"code = main({line.split()!r})\n"
        "print('LOADED', *sorted(sys.modules), file=sys.stderr)\nsys.exit(code)\n"
    )
    done = butler.python(code)
    assert done.code == 0, done.err
    loaded = set(done.err.splitlines()[-1].split())
    assert "typer" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("page", ["commands", "tools"])
def test_a_page_that_is_written_by_a_script_is_up_to_date(butler: CommandLine, page: str) -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "docs" / f"{page}.py"), "--check"],
        capture_output=True,
        text=True,
        env=butler.environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_version_is_shown(butler: CommandLine) -> None:
    done = butler("--version")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("butler ")
