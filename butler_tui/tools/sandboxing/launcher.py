"""The last trusted code before a program starts: reads its order, gives up rights, becomes it.

The order is one JSON object on standard input (see `Order`). Whatever cannot be given up as ordered
ends here with status 125 and a sentence: nothing is ever started with less confinement.
"""

from __future__ import annotations

import json
import os
import platform
import resource
from collections.abc import Mapping
from typing import NoReturn, TypedDict

from . import landlock, seccomp, supervising, system_calls

REFUSED = 125
NOT_FOUND = 127


class Files(TypedDict):
    """Paths that may be read, be written, and devices that may be used."""

    read: list[str]
    write: list[str]
    devices: list[str]


class Order(TypedDict):
    """What to start and what it may do.

    `supervised`: this process keeps the program's descendants together. `namespaces`: it has
    namespaces of its own. `files`: held by Landlock, None where the root folder is minimal already.
    `confined` False starts the program with all rights that Butler has.
    """

    argv: list[str]
    folder: str
    environment: Mapping[str, str]
    limits: Mapping[str, int]
    supervised: bool
    namespaces: bool
    network: bool
    files: Files | None
    confined: bool


def main() -> NoReturn:
    """Read the order and carry it out."""
    os.closerange(3, max(os.sysconf("SC_OPEN_MAX"), 1 << 16))
    parent = os.getppid()
    with os.fdopen(0, "rb", closefd=False) as given:
        order: Order = json.load(given)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        _start(order, parent)
    except OSError as error:
        _refuse(f"The sandbox could not be set up: {error.strerror}.")


def _start(order: Order, parent: int) -> NoReturn:
    if not order["supervised"]:
        _become(order)
    system_calls.die_with_parent(parent)
    if order["namespaces"]:
        supervising.enter_namespaces(network=order["network"])

    def start() -> NoReturn:
        try:
            _become(order)
        except OSError as error:
            _refuse(f"The sandbox could not be set up: {error.strerror}.")

    supervising.run_supervised(start, namespace=order["namespaces"])


def _become(order: Order) -> NoReturn:
    os.chdir(order["folder"])
    for name, most in order["limits"].items():
        _limit(getattr(resource, f"RLIMIT_{name}"), most)
    if order["confined"]:
        _confine(order)
    argv = order["argv"]
    try:
        os.execvpe(argv[0], argv, dict(order["environment"]))  # noqa: S606  (no shell is the point)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode(errors="replace"))
        os._exit(NOT_FOUND)


def _confine(order: Order) -> None:
    own_network = order["files"] is None or order["namespaces"]
    if order["supervised"]:
        os.setsid()
        system_calls.drop_capabilities(platform.machine())
    system_calls.gain_nothing()
    files = order["files"]
    scoped = landlock.version() >= landlock.SCOPES
    if files is not None:
        landlock.restrict_files(files["read"], files["write"], files["devices"])
    elif order["network"]:
        landlock.restrict_reach()
    families = seccomp.INTERNET if own_network or order["network"] else ()
    if order["network"]:
        families = (*families, *seccomp.NETLINK)
    if seccomp.supported():
        seccomp.restrict_calls(
            families,
            permissions=files is None,
            signals=files is None or order["namespaces"] or scoped,
        )
    elif files is not None:
        _refuse("The sandbox does not know this machine's system calls; install bubblewrap.")


def _limit(kind: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _refuse(sentence: str) -> NoReturn:
    os.write(2, f"{sentence}\n".encode())
    os._exit(REFUSED)
