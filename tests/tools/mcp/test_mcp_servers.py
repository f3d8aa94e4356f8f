"""Servers that work, crash, hang, lie and flood: every call ends, and no process is left."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from tool_context import Context

from butler_tui.core.errors import ToolError

Call = Callable[..., Any]


def until(happened: Callable[[], object], seconds: float = 10) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


async def refusal(call: Call, tool: Any, **args: Any) -> ToolError:
    with pytest.raises(ToolError) as refused:
        await call(tool, **args)
    return refused.value


async def test_it_is_started_by_the_first_call_and_serves_the_others(
    scripted: Any, call: Call
) -> None:
    tool = scripted.tool()
    assert scripted.lines("pids") == []
    scripted.tell(arguments=True)
    answers = await asyncio.gather(*(call(tool, who=f"Ann {n}") for n in range(5)))
    assert [json.loads(one["text"])["who"] for one in answers] == [f"Ann {n}" for n in range(5)]
    assert len(scripted.lines("pids")) == 1


async def test_one_that_crashed_is_started_again_and_the_call_in_flight_says_so(
    scripted: Any, call: Call, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    tool = scripted.tool()
    scripted.tell(on_call="crash")
    with caplog.at_level(logging.WARNING):
        error = await refusal(call, tool, who="Ann")
    # What runs something may have happened: the run asks the person, and never repeats it.
    assert (error.code, error.transient) == ("no_answer", False)
    assert str(error).startswith("MCP server scripted ended before it answered")
    scripted.tell()
    assert (await call(tool, who="Ann"))["text"] == "done"
    assert len(scripted.lines("pids")) == 2
    assert "dying of ␛[31mshame" in caplog.text
    assert capfd.readouterr() == ("", "")


async def test_what_only_looks_may_be_tried_again_after_a_crash(scripted: Any, call: Call) -> None:
    scripted.settings["effects"] = {"greet": "observe"}
    scripted.tell(on_call="crash")
    error = await refusal(call, scripted.tool(), who="Ann")
    assert (error.code, error.transient) == ("server_ended", True)


async def test_one_that_hangs_is_ended_with_all_that_it_started(scripted: Any, call: Call) -> None:
    scripted.settings["timeout"] = 0.5
    tool = scripted.tool()
    scripted.tell(on_call="hang")
    error = await refusal(call, tool, who="Ann")
    assert error.code == "timeout"
    assert "did not answer greet within 0.5 seconds and was stopped" in str(error)
    assert len(scripted.lines("pids")) == 2  # it and its child
    await asyncio.to_thread(until, lambda: scripted.running == [])
    scripted.tell()
    assert (await call(tool, who="Ann"))["text"] == "done"


async def test_a_cancelled_call_takes_a_server_with_it_that_nobody_else_uses(
    scripted: Any, call: Call
) -> None:
    tool = scripted.tool()
    scripted.tell(on_call="silent")
    calls = [asyncio.create_task(call(tool, who=who)) for who in ("Ann", "Bob")]
    await asyncio.to_thread(until, lambda: len(scripted.lines("calls")) == 2)
    calls[0].cancel()
    await asyncio.wait(calls[:1])
    assert len(scripted.running) == 1
    calls[1].cancel()
    await asyncio.wait(calls)
    assert scripted.running == []


@pytest.mark.parametrize("how", ["crash", "error", "wrong type"])
async def test_one_that_does_not_start_well_says_so(scripted: Any, call: Call, how: str) -> None:
    scripted.tell(on_list=how)
    error = await refusal(call, scripted.tool(), who="Ann")
    assert error.code == "not_started"
    assert "MCP server scripted cannot be used" in str(error)
    assert "`butler mcp test scripted` tries it" in str(error)
    assert "\x1b" not in str(error)
    assert scripted.running == []


async def test_a_command_that_is_not_there_says_so(scripted: Any, call: Call) -> None:
    scripted.settings["command"] = ("/no/such/program",)
    scripted.accept()
    error = await refusal(call, scripted.tool(), who="Ann")
    assert "cannot be started: /no/such/program: No such file or directory." in str(error)


async def test_endless_output_ends_the_server(scripted: Any, call: Call) -> None:
    scripted.tell(on_call="huge")
    error = await refusal(call, scripted.tool(), who="Ann")
    assert error.code == "no_answer"
    await asyncio.to_thread(until, lambda: scripted.running == [])


@pytest.mark.parametrize("how", ["garbage", "wrong id", "twice", "ask", "stderr"])
async def test_noise_between_messages_is_passed_over(
    scripted: Any, call: Call, how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    tool = scripted.tool()
    scripted.tell(on_call=how)
    assert (await call(tool, who="Ann"))["text"] == "done"
    assert (await call(tool, who="Ann"))["text"] == "done"
    assert len(scripted.lines("pids")) == 1
    assert capfd.readouterr() == ("", "")


async def test_what_a_server_asks_of_butler_is_refused(scripted: Any, call: Call) -> None:
    scripted.tell(on_call="ask")
    await call(scripted.tool(), who="Ann")
    await asyncio.to_thread(until, lambda: len(scripted.lines("answered")) == 3)
    assert all("error" in json.loads(one) for one in scripted.lines("answered"))


async def test_its_errors_are_told_cleaned_and_by_a_code_of_butlers(
    scripted: Any, call: Call
) -> None:
    tool = scripted.tool()
    scripted.tell(on_call="error")
    error = await refusal(call, tool, who="Ann")
    assert error.code == "refused_by_server"
    assert str(error).endswith("it says: no ␛[2Jsuch⟨U+202E⟩ thing")
    scripted.tell(failed=True, say="out\nof\x07 tea")
    error = await refusal(call, tool, who="Ann")
    assert error.code == "failed_there"
    assert str(error) == "MCP server scripted could not do greet; it says: out of␇ tea"
    scripted.tell(on_call="wrong type")
    error = await refusal(call, tool, who="Ann")
    assert error.code == "no_answer"


async def test_progress_is_shown_in_one_clean_line(
    scripted: Any, call: Call, context: Context
) -> None:
    scripted.tell(on_call="progress")
    await call(scripted.tool(), who="Ann")
    assert any(share == 0.5 and text.startswith("half") for text, share in context.shown)


async def test_it_gets_the_secrets_that_are_named_and_no_others(
    scripted: Any, call: Call, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    scripted.settings["env"] = {"TOKEN": "secret:MY_TOKEN", "LEVEL": "low"}
    scripted.accept()
    scripted.tell(environment=True)
    tool = scripted.tool()
    error = await refusal(call, tool, who="Ann")
    assert "`butler secrets set MY_TOKEN`" in str(error).replace(" keeps it", "")
    context.secrets["MY_TOKEN"] = "t-123"
    env = json.loads((await call(tool, who="Ann"))["text"])
    assert (env["TOKEN"], env["LEVEL"]) == ("t-123", "low")
    assert "OPENAI_API_KEY" not in env


async def test_one_that_does_not_end_when_asked_is_killed(scripted: Any, call: Call) -> None:
    scripted.tell(lingers=True)
    await call(scripted.tool(), who="Ann")
    [pid] = scripted.running
    begun = time.monotonic()
    await scripted.pools[-1].close()
    assert not psutil.pid_exists(pid)
    assert time.monotonic() - begun < 5


KILLED = """
import asyncio, sys
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp.session import Session
async def main():
    await Session.opened("s", McpServer(command=tuple(sys.argv[1:])), {})
    print("up", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_it_dies_with_butler_even_when_butler_is_killed(scripted: Any) -> None:
    scripted.tell(lingers=True)
    argv = [sys.executable, "-c", KILLED, *(scripted.server.command or ())]
    butler = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert butler.stdout is not None
    assert butler.stdout.readline() == b"up\n"
    assert len(scripted.running) == 1
    os.kill(butler.pid, signal.SIGKILL)
    butler.wait()
    butler.stdout.close()
    until(lambda: scripted.running == [])


def test_the_client_is_not_imported_before_a_server_is_started() -> None:
    code = "import butler_tui.butler, sys; print('mcp' in sys.modules, 'httpx2' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False False\n"
