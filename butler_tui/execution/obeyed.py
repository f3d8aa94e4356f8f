"""Strangers' content that a call runs, or lays where programs obey it: rule 1 asks of both.

Every argument of such a call may be the person's own: it is the file that a stranger wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from butler_tui.core.labels import Label, Source, join
from butler_tui.core.plain_files import is_obeyed_by_name, kind_of
from butler_tui.core.policy import Asked
from butler_tui.core.tool import Effect, Tool
from butler_tui.execution.paths import inner_path, is_path, paths_of
from butler_tui.settings.real_paths import real_path

Behind = Callable[[str, str], Label]
"""Which strangers are behind the file at a real path, seen from the run's folder."""

_READERS = frozenset(
    {
        *("b2sum", "base32", "base64", "basename", "cat", "chmod", "cksum", "cmp", "comm", "cp"),
        *(
            "cut",
            "date",
            "df",
            "diff",
            "dirname",
            "du",
            "echo",
            "egrep",
            "expand",
            "false",
            "fgrep",
        ),
        *("file", "fmt", "fold", "grep", "head", "hexdump", "iconv", "join", "ls", "md5sum"),
        *("mkdir", "mv", "nl", "od", "paste", "printf", "pwd", "readlink", "realpath", "rm"),
        *("rmdir", "rev", "seq", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum"),
        *("stat", "strings", "sum", "tac", "tail", "tee", "touch", "tr", "true", "uniq", "wc"),
        "xxd",
    }
)
"""Programs of the system that take a file for data, whatever their options: they run none."""

_MOST_NAMED = 5
_SHORT_NAME = 4


def obeyed_content(tool: Tool, asked: Asked, folder: str, behind: Behind) -> Mapping[str, Label]:
    """What strangers wrote and the call would have obeyed: `content of note.txt`, with its label.

    Blocks while it looks at files.
    """
    if asked.effect is Effect.CHANGE and tool.untrusted:
        return _brought(tool, asked, folder)
    if asked.effect is Effect.EXECUTE:
        return _run(tool, asked, folder, behind)
    return {}


def _brought(tool: Tool, asked: Asked, folder: str) -> Mapping[str, Label]:
    """What such a tool writes is a stranger's, and here it goes where it is run or obeyed."""
    paths = [
        inner_path(path, folder)
        for path in paths_of(tool, asked.args)
        if kind_of(inner_path(path, folder)) == "obeyed" or _is_executable(path)
    ]
    host = urlsplit(asked.args.get("url", "")).hostname
    origin = f"web page {host}" if host else tool.name
    label = Label.of(Source("step", "", origin, untrusted=True))
    return {f"content of {path}": label for path in paths}


def _run(tool: Tool, asked: Asked, folder: str, behind: Behind) -> Mapping[str, Label]:
    where = asked.args.get("folder") or real_path(folder)
    paths = dict.fromkeys(_run_by(asked.lists.get("argv", ()), where))
    for name, text in asked.args.items():
        if name != "folder" and is_path(tool, name):
            named = asked.lists.get(name, (text,))
            paths |= dict.fromkeys(one for one in named if kind_of(Path(one).name) == "obeyed")
    found = {
        inner_path(path, folder): _strange(label)
        for path in paths
        if (label := behind(path, folder)).untrusted
    }
    names = sorted(found)
    content = {f"content of {name}": found[name] for name in names[:_MOST_NAMED]}
    if more := names[_MOST_NAMED:]:
        content[f"content of {len(more)} more files"] = join(found[name] for name in more)
    return content


def _run_by(argv: Sequence[str], where: str) -> Iterator[str]:
    """The real paths of the files that a command may run, or be told by what to do.

    A program that is not known to take files for data may run each one that its words name, the
    files for a script in a folder that they name, and those that it looks for by itself.
    """
    if not argv or argv[0] in _READERS:
        return
    folders: list[str] = []
    for word in argv:
        for written in {word, word.partition("=")[2], word[2:]} - {""}:
            path = real_path(Path(where) / written) if "\0" not in written else ""
            if os.path.isfile(path):  # noqa: PTH113  (as realpath: text to text)
                yield path
            elif path != where and os.path.isdir(path):  # noqa: PTH112
                folders.append(path)
    text = "\n".join(argv)
    globs = any(sign in text for sign in "*?[")
    for path in _files_below(where):
        if globs or _is_said(text, Path(path), where, folders):
            yield path


def _is_said(text: str, path: Path, where: str, folders: Sequence[str]) -> bool:
    """True for a file that the words name, or that is found without a word."""
    if _says(text, path.name) or (str(path.parent) == where and is_obeyed_by_name(path.name)):
        return True
    if kind_of(path.name) != "obeyed":
        return False
    # `python -m name` leaves the ending out, `python folder` the script's name.
    return _says(text, path.stem) or any(path.is_relative_to(one) for one in folders)


def _files_below(folder: str) -> Iterator[str]:
    for at, _, names in os.walk(folder):
        yield from (real_path(Path(at, name)) for name in names)


def _says(text: str, name: str) -> bool:
    """True when the words hold the name: anywhere, or apart from others when it is short."""
    if not name or name not in text:
        return False
    if len(name) >= _SHORT_NAME and "." in name:
        return True
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def _is_executable(path: str) -> bool:
    """True for a file that is there and may be run: what is put in its place may be, too."""
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113


def _strange(label: Label) -> Label:
    """The strangers alone: what the person has in the file does not leave with the call."""
    return Label.of(*(replace(one, private=False) for one in label.sources if one.untrusted))
