"""Which names are plain data, and which are obeyed: run, read as settings, or taken for orders.

The tables are the whole knowledge; `kind_of` is the one function that reads them.
"""

from __future__ import annotations

import re
import unicodedata
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import Literal

FileKind = Literal["data", "obeyed", "other"]

_DATA = frozenset(
    {
        *(".csv", ".eml", ".jpeg", ".jpg", ".json", ".jsonl", ".log", ".markdown", ".md"),
        *(".pdf", ".png", ".rst", ".tab", ".tsv", ".txt", ".xlsx"),
    }
)
"""Endings of files that are read, never run."""

_OBEYED_ENDINGS = frozenset(
    {
        # Scripts and source text, which the next test, build or import runs.
        *(".awk", ".bash", ".bat", ".cgi", ".cjs", ".cmd", ".command", ".csh", ".cts", ".el"),
        *(".fish", ".go", ".groovy", ".hta", ".ipynb", ".jl", ".js", ".jse", ".jsx", ".ksh"),
        *(".kts", ".lua", ".mjs", ".mts", ".nu", ".php", ".pl", ".pm", ".ps1", ".psd1", ".psm1"),
        *(".pth", ".py", ".pyc", ".pyi", ".pyw", ".r", ".rb", ".rs", ".scpt", ".sed", ".sh"),
        *(".sql", ".tcl", ".ts", ".tsx", ".vbe", ".vbs", ".vim", ".wsf", ".workflow", ".zsh"),
        # Programs, libraries and packages.
        *(".apk", ".app", ".appimage", ".bin", ".class", ".com", ".crx", ".deb", ".dll", ".dylib"),
        *(".egg", ".elf", ".exe", ".flatpakref", ".gem", ".jar", ".msi", ".out", ".pyd", ".rpm"),
        *(".run", ".scr", ".so", ".vsix", ".wasm", ".whl", ".xpi"),
        # Documents with programs in them, and links that open something.
        *(".desktop", ".docm", ".lnk", ".pptm", ".url", ".webloc", ".xlam", ".xlsb", ".xlsm"),
        # Builds, services and settings.
        *(".bazel", ".bzl", ".cfg", ".cmake", ".cnf", ".conf", ".dockerfile", ".editorconfig"),
        *(".env", ".gradle", ".ini", ".mdc", ".mk", ".nix", ".plist", ".properties", ".reg"),
        *(".rules", ".service", ".socket", ".tf", ".timer", ".toml", ".yaml", ".yml"),
    }
)
"""Endings of files that something runs, loads or is set up by."""

_OBEYED_NAMES = (
    # Orders for assistants.
    *("conventions.*", "copilot-instructions.*", "cursorrules.*", "windsurfrules.*"),
    *("clinerules.*", "llms.txt", "system-prompt.*", "system_prompt.*"),
    *("*.instructions.md", "*.prompt.md", "*.chatmode.md", "*.agent.md", "*.rules.md"),
    *("*.instructions.markdown", "*.prompt.markdown", "*.rules.markdown"),
    # Builds, tests and containers.
    *("makefile", "makefile.am", "makefile.in", "gnumakefile", "justfile", "taskfile.y*ml"),
    *("jenkinsfile", "dockerfile", "dockerfile.*", "containerfile", "docker-compose*.y*ml"),
    *("compose*.y*ml", "vagrantfile", "procfile", "rakefile", "gemfile", "brewfile", "crontab"),
    *("cmakelists.txt", "meson_options.txt", "setup.py", "setup.cfg", "pyproject.toml"),
    *("conftest.py", "sitecustomize.py", "usercustomize.py", "lefthook*.json", "lefthook*.toml"),
    *("lefthook*.y*ml", "pre-commit-config.y*ml", "gitlab-ci.y*ml", "envrc", "tox.ini"),
    # Lists of what is to be installed.
    *("*requirements*.txt", "*constraints*.txt", "packages.txt", "apt.txt", "runtime.txt"),
    # Settings in JSON.
    *("angular.json", "app.json", "biome.json", "bower.json", "components.json"),
    *("composer.json", "deno.json", "devcontainer.json", "ecosystem.json", "firebase.json"),
    *("global.json", "keybindings.json", "launch.json", "lerna.json", "nest-cli.json"),
    *("netlify.json", "nodemon.json", "now.json", "nx.json", "opencode.json", "project.json"),
    *("renovate.json", "rush.json", "tasks.json", "tslint.json", "turbo.json", "vercel.json"),
    *("workspace.json", "wrangler.json", "robots.txt", "*rc.json", "*config*.json"),
    *("*settings*.json", "*package*.json", "*manifest*.json", "*preferences*.json"),
    *("*extensions*.json", "*plugins*.json", "*hooks*.json", "*mcp*.json", "*lock*.json"),
)
"""Names that look like data, or like nothing, and that some program obeys; `*` is any text."""

_ASSISTANTS = re.compile(
    r"(?:agents?|claude|codex|copilot|crush|gemini|memory|qwen|skill|warp)\b.*\.(?:md|markdown)"
)
"""Names that begin with an assistant's: `agents.override.md`, `claude.local.md`."""

_OBEYED_FOLDERS = frozenset(
    {"autostart", "cron.d", "hooks", "node_modules", "site-packages", "startup", "systemd"}
)
"""Folders in which whatever lies there is run or loaded."""


def kind_of(path: str) -> FileKind:
    """What a file of that path is: data alone, something obeyed, or another file (a page, a film).

    Hidden names are obeyed, and what lies below them: start files of shells, `.git/hooks`,
    `.github/workflows`, `.vscode`, `.idea`, `.husky`, `.ssh`, `.envrc`. So is a name without an
    ending. Letters that a file system takes for each other are one here.
    """
    pure = PurePath(unicodedata.normalize("NFKC", path).casefold())
    name = pure.name
    hidden = any(part.startswith(".") for part in pure.parts)
    if hidden or name.rstrip(" .") != name or not pure.suffix or pure.suffix in _OBEYED_ENDINGS:
        return "obeyed"
    if _OBEYED_FOLDERS & set(pure.parts) or is_obeyed_by_name(name):
        return "obeyed"
    return "data" if pure.suffix in _DATA else "other"


def is_obeyed_by_name(name: str) -> bool:
    """True for the name of a file that a program looks for by itself, as `make` does."""
    same = unicodedata.normalize("NFKC", name).casefold().removeprefix(".")
    if _ASSISTANTS.fullmatch(same):
        return True
    return any(fnmatchcase(same, one) for one in _OBEYED_NAMES)


def is_plain_data(path: str) -> bool:
    """True when a file of that path is data alone: not hidden, no script, no settings."""
    return kind_of(path) == "data"
