"""Fixtures for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from mail_servers import Mailbox, Postbox, running_imap, running_smtp
from model_server import ModelServer

from butler_tui.settings import KNOWN

# Examples share the machine with everything else that is tested beside them.
settings.register_profile("butler", deadline=None)
settings.load_profile("butler")


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, except LiteLLM's own: Butler keeps those off the screen."""
    config.addinivalue_line("filterwarnings", "ignore:::litellm")
    config.addinivalue_line("filterwarnings", "ignore:Item .* on TypedDict class:UserWarning")


def pytest_collection_finish() -> None:
    """Garbage is looked for less often, which tests of the app spent a sixth of their time on."""
    gc.collect()
    gc.freeze()  # what is imported lives until the last test
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A scripted model on loopback; `model_server.url` is the api_base to reach it at."""
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def smtp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postbox]:
    """A server that takes mail and sends nothing on; tests use `postbox`."""
    with running_smtp(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture
def postbox(smtp_server: Postbox) -> Iterator[Postbox]:
    """The server that takes mail, as nobody has used it yet."""
    smtp_server.reset()
    yield smtp_server
    smtp_server.reset()


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """A server that keeps mail; every test adds its own."""
    with running_imap(tmp_path_factory.mktemp("imap")) as server:
        yield server


@pytest.fixture(autouse=True)
def no_secrets_known() -> Iterator[None]:
    """No test's secrets are taken out of the texts of another."""
    yield
    KNOWN.forget()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their length: some hold the time, and every worker must say the same."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None


def pytest_xdist_auto_num_workers() -> int:
    """Two workers a core: tests of apps, processes and servers wait more than they work."""
    return 2 * (os.cpu_count() or 1)
