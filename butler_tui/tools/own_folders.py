"""The folders that belong to one family of tools each: a calendar's .ics files, contacts' .vcf.

They are the family's alone, and may lie among Butler's own files: what a plan writes as a path
never leads here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.settings.real_paths import real_path
from butler_tui.tools.confinement import Place, shown_path

MOST_FILES = 20_000


def own_folder(context: ToolContext, family: str) -> Path:
    """The real path of the family's folder, whether or not it is there."""
    if family not in context.stores:
        raise ToolError("no_folder", f"There is no folder for {family}; set one in config.toml.")
    return Path(real_path(context.stores[family]))


def made_folder(context: ToolContext, family: str) -> Path:
    """The family's folder, made for the person alone where it was missing; raises ToolError."""
    folder = own_folder(context, family)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(
            "disk_error", f"The folder {folder} cannot be made: {error.strerror or error}."
        ) from error
    return folder


def own_place(context: ToolContext, folder: Path, *parts: str) -> Place:
    """The place of a file in a family's folder; no part leads out of it."""
    real = folder.joinpath(*parts)
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise ToolError("bad_arguments", f"{'/'.join(parts)!r:.80} cannot be a file's name.")
    return Place(real, folder, shown_path(context, real))


def stored(context: ToolContext, path: Path) -> Place | None:
    """The place of a path that lies in a family's folder; None for any other, and for links."""
    for family in context.stores:
        folder = own_folder(context, family)
        if path.is_relative_to(folder) and path != folder and ".." not in path.parts:
            if Path(real_path(path.parent)) != path.parent:
                return None
            return Place(path, folder, shown_path(context, path))
    return None


def files_in(folder: Path, ending: str) -> Iterator[Path]:
    """The files of that ending in a folder and in the folders right below it, by name; no links."""
    if not folder.is_dir():
        return
    found = [*folder.glob(f"*{ending}"), *folder.glob(f"*/*{ending}")]
    if len(found) > MOST_FILES:
        raise ToolError("too_big", f"{folder} holds more than {MOST_FILES:,} files.")
    for path in sorted(found):
        inner = path.parent != folder and path.parent.is_symlink()
        if not path.name.startswith(".") and not inner and not path.is_symlink():
            yield path
