"""What a social network is to a post: what it takes, who posts there, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.service_calls import Reply, Service
from butler_tui.tools.social.pictures import Allowed, Picture

Options = Callable[[str], str | None]

PAUSES = (0.2, 0.5, 1.0, 2.0, 3.0)
"""Seconds before each look at whether a picture is ready; the last again and again."""

MOST_LOOKS = 20


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted: `picture` is a file of the person's, `link` the address of a picture."""

    text: str
    picture: Picture | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A post that a network took: its name and address there, empty where that was not said."""

    status: int
    id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is by a network's own count, and how long it may be."""

    length: int
    most: int
    unit: str = "characters"

    def __str__(self) -> str:
        """Both, for the person."""
        return f"{self.length:,} of {self.most:,} {self.unit}"


class Network(Protocol):
    """A network that posts are made on."""

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """The settings that it cannot do without, by their dotted names."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that it cannot do without."""
        ...

    @property
    def pictures(self) -> Allowed | None:
        """What pictures it takes from files; None where it takes only their addresses."""
        ...

    def account(self, option: Options) -> str:
        """Who posts, in a few words."""
        ...

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """How long the text is there."""
        ...

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Post it. Raises ToolError; `no_answer` where it may have been posted."""
        ...


def taken(service: Service, reply: Reply) -> Reply:
    """The reply when the network took the post; a refusal of a duplicate says that it is one."""
    if 200 <= reply.status < 300:
        return reply
    refused = service.refusal(reply)
    if refused.code == "refused" and "duplicate" in str(refused).lower():
        raise ToolError(
            "duplicate", f"{service.name} has this very post already; change the text. {refused}"
        )
    raise refused


def bearer(token: str) -> Mapping[str, str]:
    """The credentials of a request that carries a token."""
    return {"Authorization": f"Bearer {token}"}
