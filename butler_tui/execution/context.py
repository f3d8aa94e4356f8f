"""What a running tool may ask of Butler, made anew for each call."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, Protocol

from butler_tui.core.errors import ToolError
from butler_tui.core.events import StepProgressed
from butler_tui.core.labels import Json, Labels, Source
from butler_tui.core.ports import CallFrame, FileMemory, Intends, Memory, Notices, Person
from butler_tui.core.tool import Remembered, RunScope, ToolResult
from butler_tui.core.undoing import Entry, Undoing
from butler_tui.execution.file_sources import of_folder
from butler_tui.execution.scopes import NoScope
from butler_tui.settings.real_paths import real_path


class Writer(Protocol):
    """Has the model write for one call; `show` gets the text so far as it grows."""

    async def write(
        self,
        frame: CallFrame,
        instructions: str,
        inputs: Json,
        schema: Json,
        show: Callable[[str], None],
    ) -> Json:
        """Text, or an object in the shape of `schema`. Raises ToolError."""
        ...


Keeper = Callable[[CallFrame, Path, Mapping[str, Any]], Awaitable[dict[str, Any] | None]]
"""Keeps what is at a path for a call, with what is known of where it came from."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every call of a process: folders, origins, settings, secrets."""

    folders: Sequence[Path]
    untrusted: Sequence[Path]
    forbidden: Sequence[Path]
    origins: Sequence[str]
    option: Callable[[str], str | None]
    secret: Callable[[str], str | None]
    stores: Mapping[str, Path] = field(default_factory=dict[str, Path])
    data: Path | None = None
    notices: Notices | None = None


@dataclass(frozen=True, slots=True)
class CallContext:
    """The ToolContext of one call."""

    frame: CallFrame
    surroundings: Surroundings
    show: Callable[[str, StepProgressed], None]
    writer: Writer
    person: Person
    keeper: Keeper
    files: FileMemory
    memory: Memory
    named: Sequence[Path] = ()
    going_back: Undoing | None = None
    kept: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    intends: Intends | None = None
    intended: ToolResult | None = None
    scope: RunScope = field(default_factory=NoScope)

    @property
    def key(self) -> str:
        """The call's idempotency key."""
        return self.frame.key

    @property
    def folder(self) -> PurePath:
        """The folder the run was started in."""
        return PurePath(self.frame.folder)

    @property
    def folders(self) -> Sequence[PurePath]:
        """The folders that file tools may use; `.` in the settings is the run's own folder."""
        return [Path(self.frame.folder) / folder for folder in self.surroundings.folders]

    @property
    def forbidden(self) -> Sequence[PurePath]:
        """Butler's own files and folders."""
        return self.surroundings.forbidden

    @property
    def origins(self) -> Sequence[str]:
        """Private origins that may be reached."""
        return self.surroundings.origins

    def storage(self, name: str) -> PurePath:
        """A folder of Butler's own for what tools keep between runs."""
        if self.surroundings.data is None or not name.isidentifier():
            raise ToolError("not_allowed", f"Nothing can be kept under {name!r} here.")
        return self.surroundings.data / name

    @property
    def undoing(self) -> Undoing:
        """What another run kept, for the run that puts it back."""
        if self.going_back is None:
            raise ToolError("not_allowed", "Only `butler undo` may put back what a run changed.")
        return self.going_back

    @property
    def stores(self) -> Mapping[str, PurePath]:
        """The folders that belong to families of tools."""
        return self.surroundings.stores

    def known_sources(self, path: PurePath) -> Sequence[Source]:
        """Whose text a file holds: what Butler wrote into it, and where it lies."""
        real = Path(real_path(path))
        known = self.files.find(str(real))
        found = list(known.label.sources) if known is not None else []
        return [*found, *of_folder(real, self.frame.folder, self.surroundings.untrusted)]

    def option(self, name: str) -> str | None:
        """A tool's setting by its dotted name."""
        return self.surroundings.option(name)

    def secret(self, name: str) -> str | None:
        """A secret by name."""
        return self.surroundings.secret(name)

    async def remember(self, fact: str) -> str:
        """Keep a fact across runs."""
        identity = self.frame.key[:10]
        await self.memory.remember(identity, fact, self.frame.label.strange, self.frame.run)
        return identity

    async def recall(self, query: str, limit: int) -> Sequence[Remembered]:
        """Facts by their words."""
        return await self.memory.recall(query, limit)

    async def forget(self, identity: str) -> str | None:
        """Forget a fact."""
        return await self.memory.forget(identity)

    def progress(self, text: str, done: float | None = None) -> None:
        """Show how far the call is."""
        frame = self.frame
        event = StepProgressed(step=frame.step, item=frame.item, text=text, done=done)
        self.show(frame.run, event)

    async def keep(self, path: PurePath) -> Entry | None:
        """Keep what is at `path` now, so that the call can be undone; returns it."""
        known = self.files.find(str(path))
        labels = Labels(known.label).dump() if known is not None else {}
        kept = await self.keeper(self.frame, Path(path), labels)
        if kept is None:
            return None
        self.kept.append(kept)
        return Entry.load(kept)

    async def intend(self, result: ToolResult) -> None:
        """Write down what the call is about to do; where it is only looked at, nothing."""
        if self.intends is not None:
            await self.intends(replace(result, kept=self.kept))

    def look_around(self) -> None:
        """Note what times the folders of the kept paths have now, the call being done. Blocks.

        And what permissions the files have that are there.
        """
        for record in self.kept:
            with suppress(OSError):
                entry = os.lstat(record["path"])
                if stat.S_ISREG(entry.st_mode):
                    record["left"] = {"mode": stat.S_IMODE(entry.st_mode)}
            if (folder := record.get("folder")) is not None:
                with suppress(OSError):
                    folder["left"] = Path(folder["path"]).stat().st_mtime_ns

    async def write(self, instructions: str, inputs: Json, schema: Json = None) -> Json:
        """Have the model write from its inputs."""
        return await self.writer.write(self.frame, instructions, inputs, schema, self.progress)

    async def notify(self, text: str) -> Sequence[str]:
        """Show the person a notice."""
        notices = self.surroundings.notices
        return await notices.tell(text) if notices is not None else []

    async def ask(
        self, question: str, choices: Sequence[str] | None = None, fields: Json = None
    ) -> Json:
        """Ask the person and wait for the answer."""
        return await self.person.ask(self.frame, question, choices, fields)
