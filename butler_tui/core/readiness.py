"""Whether a tool can be used where Butler runs: what it lacks, and what makes it ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Missing:
    """What a tool lacks, in a sentence, and the one command that makes it ready."""

    reason: str
    command: str = ""

    def __str__(self) -> str:
        """Both, as they are told."""
        return f"{self.reason} `{self.command}` makes it ready." if self.command else self.reason


class Setup(Protocol):
    """What a tool may look at to tell whether it is ready. Nothing of it waits or reaches out."""

    def option(self, name: str) -> str | None:
        """A setting by its dotted name in config.toml (`mail.address`), if set."""
        ...

    def has_secret(self, name: str) -> bool:
        """Whether a secret of that name is kept or named somewhere; it is not read."""
        ...

    def program(self, *names: str) -> str | None:
        """Where the first of these programs is that is installed."""
        ...

    def package(self, name: str) -> bool:
        """Whether a Python package is installed; it is not imported."""
        ...


Readiness = Callable[[Setup], Missing | None]
"""Says what a tool lacks; None where it can be used."""
