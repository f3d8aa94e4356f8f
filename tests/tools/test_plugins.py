"""Finding tools: the built-in door, a stranger's package, and the person's own folder."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from butler_tui.core.errors import ButlerError
from butler_tui.tools.plugins import GROUP, Found, find_tools

Publish = Callable[[str, dict[str, str]], None]

TOOL = '''
from __future__ import annotations
from pydantic import BaseModel
from butler_tui.core.tool import Effect, ToolContext, tool

class Out(BaseModel):
    text: str

@tool(effect=Effect.OBSERVE, name={name!r})
async def made(context: ToolContext, word: str) -> Out:
    """Say a word."""
    return Out(text=word)
'''


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publish]:
    """Install a package with entry points, as pip does; Butler's own is there from the start."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    before = set(sys.modules)

    def install(distribution: str, points: dict[str, str]) -> None:
        info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        )
        lines = [f"[{GROUP}]", *(f"{name} = {value}" for name, value in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")

    install(
        "butler-tui",
        {"text": "butler_tui.tools.text", "conversation": "butler_tui.tools.conversation"},
    )
    yield install
    for name in set(sys.modules) - before:
        if not name.startswith("butler_tui."):
            del sys.modules[name]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The person's tools folder, writable by nobody else whatever the umask."""
    folder = tmp_path / "tools"
    folder.mkdir()
    folder.chmod(0o700)
    return folder


def put(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_text(source)
    path.chmod(0o600)
    return path


def errors(found: Found) -> dict[str, str]:
    return {one.name: one.error for one in found.broken}


def test_built_in_tools_come_through_the_entry_points(publish: Publish) -> None:
    found = find_tools(None)
    names = {"write_text", "summarise_text", "join_text", "fill_text", "ask_user", "answer"}
    assert names == set(found.tools)
    assert found.broken == []


def test_every_module_or_family_with_a_tool_has_its_entry_point() -> None:
    project = Path(__file__).parents[2]
    points = tomllib.loads((project / "pyproject.toml").read_text())["project"]["entry-points"]
    home = project / "butler_tui" / "tools"
    modules = {
        f"butler_tui.tools.{path.relative_to(home).with_suffix('').parts[0]}"
        for path in home.rglob("*.py")
        if "\n@tool(" in path.read_text()
    }
    only_in_an_undo = {"butler_tui.tools.putting_back"}
    assert modules - only_in_an_undo == set(points[GROUP].values())


def test_without_installed_entry_points_butler_says_how_to_install_it(
    publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ButlerError, match=r"pip install \."):
        find_tools(None)


def test_a_strangers_package_brings_modules_and_single_tools(
    publish: Publish, tmp_path: Path
) -> None:
    put(tmp_path / "site", "stranger_pack.py", TOOL.format(name="owl.hoot"))
    put(tmp_path / "site", "stranger_single.py", TOOL.format(name="hoot_twice"))
    publish("owl-tools", {"owl": "stranger_pack", "twice": "stranger_single:made"})
    found = find_tools(None)
    assert found.tools["owl.hoot"].summary == "Say a word."
    assert "hoot_twice" in found.tools
    assert found.broken == []


def test_a_strangers_tool_never_takes_a_built_in_name(publish: Publish, tmp_path: Path) -> None:
    put(tmp_path / "site", "stranger_shadow.py", TOOL.format(name="answer"))
    publish("a-shadow", {"a": "stranger_shadow"})
    found = find_tools(None)
    assert found.tools["answer"].summary.startswith("Tell the person")
    assert "already" in errors(found)["a (a-shadow)"]


def test_an_entry_point_to_something_else_is_named(publish: Publish, tmp_path: Path) -> None:
    put(tmp_path / "site", "stranger_number.py", "number = 7\n")
    publish("numbers", {"n": "stranger_number:number", "gone": "not_there_at_all"})
    found = find_tools(None)
    assert "neither a module nor a tool" in errors(found)["n (numbers)"]
    assert "not_there_at_all" in errors(found)["gone (numbers)"]
    assert "answer" in found.tools


async def test_a_file_in_the_tools_folder_is_a_plugin(publish: Publish, own: Path) -> None:
    put(own, "hoot.py", TOOL.format(name="hoot"))
    put(own, "notes.txt", "no plugin")
    (own / "inner").mkdir()
    put(own / "inner", "deep.py", TOOL.format(name="deep"))
    found = find_tools(own)
    assert found.broken == []
    assert "deep" not in found.tools
    assert (await found.tools["hoot"].run(None, "woo")).text == "woo"
    assert found.tools["hoot"].signature() == "hoot(word) -> {text}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def broken(:\n", "not Python"),
        ("raise SystemExit(3)\n", "ended the program"),
        ("import not_there_either\n", "not_there_either"),
        ("x = 1\n", "no tool"),
        ("class E(Exception):\n  def __str__(self): raise ValueError\nraise E\n", "E: (no text)"),
        ("raise RuntimeError('two\\nlines')\n", "RuntimeError: two lines"),
        ("\0", "It"),
        (TOOL.format(name="answer"), "already"),
        (TOOL.format(name="goal"), "cannot be a tool's name"),
        (TOOL.format(name="a..b"), "cannot be a tool's name"),
        (TOOL.format(name="a.class"), "cannot be a tool's name"),
        (TOOL.format(name="_hidden"), "cannot be a tool's name"),
        (TOOL.format(name="héllo"), "cannot be a tool's name"),
        (TOOL.format(name="ok").replace('"""Say a word."""', "pass"), "docstring"),
    ],
)
def test_a_broken_plugin_is_named_and_the_rest_works(
    publish: Publish, own: Path, source: str, said: str
) -> None:
    put(own, "bad.py", source)
    put(own, "hoot.py", TOOL.format(name="hoot"))
    found = find_tools(own)
    assert said in errors(found)["bad.py"]
    assert "\n" not in errors(found)["bad.py"]
    assert {"hoot", "answer"} <= set(found.tools)


