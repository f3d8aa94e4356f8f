"""Where tools may look and write: a path that a plan names, confined to the allowed folders.

Links and `..` are resolved first and the result is compared with the folders. What is then opened
is reached folder by folder, by descriptor, without following any link: a link that is swapped in
between the check and the use is refused, never followed.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.settings.real_paths import real_path

LONGEST_NAME = 255
LONGEST_PATH = 4096
SYSTEM_FOLDERS = (Path("/proc"), Path("/sys"))
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_ON_THE_WAY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""How a folder is opened that is only passed: it need not be one that may be listed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path that a tool may use: where it really is, in which allowed folder, how to name it."""

    real: Path
    root: Path
    shown: str

    @property
    def name(self) -> str:
        """The last part of the real path."""
        return self.real.name


def reading_place(context: ToolContext, path: str) -> Place:
    """As `place`, for reading alone: also what the goal names outside the allowed folders."""
    return place(context, path, further=context.named)


def place(
    context: ToolContext, path: str, *, follow: bool = True, further: Sequence[PurePath] = ()
) -> Place:
    """The place that `path` leads to, whether or not something is there.

    A relative path starts in the run's folder; `~` is the home folder. With `follow=False` a link
    at the very end is the place itself. `further` are roots beside the allowed folders. Raises
    ToolError `bad_path`, `outside` or `forbidden`.
    """
    written = _written(context, path)
    try:
        if follow or written.name == "..":
            real = Path(real_path(written))
        else:
            real = Path(real_path(written.parent)) / written.name
    except (OSError, ValueError) as error:
        raise ToolError("bad_path", f"{_quoted(path)} cannot be a path: {error}.") from error
    shown = shown_path(context, real)
    for own in context.forbidden:
        if _within(real, Path(own)):
            raise ToolError(
                "forbidden", f"{shown} belongs to Butler itself, and no tool may touch it."
            )
    ways = (real, Path(os.path.normpath(written)))  # /proc has links that lead anywhere
    if any(way.is_relative_to(folder) for way in ways for folder in SYSTEM_FOLDERS):
        raise ToolError(
            "forbidden",
            f"{shown} belongs to the system, not to your files; Butler leaves it alone.",
        )
    roots = [Path(real_path(folder)) for folder in (*context.folders, *further)]
    inside = [root for root in roots if real.is_relative_to(root)]
    if not inside:
        raise ToolError("outside", _outside(shown, roots))
    return Place(real, max(inside, key=lambda root: len(root.parts)), shown)


def shown_path(context: ToolContext, path: PurePath) -> str:
    """The path as a person knows it: relative to the run's folder when it lies inside it.

    Bytes of a name that are no UTF-8 are shown as U+FFFD.
    """
    folder = Path(real_path(context.folder))
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    return os.fsencode(shown).decode(errors="replace")


def open_folder(at: Place, folder: Path, *, make: bool = False) -> int:
    """A descriptor of a folder in the place's root, reached without following a link.

    With `make`, folders that are missing are made. Raises OSError.
    """
    here = _open_root(at.root)
    for part in folder.relative_to(at.root).parts:
        try:
            inner = _enter(here, part, make=make)
        finally:
            os.close(here)
        here = inner
    return here


def _open_root(root: Path) -> int:
    """A descriptor of an allowed folder, which was resolved: a link on its way is a new one."""
    if len(root.parts) == 1:
        return os.open(root, _FOLDER)
    here = os.open(root.anchor, _ON_THE_WAY)
    for number, part in enumerate(root.parts[1:], 2):
        how = _FOLDER if number == len(root.parts) else _ON_THE_WAY
        try:
            inner = os.open(part, how | os.O_NOFOLLOW, dir_fd=here)
        finally:
            os.close(here)
        here = inner
    return here


def missing_folders(at: Place, folder: Path) -> list[Path]:
    """The folders on the way to `folder`, itself included, that are not there; outermost first."""
    ways = [folder, *folder.parents]
    missing = [way for way in ways if way.is_relative_to(at.root) and not way.exists()]
    return missing[::-1]


def regular(entry: os.stat_result, shown: str) -> None:
    """Refuse whatever is no ordinary file: ToolError `is_folder`, `is_link` or `not_a_file`."""
    if stat.S_ISREG(entry.st_mode):
        return
    if stat.S_ISDIR(entry.st_mode):
        raise ToolError("is_folder", f"{shown} is a folder; name a file in it.")
    if stat.S_ISLNK(entry.st_mode):
        raise ToolError("is_link", f"{shown} is a link; name the file that it leads to.")
    raise ToolError("not_a_file", f"{shown} is a device or a pipe, not a file; name a file.")


