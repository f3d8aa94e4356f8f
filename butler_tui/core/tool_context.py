"""What passes between a tool and Butler: effects, previews, results, receipts, what it may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from typing import Any, Literal, Protocol, TypeVar

from butler_tui.core.labels import Json, Key, Labelled, Source
from butler_tui.core.undoing import Entry, Undoing


class Effect(StrEnum):
    """What a call does to the world."""

    OBSERVE = "observe"
    FETCH = "fetch"
    CHANGE = "change"
    SEND = "send"
    EXECUTE = "execute"

    @property
    def bounds_the_world(self) -> bool:
        """True for what changes this machine or leaves it: change, send and execute."""
        return self in (Effect.CHANGE, Effect.SEND, Effect.EXECUTE)


def said_of_effect(effect: Effect | None, undoable: bool) -> str:
    """What a call does to the world, and whether that can be undone: `change · can be undone`."""
    if effect is None or not effect.bounds_the_world:
        return effect.value if effect is not None else "no effect"
    return f"{effect.value} · {'can be undone' if undoable else 'cannot be undone'}"


class Again(StrEnum):
    """How a call that started and was not seen to finish may be run again."""

    PURE = "pure"
    KEYED = "keyed"
    QUERYABLE = "queryable"
    ONCE = "once"


PreviewKind = Literal["text", "diff", "mail", "table"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would do, made by its tool without doing it."""

    text: str
    kind: PreviewKind = "text"


@dataclass(frozen=True, slots=True)
class Checked:
    """What code found when it looked again at what a receipt says, in a sentence."""

    verdict: Literal["verified", "unverified", "failed"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Evidence of what a call did: a sentence, and facts that code can check again."""

    summary: str
    facts: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Mark:
    """Where one part of an output came from; `path` leads to it, () is the whole output.

    A flag that is None is as the tool declares it. `sources` are further ones that it is known
    to have come from.
    """

    path: tuple[Key, ...]
    origin: str
    untrusted: bool | None = None
    private: bool | None = None
    sources: Sequence[Source] = ()


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool returns when it has more to say than its output.

    `kept` is the runner's to fill: what was kept of each path before the call changed it.
    """

    output: Any
    receipt: Receipt | None = None
    marks: Sequence[Mark] = ()
    kept: Sequence[Mapping[str, Json]] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call about to be made: the tool's name and its arguments with their labels."""

    tool: str
    args: Mapping[str, Labelled]

    @property
    def values(self) -> dict[str, Json]:
        """The arguments without their labels."""
        return {name: arg.value for name, arg in self.args.items()}


@dataclass(frozen=True, slots=True)
class Remembered:
    """A fact that was remembered: its id, the day (ISO) it was learned, and who is behind it."""

    id: str
    fact: str
    day: str
    sources: Sequence[Source] = ()


class Closing(Protocol):
    """What can be kept for a run: it is closed when the run is over."""

    async def close(self) -> None:
        """End it and all it started. It is called once, and must not take long."""
        ...


Kept = TypeVar("Kept", bound=Closing)


class RunScope(Protocol):
    """What lives as long as the run does in this process: a browser, a connection to a server.

    It outlasts a step, and a run that waits for the person. It is closed when the run is over, is
    interrupted, or Butler ends; a run that another process carries on begins with nothing.
    """

    def get(self, name: str) -> Any | None:  # noqa: ANN401  (whatever was kept)
        """What is kept under the name; None when nothing is."""
        ...

    async def keep(self, name: str, make: Callable[[], Awaitable[Kept]]) -> Kept:
        """What is kept under the name, made now if nothing is; side by side it is made once."""
        ...

    async def drop(self, name: str) -> bool:
        """Close what is kept under the name now; False when there is nothing."""
        ...


class ToolContext(Protocol):
    """What a running tool may ask of Butler. Nothing else of Butler's is reachable from a tool."""

    @property
    def key(self) -> str:
        """The call's idempotency key: the same for every attempt of one call, and no other's."""
        ...

    @property
    def folder(self) -> PurePath:
        """The folder the run was started in; relative paths start here."""
        ...

    @property
    def folders(self) -> Sequence[PurePath]:
        """The folders that file tools may look and write in, absolute."""
        ...

    @property
    def named(self) -> Sequence[PurePath]:
        """Folders and files that the goal names, absolute: they may be read, and only read."""
        ...

    @property
    def forbidden(self) -> Sequence[PurePath]:
        """Butler's own files and folders, which no tool may touch, absolute."""
        ...

    @property
    def origins(self) -> Sequence[str]:
        """Origins (`http://127.0.0.1:8080`) that may be reached although they are private."""
        ...

    @property
    def scope(self) -> RunScope:
        """What the tools of this run keep open between its steps."""
        ...

    def storage(self, name: str) -> PurePath:
        """A folder of Butler's own for what tools keep between runs under this plain name.

        It need not exist; only the person may be able to read it.
        """
        ...

    @property
    def undoing(self) -> Undoing:
        """What another run kept, in a run that puts it back; ToolError `not_allowed` in others."""
        ...

    @property
    def stores(self) -> Mapping[str, PurePath]:
        """Folders that belong to one family of tools each, by its name (`calendar`), absolute.

        They may lie among Butler's own, which other tools may not touch; none needs to exist.
        """
        ...

    def known_sources(self, path: PurePath) -> Sequence[Source]:
        """What is known of where a file's content came from, besides that it is the user's.

        Butler wrote it from a stranger's text, say, or it lies where downloads do. Blocks shortly.
        """
        ...

    def option(self, name: str) -> str | None:
        """A tool's setting by its dotted name in config.toml (`search.searxng`), if set."""
        ...

    def secret(self, name: str) -> str | None:
        """A secret by name, from the environment or the keyring."""
        ...

    async def remember(self, fact: str) -> str:
        """Keep a fact across runs, with the label of what flows into this call; its id."""
        ...

    async def recall(self, query: str, limit: int) -> Sequence[Remembered]:
        """The facts whose words fit best first; without words, the newest."""
        ...

    async def forget(self, identity: str) -> str | None:
        """Forget a fact and return it; None when there is none of that id."""
        ...

    def progress(self, text: str, done: float | None = None) -> None:
        """Show how far the call is; `done` is a share from 0 to 1. Never kept."""
        ...

    async def keep(self, path: PurePath) -> Entry | None:
        """Keep what is at `path` now, so that the call can be undone. Call before changing it.

        Returns what was kept; None where the settings have nothing kept.
        """
        ...

    async def intend(self, result: ToolResult) -> None:
        """Write down the result that the call has once it did what it is about to do.

        It has reached the disk when this returns: call it last before the effect.
        """
        ...

    @property
    def intended(self) -> ToolResult | None:
        """What an interrupted attempt was about to do; None when it did not come that far."""
        ...

    async def write(self, instructions: str, inputs: Json, schema: Json = None) -> Json:
        """Have the model write from its inputs, with no tools; text, or the shape of `schema`.

        Raises ToolError with code `no_model` when no model is set up.
        """
        ...

    async def notify(self, text: str) -> Sequence[str]:
        """Show the person a notice; the ways it went (`terminal`, `desktop`), none for nobody."""
        ...

    async def ask(
        self, question: str, choices: Sequence[str] | None = None, fields: Json = None
    ) -> Json:
        """Ask the person and wait for the answer: text, or an object when `fields` are asked."""
        ...
