"""What calls replaced: what was at each path before, and what its call left there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, cast

if TYPE_CHECKING:  # they speak of tools, and a tool's context speaks of undoing
    from butler_tui.core.calls import Address, CallState
    from butler_tui.core.events import Item

PUT_BACK = "put_back"
"""The tool that carries an undo out."""

EntryKind = Literal["absent", "file", "folder", "link", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is, or was, at a path.

    A file has its SHA-256 (hex) and its size, a link its target; `mode` are the permissions,
    `modified` is in nanoseconds, `attributes` are extended ones in hex, `labels` what was known of
    where a file's content came from.
    """

    kind: EntryKind
    sha256: str = ""
    bytes: int = 0
    target: str = ""
    mode: int = 0
    modified: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def load(cls, record: Mapping[str, Any]) -> Entry:
        """The entry of a kept record."""
        known = {name: record[name] for name in cls.__slots__ if name in record}
        return cls(**known)

    def same(self, other: Entry) -> bool:
        """True when both are of one kind and hold the same; permissions and times may differ."""
        mine = (self.kind, self.sha256, self.target)
        return self.kind != "other" and mine == (other.kind, other.sha256, other.target)


ABSENT = Entry("absent")


@dataclass(frozen=True, slots=True)
class FolderTime:
    """When the folder of a kept path was modified, in nanoseconds, before and after the call."""

    path: str
    before: int
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One path that a call kept: what was `before` it, and what it left there (None: not known)."""

    path: str
    step: str
    item: Item
    before: Entry
    after: Entry | None
    folder: FolderTime | None = None

    @property
    def address(self) -> Address:
        """Which call it was."""
        return self.step, self.item


class Undoing(Protocol):
    """What a tool that puts things back may ask of the history."""

    async def kept(self, run: str, steps: Sequence[str]) -> Sequence[Kept]:
        """What those calls of a run kept, newest first. Raises ToolError `no_run`, `no_step`."""
        ...

    def holds(self, sha256: str) -> bool:
        """True when that content is still kept. Blocks shortly."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Kept content, for reading. Raises ToolError `not_kept`."""
        ...

    async def restoring(self, path: str, entry: Entry) -> None:
        """Remember whose text comes back to a path, before it does."""
        ...

    async def undone(self, run: str, address: Address, left: Sequence[str]) -> None:
        """Note in that run that this run has put back what the call changed."""
        ...


def after_of(path: str, before: Entry, call: CallState | None, folder: str) -> Entry | None:
    """What a call left at a path, as its receipt tells; None when it does not.

    A receipt may name paths from the run's `folder` on. A folder that was made on the way needs
    no line of its own in it.
    """
    if call is None or call.receipt is None:
        return None
    facts = cast("Mapping[str, Any]", call.receipt.get("facts") or {})
    for told in _told_of(path, folder, facts.get("entries")):
        return Entry.load(told)
    for told in _told_of(path, folder, [*(facts.get("files") or []), facts]):
        if "sha256" in told:
            digest = told["sha256"]
            return ABSENT if digest is None else Entry("file", sha256=str(digest))
    return Entry("folder") if before.kind in ("absent", "folder") else None


def _told_of(path: str, folder: str, facts: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    """Those facts of a receipt that speak of a path."""
    for one in cast("list[Any]", facts) if isinstance(facts, list) else []:
        if isinstance(one, Mapping):
            told = cast("Mapping[str, Any]", one)
            if "path" in told and str(PurePath(folder) / str(told["path"])) == path:
                yield told


def named(address: Address) -> str:
    """A call's address as a person writes it: `save`, `save[2]`."""
    step, item = address
    return f"{step}{list(item)}" if item else step
