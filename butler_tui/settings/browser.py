"""`[browser]`: which browser Butler uses and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from butler_tui.settings.section import Folder, Section


def _host(value: str) -> str:
    name = value.lower().rstrip(".")
    if not name or any(mark in name for mark in "/:@*? "):
        raise ValueError(f"{value} is no host; write it like example.org")
    return name


Host = Annotated[str, AfterValidator(_host)]


class BrowserSettings(Section):
    """`[browser]`: the program, whether it shows its window, and whose logins are kept.

    `program` is looked for where nothing is said. `profile` is a folder of the person's choice
    that all runs share; without it each run has a profile of its own, which ends with it.
    """

    program: Folder | None = None
    headless: bool = True
    profile: Folder | None = None
    keep_logins: Annotated[tuple[Host, ...], Field(strict=False)] = ()
    hand_over: bool = True
