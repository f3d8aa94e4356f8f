"""LiteLLM, loaded in a thread when first needed, and kept quiet.

It takes two seconds to import, and left alone it would read a `.env` from the working folder,
fetch a price list, and print to the terminal that Butler draws on.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import threading
import warnings
from contextlib import suppress
from types import ModuleType
from typing import Any

from butler_tui.core.errors import ModelError

_BEFORE_IMPORT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else importing fetches prices, and warns offline
    "LITELLM_MODE": "PRODUCTION",  # else importing reads .env into the environment
    "LITELLM_LOG": "ERROR",
}

_loaded: ModuleType | None = None
_lock = threading.Lock()


def load() -> ModuleType:
    """Import and set up LiteLLM, once; blocks for seconds the first time. Raises ModelError."""
    global _loaded
    with _lock:
        if _loaded is None:
            try:
                _loaded = _import()
            except ImportError as error:
                raise ModelError(
                    f"LiteLLM, which reaches models, cannot be loaded ({error}): reinstall Butler."
                ) from error
    return _loaded


async def library() -> ModuleType:
    """LiteLLM, without blocking the loop. Raises ModelError."""
    return _loaded or await asyncio.to_thread(load)


def preload() -> None:
    """Start loading in the background; leaving Butler does not wait for it."""

    def attempt() -> None:
        with suppress(ModelError):  # the first call meets it again, where it can be shown
            load()

    if _loaded is None:
        threading.Thread(target=attempt, name="load-litellm", daemon=True).start()


def _import() -> ModuleType:
    os.environ.update(_BEFORE_IMPORT)
    _ignore_warnings()
    litellm: Any = importlib.import_module("litellm")
    # the first call would import these on the event loop: half a second without a key press
    importlib.import_module("openai.resources")
    litellm.suppress_debug_info = True
    litellm.disable_aiohttp_transport = True  # httpx closes a connection at once and in silence
    litellm.disable_hf_tokenizer_download = True
    litellm.disable_streaming_logging = True
    litellm.drop_params = True
    litellm.telemetry = False
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        _silence(logging.getLogger(name))
    return litellm


def _ignore_warnings() -> None:
    """LiteLLM's are its authors' business; Python would print them on the screen."""
    warnings.filterwarnings("ignore", module=r"litellm(\.|$)")
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic(\.|$)")


def _silence(logger: logging.Logger) -> None:
    """Its lines would tear the screen, and may hold prompts and keys."""
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False


async def close_connections() -> None:
    """Close what LiteLLM keeps open; the next call opens anew."""
    if _loaded is None:
        return
    await _loaded.close_litellm_async_clients()
    _loaded.in_memory_llm_clients_cache.flush_cache()
