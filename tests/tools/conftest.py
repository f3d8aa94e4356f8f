"""A context for tools under test: a temporary folder, and a web site that it may reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from radicale_server import DavServer, running_radicale
from tool_context import Context
from web_site import Running, Site


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A context whose only allowed folder is the test's own."""
    return Context(folder=tmp_path, folders=[tmp_path])


@pytest.fixture
def web_site(context: Context) -> Iterator[Site]:
    """A web site on loopback that the context's settings allow."""
    with Running() as site:
        context.origins.append(site.origin)
        yield site


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DavServer]:
    """A real CalDAV and CardDAV server; `empty` makes it as new."""
    pytest.importorskip("radicale", reason="Radicale is not installed")
    with running_radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running
