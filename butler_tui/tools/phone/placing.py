"""What a call is to say, what is known of how it went, and what a provider of calls can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from butler_tui.core.tool import ToolContext
from butler_tui.tools.phone.numbers import PhoneNumber

Outcome = Literal[
    "completed", "busy", "no-answer", "failed", "canceled", "still-going", "not-known"
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that is to be placed; it is ended after `most_seconds`."""

    number: PhoneNumber
    purpose: str
    script: str | None
    language: str | None
    record: bool
    most_seconds: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that a provider took: the name it goes by there, and its name at Twilio if any."""

    id: str
    twilio_id: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a call is: `outcome` is None while it goes on, and `state` says where it stands."""

    state: str
    outcome: Outcome | None = None
    connected: bool = False
    seconds: int = 0
    transcript: str = ""
    reason: str = ""


class Provider(Protocol):
    """Who places calls."""

    @property
    def name(self) -> str:
        """The provider's name for people."""
        ...

    def check(self, wanted: Wanted) -> None:
        """Raise the ToolError for which the call cannot be placed, as far as is known here."""
        ...

    def preview(self, wanted: Wanted) -> Mapping[str, str]:
        """What else a person should know before the call, by short headings."""
        ...

    async def start(self, context: ToolContext, wanted: Wanted) -> Placed:
        """Have the call placed. Raises ToolError; `no_answer` where it may have been."""
        ...

    async def listen(self, context: ToolContext, wanted: Wanted, placed: Placed) -> Heard:
        """How far the call is now."""
        ...

    async def hang_up(self, context: ToolContext, placed: Placed) -> bool:
        """End the call; False where the provider has no way to."""
        ...
