"""`butler doctor` says what works, what does not, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from command_line import CommandLine
from model_answers import Answer, ToolUse
from model_server import ModelServer

from butler_tui.tools.sandbox import find_confinement

PutTool = Callable[[str, str], None]


def test_a_new_installation_is_fine(butler: CommandLine) -> None:
    done = butler("doctor")
    assert (done.code, done.err) == (0, "")
    for line in (
        "ok  python: 3.",
        "ok  settings: none",
        "ok  history: none yet",
        "note  model: none is set; Butler works from recipes alone.",
        "note  keyring: There is no keyring",
    ):
        assert line in done.out
    assert "problem" not in done.out


def test_the_sandbox_is_named(butler: CommandLine) -> None:
    found = {line["name"]: line for line in butler("doctor", "--json").lines}
    assert found["sandbox"]["ok"]
    assert find_confinement().name in found["sandbox"]["says"]


def test_what_is_broken_is_named_and_the_rest_looked_at(
    butler: CommandLine, own_tool: PutTool
) -> None:
    own_tool("mine.py", "def broken(:\n")
    config = butler.home / "config.toml"
    config.write_text("[modle]\n")
    config.chmod(0o600)
    (butler.home / "butler.db").write_bytes(b"no database " * 1000)
    done = butler("doctor", "--json")
    found = {line["name"]: line for line in done.lines}
    assert done.code == 1
    assert "settings, history" in done.err
    assert "modle" in found["settings"]["says"]
    assert "damaged" in found["history"]["says"]
    assert "not Python" in found["tool mine.py"]["says"]
    assert not found["tool mine.py"]["essential"]
    assert found["python"]["ok"]
    assert "problem  settings: " in (said := butler("doctor").out)
    assert "note  tool mine.py: " in said


def test_a_model_is_tried(butler: CommandLine, model_server: ModelServer) -> None:
    config = butler.home / "config.toml"
    config.write_text(f'[model]\nname = "openai/scripted"\napi_base = "{model_server.url}"\n')
    config.chmod(0o600)
    model_server.add(
        Answer('note = read_file("notes.txt")\nanswer(note.text)\n'),
        Answer(tools=[ToolUse("weather", {"city": "Munich"})]),
    )
    done = butler("doctor", "--json")
    found = {line["name"]: line for line in done.lines}
    assert done.code == 0, done.err
    assert found["model answers"]["ok"], found
    assert found["model plans"]["says"] == "openai/scripted writes plans."
    assert found["model calls tools"]["ok"]


def test_a_model_that_does_not_answer_is_a_problem(
    butler: CommandLine, model_server: ModelServer
) -> None:
    config = butler.home / "config.toml"
    config.write_text(f'[model]\nname = "openai/scripted"\napi_base = "{model_server.url}"\n')
    config.chmod(0o600)
    model_server.add(*[Answer(status=401)] * 8)
    done = butler("doctor")
    assert done.code == 1
    assert "problem  model answers: " in done.out
    assert "Put this right first: model answers." in done.err
