# ruff: noqa: RUF001  (letters in disguise are what is tested)
"""Which files are data alone, that nothing runs or obeys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.plain_files import is_obeyed_by_name, is_plain_data, kind_of


@pytest.mark.parametrize(
    "path",
    [
        "dinner.md",
        "notes/2026/a.b.txt",
        "Report.PDF",
        "table.csv",
        "data.json",
        "claudia.md",
        "my agents.md",
        "rocket.json",
        "/home/me/notes/x.jsonl",
    ],
)
def test_data(path: str) -> None:
    assert is_plain_data(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "name",
        "run.sh",
        "x.py",
        "x.html",
        "x.svg",
        "x.desktop",
        "x.toml",
        "Makefile",
        ".env",
        ".hidden.md",
        ".git/notes.md",
        ".vscode/tasks.json",
        "a/.b/c/d.txt",
        "x.md.sh",
        "x.md ",
        "x.md.",
        "x.sh\n.py",
        "AGENTS.md",
        "deep/Agents.MD",
        "AGENTS.override.md",
        "CLAUDE.local.md",
        "ＡＧＥＮＴＳ.md",
        "ſkill.md",
        "tests.instructions.md",
        "x.prompt.md",
        "requirements.txt",
        "dev-requirements.txt",
        "requirements_dev.txt",
        "CMakeLists.txt",
        "package.json",
        "tsconfig.build.json",
        "babel.config.json",
        "mcp.json",
        "user-settings.json",
        "webrc.json",
        "yarn.lock.json",
        "hooks/readme.md",
        "lib/node_modules/x/data.json",
    ],
)
def test_what_something_runs_or_obeys(path: str) -> None:
    assert not is_plain_data(path)


OBEYED = [
    "nx.json",
    "nodemon.json",
    "lefthook.json",
    "lefthook.yml",
    "lefthook.toml",
    "lefthook.yaml",
    "package.json",
    "turbo.json",
    "AGENT.md",
    "AGENTS.md",
    "QWEN.md",
    "GEMINI.md",
    "CLAUDE.md",
    "CONVENTIONS.md",
    "copilot-instructions.md",
    "CODEX.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
    ".cursor/rules/a.mdc",
    ".aider.conf.yml",
    ".github/workflows/ci.yml",
    ".github/copilot-instructions.md",
    ".gitlab-ci.yml",
    "Jenkinsfile",
    "Makefile",
    "justfile",
    "Taskfile.yml",
    "pyproject.toml",
    "setup.py",
    "conftest.py",
    "sitecustomize.py",
    ".envrc",
    ".git/hooks/pre-commit",
    ".git/hooks/notes.txt",
    ".husky/pre-commit",
    ".pre-commit-config.yaml",
    ".vscode/tasks.json",
    ".vscode/settings.json",
    ".idea/workspace.xml",
    "Dockerfile",
    "Dockerfile.test",
    "docker-compose.yml",
    "compose.yaml",
    "crontab",
    "a.desktop",
    ".bashrc",
    ".zshenv",
    ".profile",
    ".ssh/config",
    ".ssh/authorized_keys",
    "run.sh",
    "tool.exe",
    "configure",
    "requirements.txt",
    "macros.xlsm",
    "deep/er/Makefile",
]


@pytest.mark.parametrize("path", OBEYED)
def test_what_programs_and_assistants_obey(path: str) -> None:
    assert kind_of(path) == "obeyed"
    assert kind_of(path.upper()) == "obeyed"


@pytest.mark.parametrize("path", ["page.html", "film.mp4", "all.zip", "letter.docx", "x.svg"])
def test_what_is_neither_data_alone_nor_obeyed(path: str) -> None:
    assert kind_of(path) == "other"


def test_what_a_program_looks_for_by_itself() -> None:
    found = ["Makefile", "package.json", "conftest.py", ".envrc", "AGENTS.md", ".gitlab-ci.yml"]
    assert all(is_obeyed_by_name(name) for name in found)
    assert not any(is_obeyed_by_name(name) for name in ["run.sh", "notes.md", "x.py", ".hidden"])


@given(st.text(), st.sampled_from([".md", ".txt", ".json", ".csv"]))
def test_nothing_below_a_hidden_folder_is_data(name: str, ending: str) -> None:
    assert not is_plain_data(f".x/{name}{ending}")


@given(st.text())
def test_whatever_the_name_a_script_is_no_data(name: str) -> None:
    assert not is_plain_data(f"{name}.sh")