@contextmanager
def telling(at: Place) -> Iterator[None]:
    """Turn an OSError into a ToolError whose sentence names the place and says what to do."""
    try:
        yield
    except OSError as error:
        raise _told(error, at) from error


def _written(context: ToolContext, path: str) -> Path:
    """The path as an absolute one, not yet resolved."""
    if not path.strip():
        raise ToolError("bad_path", "The path is empty; name a file or folder.")
    if "\0" in path:
        raise ToolError("bad_path", f"{_quoted(path)} holds a NUL character; no path can.")
    try:
        encoded = path.encode()
        absolute = Path(context.folder) / Path(path).expanduser()
    except UnicodeEncodeError as error:
        raise ToolError(
            "bad_path", f"{_quoted(path)} holds a character that no file name can have."
        ) from error
    except RuntimeError as error:
        raise ToolError(
            "bad_path", f"{_quoted(path)} names a home folder that is not there; write ./ first."
        ) from error
    if len(encoded) >= LONGEST_PATH or any(
        len(part) > LONGEST_NAME for part in encoded.split(b"/")
    ):
        raise ToolError("bad_path", f"{_quoted(path)} is longer than a path can be; shorten it.")
    return absolute


def _within(real: Path, own: Path) -> bool:
    """True when `real` is `own` or lies in it, also by another spelling of the same names."""
    target = Path(real_path(own))
    if _folded(real).is_relative_to(_folded(target)):
        return True
    try:
        identity = target.stat()
    except OSError:
        return False
    for way in (real, *real.parents):
        try:
            if os.path.samestat(way.stat(), identity):
                return True
        except OSError:
            continue
    return False


def _folded(path: Path) -> Path:
    """One spelling for names that some file systems hold to be the same.

    They do not tell capitals, composed letters, unseen characters, or dots and blanks at the end.
    """
    seen = "".join(one for one in str(path) if unicodedata.category(one) != "Cf")
    same = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", seen).casefold())
    return Path(*(part.rstrip(". ") or part for part in Path(same).parts))


def _enter(here: int, part: str, *, make: bool) -> int:
    try:
        return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # made by another step meanwhile: as good as ours
        os.mkdir(part, dir_fd=here)
        os.fsync(here)
    return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=here)


def _quoted(path: str) -> str:
    text = repr(path)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-15:]}"


def _outside(shown: str, roots: list[Path]) -> str:
    allowed = ", ".join(str(root) for root in roots) or "none"
    return (
        f"{shown} lies outside the folders that Butler may use ({allowed}); "
        "start butler there or add it to [folders] allowed in config.toml."
    )


_SAID: dict[int, tuple[str, str]] = {
    errno.EACCES: ("no_permission", "may not be used by you; change its permissions first"),
    errno.EPERM: ("no_permission", "may not be changed by you; change its permissions first"),
    errno.EROFS: ("no_permission", "lies on a disk that can only be read; choose another place"),
    errno.EISDIR: ("is_folder", "is a folder; name a file in it"),
    errno.ENOTDIR: ("not_a_folder", "leads through something that is no folder; check the path"),
    errno.ENOTEMPTY: ("not_empty", "is a folder that is not empty"),
    errno.EEXIST: ("exists", "is already there; choose another name"),
    errno.ELOOP: ("is_link", "became a link while it was being opened; look at it and try again"),
    errno.ENAMETOOLONG: ("bad_path", "is longer than a path can be; shorten it"),
    errno.ENOSPC: ("disk_full", "could not be written, the disk is full; free some space"),
    errno.EDQUOT: (
        "disk_full",
        "could not be written, your quota is used up; free some space",
    ),
    errno.EFBIG: ("too_big", "would become larger than this disk allows"),
}


_LOOK = "; check its name and folder"


def _told(error: OSError, at: Place) -> ToolError:
    if error.errno == errno.ENOENT:
        return ToolError("not_found", f"{at.shown} is not there{_instead(at)}")
    code, words = _SAID.get(error.errno or 0, ("disk_error", f"failed: {error.strerror or error}"))
    return ToolError(code, f"{at.shown} {words}.")


def _instead(at: Place) -> str:
    """A name nearby that may have been meant, else where to look; with the mark at its end."""
    if at.real == at.root:
        return _LOOK + "."
    try:
        names = [path.name for path in at.real.parent.iterdir()]
    except OSError:
        return f"{_LOOK}."
    near = get_close_matches(at.name, names, n=1)
    return f"; did you mean {near[0]}?" if near else f"{_LOOK}."
