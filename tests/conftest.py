"""Fixtures for every test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings
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


@pytest.fixture(autouse=True)
def no_secrets_known() -> Iterator[None]:
    """No test's secrets are taken out of the texts of another."""
    yield
    KNOWN.forget()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their length: some hold the time, and every worker must say the same."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None