def test_of_two_files_with_one_name_the_first_keeps_it(publish: Publish, own: Path) -> None:
    put(own, "a.py", TOOL.format(name="hoot"))
    put(own, "b.py", TOOL.format(name="hoot"))
    assert list(errors(find_tools(own))) == ["b.py"]


def test_a_plugin_may_use_a_built_in_tool_without_clashing(publish: Publish, own: Path) -> None:
    borrowed = "\nfrom butler_tui.tools.conversation import answer\n"
    put(own, "hoot.py", TOOL.format(name="hoot") + borrowed)
    found = find_tools(own)
    assert found.broken == []
    assert "hoot" in found.tools


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
class TestWhatOthersCanWrite:
    def test_a_file_is_refused(self, publish: Publish, own: Path) -> None:
        put(own, "hoot.py", TOOL.format(name="hoot")).chmod(0o666)
        found = find_tools(own)
        assert "chmod go-w" in errors(found)["hoot.py"]
        assert "hoot" not in found.tools

    def test_a_folder_is_refused_whole(self, publish: Publish, own: Path) -> None:
        put(own, "hoot.py", "raise AssertionError('must not run')\n")
        own.chmod(0o770)
        found = find_tools(own)
        assert "chmod go-w" in errors(found)[str(own)]
        assert "answer" in found.tools

    def test_a_link_into_a_folder_of_others_is_refused(
        self, publish: Publish, own: Path, tmp_path: Path
    ) -> None:
        shared = tmp_path / "shared"
        shared.mkdir()
        target = put(shared, "hoot.py", TOOL.format(name="hoot"))
        shared.chmod(0o777)
        (own / "hoot.py").symlink_to(target)
        assert "chmod go-w" in errors(find_tools(own))["hoot.py"]

    @pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="only root can give away")
    def test_a_file_of_another_user_is_refused(self, publish: Publish, own: Path) -> None:
        os.chown(put(own, "hoot.py", TOOL.format(name="hoot")), 12345, 12345)
        assert "another user" in errors(find_tools(own))["hoot.py"]


def test_what_runs_is_the_source_and_no_compiled_twin(publish: Publish, own: Path) -> None:
    put(own, "hoot.py", TOOL.format(name="hoot"))
    find_tools(own)
    assert not (own / "__pycache__").exists()


def definition(folder: Path, source: str) -> str:
    put(folder, "hoot.py", source)
    return find_tools(folder).tools["hoot"].definition


def test_a_strangers_tool_has_a_definition_and_butlers_own_have_none(
    publish: Publish, own: Path, tmp_path: Path
) -> None:
    put(tmp_path / "site", "stranger_pack.py", TOOL.format(name="owl.hoot"))
    publish("owl-tools", {"owl": "stranger_pack"})
    put(own, "hoot.py", TOOL.format(name="hoot"))
    found = find_tools(own)
    assert {name for name, one in found.tools.items() if one.definition} == {"hoot", "owl.hoot"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Say a word.", "Say a word. Always."),
        ("word: str", "word: int"),
        ("word: str", 'word: str = "x"'),
        ("effect=Effect.OBSERVE", "effect=Effect.SEND"),
        ("effect=Effect.OBSERVE", "effect=Effect.OBSERVE, reaches=True"),
        ("effect=Effect.OBSERVE", "effect=Effect.OBSERVE, untrusted=True"),
        ("return Out(text=word)", "return Out(text=word + word)"),
        ("from __future__", "# only a comment\nfrom __future__"),
    ],
)
def test_whatever_changes_of_a_tool_its_definition_does(
    publish: Publish, own: Path, before: str, after: str
) -> None:
    source = TOOL.format(name="hoot")
    first = definition(own, source)
    assert definition(own, source) == first
    assert definition(own, source.replace(before, after)) != first


def test_no_folder_is_no_problem(publish: Publish, tmp_path: Path) -> None:
    assert find_tools(tmp_path / "not there").broken == []
