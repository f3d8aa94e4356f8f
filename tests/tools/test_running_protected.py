"""What a command may not change in the folder that it may write: whatever other programs obey."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_program import confinements, name_of

from butler_tui.core.errors import ToolError
from butler_tui.tools import running
from butler_tui.tools.running import run_command


@pytest.fixture(params=confinements(), ids=name_of, autouse=True)
def confined(request, monkeypatch):
    monkeypatch.setattr(running, "find_confinement", lambda: request.param)
    return request.param


@pytest.fixture
def repository(tmp_path):
    """A folder with a Git repository in it, and one deeper down."""
    for git in (tmp_path / ".git", tmp_path / "lib" / "inner" / ".git"):
        for name in ("hooks", "objects", "refs"):
            (git / name).mkdir(parents=True)
        (git / "HEAD").write_text("ref: refs/heads/main\n")
        (git / "config").write_text("[core]\n")
        (git / "hooks" / "pre-commit").write_text("true\n")
    (tmp_path / ".bashrc").write_text("true\n")
    return tmp_path


async def shell(context, script, folder="."):
    return await run_command.run(context, ["sh", "-c", script], folder, 20.0)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed(path):
    """When it was changed last, in nanoseconds."""
    return path.stat().st_mtime_ns


ATTACKS = [
    "echo bad > .git/config",
    "echo bad > .git/hooks/pre-commit",
    "echo bad > .git/hooks/post-checkout",
    "rm -f .git/config; echo bad > .git/config",
    "mv .git/hooks .git/old; mkdir .git/hooks; echo bad > .git/hooks/pre-commit",
    "echo bad > .git/config.worktree",
    "echo bad >> .bashrc",
    "rm -f .bashrc; echo bad > .bashrc",
    "echo bad > x; mv x .bashrc",
    "echo bad > x; ln -f x .bashrc",
    "ln .git/config y && echo bad > y",
    "chmod u+w .git/config; echo bad > .git/config",
    "echo bad > lib/inner/.git/config",
    "mv .git moved; mkdir .git; echo bad > .git/config",
    "echo bad > .zshrc",
    "mkdir -p .config/fish; echo bad > .config/fish/config.fish",
    "mkdir -p new/.git/hooks; echo bad > new/.git/hooks/pre-commit",
    "mkdir -p new/objects new/refs new/hooks; touch new/HEAD; echo bad > new/hooks/post-commit",
    "mkdir new; echo 'gitdir: ../evil' > new/.git",
    "ln -s x .profile; echo bad > x",
]


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_other_programs_obey_is_not_changed(context, repository, attack):
    before = contents(repository)
    result = await shell(context, f"{attack}; true")
    after = contents(repository)
    for name, data in before.items():
        assert after.get(name) == data, result.output.text
    for name in after.keys() - before.keys():
        parts = set(Path(name).parts)
        harmless = "set-aside" in name or not parts & {".git", ".zshrc", ".config", "hooks"}
        assert harmless or after[name] != b"bad\n", name
    assert not (repository / ".profile").is_symlink()
    assert not (repository / "new" / ".git").is_file()


async def test_the_rest_of_a_repository_can_be_changed(context, repository):
    (repository / "src").mkdir()
    script = "echo x > .git/objects/one && echo y > src/a && mv src/a src/b && mkdir src/new"
    result = await shell(context, script)
    assert result.output.exit_code == 0, result.output.text
    assert (repository / ".git" / "objects" / "one").read_text() == "x\n"
    assert (repository / "src" / "b").read_text() == "y\n"
    assert result.receipt.facts["set_aside"] == []


async def test_a_new_file_beside_what_is_protected_is_made_or_the_preview_says_it_is_not(
    context, repository
):
    shown = (await run_command.preview(context, ["true"])).text
    await shell(context, "echo x > new; true")
    assert (repository / "new").exists() != ("a new file right beside one of these" in shown)


async def test_a_folder_that_is_no_repository_does_not_become_one(context, tmp_path):
    result = await shell(context, "mkdir -p .git/hooks; echo bad > .git/hooks/pre-commit; true")
    assert "bad\n" not in [
        path.read_text() for path in tmp_path.rglob("pre-commit") if "set-aside" not in str(path)
    ]
    again = await shell(context, "true")
    assert (result.output.exit_code, again.output.exit_code) == (0, 0)


async def test_nothing_stays_that_held_a_name(context, tmp_path):
    await shell(context, "true")
    assert list(tmp_path.iterdir()) == []


async def test_what_is_set_aside_is_said_and_not_lost(context, tmp_path):
    result = await shell(context, "mkdir sub; echo mine > sub/.bashrc; echo done")
    assert result.output.text == "done\n[Set aside, since no command may make it: sub/.bashrc]\n"
    assert result.receipt.facts["set_aside"] == ["sub/.bashrc"]
    assert (tmp_path / "sub" / "_.bashrc.set-aside").read_text() == "mine\n"


async def test_a_repository_that_is_moved_keeps_its_hooks(context, repository):
    (repository / "old").mkdir()
    (repository / "lib" / "inner" / ".git").rename(repository / "old" / ".git")
    await shell(context, "mv old new; true")
    found = repository / "new" if (repository / "new").exists() else repository / "old"
    assert (found / ".git" / "hooks" / "pre-commit").read_text() == "true\n"


async def test_a_folder_that_holds_butlers_own_files_is_only_read(context, tmp_path):
    home = tmp_path / "butler"
    home.mkdir()
    (home / "config.toml").write_text("secret")
    (tmp_path / "a.txt").write_text("mine")
    context.forbidden = [home, tmp_path / "not-there"]
    shown = (await run_command.preview(context, ["true"])).text
    assert "no file may be changed" in shown
    script = "cat a.txt butler/config.toml; echo x > a.txt; echo x > butler/rules.toml; echo x > b"
    text = (await shell(context, f"{script}; true")).output.text
    assert text.startswith("mine")
    assert "secret" not in text
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "butler"}
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert [path.name for path in home.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("folder", ["butler", "butler/tools"])
async def test_no_command_runs_among_butlers_own_files(context, tmp_path, folder):
    (tmp_path / "butler" / "tools").mkdir(parents=True)
    context.forbidden = [tmp_path / "butler"]
    with pytest.raises(ToolError) as caught:
        await shell(context, "true", folder)
    assert caught.value.code == "forbidden"


async def test_butlers_own_code_cannot_be_changed(context):
    source = Path(running.__file__)
    code = source.parents[1]
    context.folders = [*context.folders, code.parent]
    before = changed(source)
    await shell(context, f"touch {source} {code}/made; true", str(code.parent))
    assert changed(source) == before
    assert not (code / "made").exists()
