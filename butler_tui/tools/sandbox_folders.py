"""What of this machine's folders a confined program sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store")
SETTINGS = tuple(
    f"/etc/{name}"
    for name in (
        *("alternatives", "ca-certificates", "fonts", "gitconfig", "group", "hosts", "ld.so.cache"),
        *("ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "os-release"),
        *("passwd", "pki/tls/certs", "protocols", "resolv.conf", "services", "ssl/certs"),
        *("ssl/openssl.cnf", "texmf", "timezone"),
    )
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class System:
    """The Python that launches, the launcher's package, and the folder of that Python."""

    python: Path
    launcher: Path
    base: Path

    @property
    def folders(self) -> Sequence[Path]:
        """Programs and libraries, and what the launcher needs; all only to be read."""
        return [*(Path(one) for one in FOLDERS), *self.own]

    @property
    def own(self) -> Sequence[Path]:
        """What lies elsewhere than the system's programs: Python and the launcher."""
        return [one for one in (self.base, self.launcher) if not lies_in_system(one)]

    @property
    def settings(self) -> Sequence[Path]:
        """The files of /etc that programs need and that hold no secret."""
        return [Path(one) for one in SETTINGS]


def lies_in_system(path: Path) -> bool:
    """True when the path is one of the system's folders or in one."""
    return any(path.is_relative_to(one) for one in FOLDERS)


def grants(
    writable: Sequence[Path],
    readable: Sequence[Path],
    protected: Sequence[Path],
    hidden: Sequence[Path],
) -> tuple[list[Path], list[Path]]:
    """What to let a program read, and what to let it write, where only whole folders can be let.

    A folder on the way to something protected is not writable itself, only what else is in it.
    """
    write = [part for path in writable for part in _without(path, (*protected, *hidden))]
    read = [part for path in (*readable, *writable) for part in _without(path, hidden)]
    return read, write


def _without(path: Path, excepted: Sequence[Path]) -> Iterator[Path]:
    if any(path.is_relative_to(one) for one in excepted):
        return
    if not any(one.is_relative_to(path) for one in excepted):
        yield path
        return
    for inner in path.iterdir():
        if not inner.is_symlink():
            yield from _without(inner, excepted)
