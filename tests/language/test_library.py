"""LiteLLM stays out until it is needed, and silent once it is in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from model_server import Answer, ModelServer

ROOT = Path(__file__).parents[2]

IMPORTS = """
import pkgutil, sys
import butler_tui.language
for module in pkgutil.walk_packages(butler_tui.language.__path__, "butler_tui.language."):
    __import__(module.name)
print([name for name in ("litellm", "openai", "httpx", "aiohttp") if name in sys.modules])
"""

CALLS = """
import asyncio, os, sys
from butler_tui.core.errors import ModelError
from butler_tui.core.ports import Message
from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel, Timeouts

async def main():
    def model(name, api_base):
        choice = ModelChoice(name, api_base)
        return LiteLlmModel({"planner": choice}, {}.get, timeouts=Timeouts(tries=()))
    good = model("openai/m", sys.argv[1])
    good.preload()
    texts = [part async for part in good.stream("planner", [Message("user", "hello")])]
    assert "".join(texts[:-1]) == "hello", texts
    for one in [good] * 5 + [model("nobody", None), model("github/m", None)]:
        try:
            async for _ in one.stream("planner", [Message("user", "hello")]):
                pass
        except ModelError:
            continue
        raise AssertionError("no error")
    leaving = good.stream("planner", [Message("user", "hello")])
    await anext(leaving)
    assert "LEAKED_FROM_ENV_FILE" not in os.environ
    if sys.argv[2] == "close":
        await leaving.aclose()
        await good.close()

asyncio.run(main())
"""


def test_importing_the_package_loads_no_model_library(tmp_path: Path) -> None:
    done = _python(IMPORTS, folder=tmp_path)
    assert done.stdout == "[]\n", done.stderr


def test_a_broken_installation_says_so(tmp_path: Path) -> None:
    (tmp_path / "litellm.py").write_text("import a_module_that_is_not_there")
    code = """
import asyncio
from butler_tui.core.errors import ModelError
from butler_tui.language.library import library, preload
preload()
try:
    asyncio.run(library())
except ModelError as error:
    print(error)
"""
    done = _python(code, folder=tmp_path)
    assert done.stdout == (
        "LiteLLM, which reaches models, cannot be loaded "
        "(No module named 'a_module_that_is_not_there'): reinstall Butler.\n"
    )
    assert done.stderr == ""


def test_calls_print_nothing_and_read_no_env_file(
    tmp_path: Path, model_server: ModelServer
) -> None:
    (tmp_path / ".env").write_text("LEAKED_FROM_ENV_FILE=1\nOPENAI_API_KEY=sk-leaked\n")
    for how in ("close", "leave"):
        model_server.script.clear()
        model_server.add("hello", *(Answer(status=status) for status in (400, 401, 429, 500)))
        model_server.add(
            Answer("a b", fault="reset", after=1), Answer("a b c", fault="hang", after=1)
        )
        done = _python(CALLS, model_server.url, how, folder=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), how
    assert all("sk-leaked" not in str(request.headers) for request in model_server.requests)


def _python(code: str, *args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=folder,
        env={**keep, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
