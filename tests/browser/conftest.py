"""One real browser and one site for all tests of a file; each test has pages of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from tool_context import Context
from web_site import Running, Site

from butler_tui.execution.scopes import Scope
from butler_tui.tools.browser.programs import find_program

needs_browser = pytest.mark.skipif(
    find_program(None) is None, reason="no Chrome, Chromium or Edge is installed"
)


@pytest.fixture(scope="module")
def the_site() -> Iterator[Site]:
    with Running() as site:
        yield site


@pytest.fixture
def site(the_site: Site) -> Site:
    """The file's site, without what other tests left."""
    the_site.visits.clear()
    the_site.answers.clear()
    the_site.page("/favicon.ico", b"", "image/x-icon")
    return the_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scope() -> AsyncIterator[Scope]:
    """What the file's run keeps open: its browser."""
    if find_program(None) is None:
        pytest.skip("no Chrome, Chromium or Edge is installed")
    scope = Scope()
    yield scope
    await scope.close()


@pytest.fixture
def context(tmp_path: Path, scope: Scope, site: Site) -> Context:
    folder = tmp_path / "run"
    folder.mkdir()
    key = uuid.uuid4().hex
    return Context(folder, [folder], key, origins=[site.origin], scope=scope)
