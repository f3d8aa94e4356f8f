"""What calls replaced, and what putting it back would do: decided here, carried out by a tool.

Going back over what was kept, newest first, each path must still be as its call left it: then it
becomes what it was before. Whatever has changed since is left alone, and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, cast

from butler_tui.core.errors import ToolError

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
_FOLDER = Entry("folder")


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


@dataclass(frozen=True, slots=True)
class Restore:
    """A path that becomes what it was: `now` it is so, `to` it shall be."""

    path: str
    now: Entry
    to: Entry


@dataclass(frozen=True, slots=True)
class Left:
    """A path that is left alone, in which call, and why in a clause."""

    path: str
    step: str
    item: Item
    because: str


@dataclass(slots=True)
class Going:
    """What going back would do, each path once; `same` are as they were already.

    `calls` are the calls that it would undo, newest first, each with its paths; `times` are when
    folders are to have been modified, in nanoseconds, those that nobody else has changed since.
    """

    restores: list[Restore] = field(default_factory=list[Restore])
    left: list[Left] = field(default_factory=list[Left])
    same: list[Restore] = field(default_factory=list[Restore])
    calls: dict[Address, list[str]] = field(default_factory=dict["Address", list[str]])
    times: dict[str, int] = field(default_factory=dict[str, int])

    def touching(self, path: str) -> Sequence[Address]:
        """The calls that changed a path."""
        return [address for address, paths in self.calls.items() if path in paths]


class World(Protocol):
    """What lies where now. Every method blocks and raises ToolError for what may not be used."""

    def look(self, path: str) -> Entry:
        """What is at a real path."""
        ...

    def inside(self, path: str) -> Sequence[str]:
        """The real paths of what lies directly in a folder."""
        ...

    def modified(self, path: str) -> int:
        """When the list of a folder last changed, in nanoseconds."""
        ...

    def holds(self, sha256: str) -> bool:
        """True when that content is still kept."""
        ...


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


def go_back(kept: Iterable[Kept], world: World) -> Going:
    """What putting back would do as the world is now; `kept` is newest first. Blocks."""
    kept = list(kept)
    now: dict[str, Entry] = {}
    then: dict[str, Entry] = {}
    wanted: set[str] = set()
    alike: set[str] = set()
    left: dict[tuple[Address, str], Left] = {}
    told: set[tuple[Address, str]] = set()
    calls: dict[Address, list[str]] = {}
    for one in kept:
        place = (one.address, one.path)
        again, _ = place in told, told.add(place)
        try:
            if one.path not in then:
                then[one.path] = now[one.path] = world.look(one.path)
            step = _step_back(one, then, world)
        except ToolError as error:
            step = str(error).rstrip(".")
        if isinstance(step, str):
            # An attempt that was followed by another has left nothing of its own to put back.
            if not again:
                left[place] = Left(one.path, one.step, one.item, step)
            continue
        calls.setdefault(one.address, []).append(one.path)
        if step:
            then[one.path] = one.before
            wanted.add(one.path)
        else:
            alike.add(one.path)
    going = Going(left=list(left.values()), calls=calls)
    for path, entry in then.items():
        if path in wanted:
            going.restores.append(Restore(path, now[path], entry))
        elif path in alike:
            going.same.append(Restore(path, now[path], entry))
    going.times = _times_of(kept, going, then, world)
    return going


def _times_of(
    kept: Iterable[Kept], going: Going, then: Mapping[str, Entry], world: World
) -> dict[str, int]:
    """The times that folders had before; not of one in which anything else has changed since."""
    around: dict[str, list[FolderTime]] = {}
    for one in kept:
        if one.folder is not None:
            around.setdefault(one.folder.path, []).append(one.folder)
    for one in going.left:
        around.pop(str(PurePath(one.path).parent), None)
    made = {one.path for one in going.restores if one.to.kind == "folder"}
    times: dict[str, int] = {}
    for path, known in around.items():
        last = max((one.after for one in known if one.after is not None), default=None)
        stays = then.get(path, _FOLDER).kind == "folder"
        try:
            if path in made or (stays and world.modified(path) == last):
                times[path] = known[-1].before
        except ToolError:
            continue
    return times


def _step_back(one: Kept, then: Mapping[str, Entry], world: World) -> bool | str:
    """True to put it back, False where it is as it was; else why it is left alone."""
    current = then[one.path]
    known = one.after
    if known is None or not current.same(known):
        if current.same(one.before):
            return False
        if known is not None:
            return _changed(current)
        if current.kind != "absent":
            return "the step was not seen to finish, and what is there may not be Butler's"
    if one.before.kind == "file" and not world.holds(one.before.sha256):
        return "what was there is no longer kept"
    if one.before.kind == "other":
        return "it was neither a file nor a folder nor a link"
    if current.kind == "folder" and one.before.kind != "folder":
        inside = [way for way in world.inside(one.path) if then.get(way, current).kind != "absent"]
        if inside:
            return "it is not empty"
    return True


def _changed(current: Entry) -> str:
    return "it is no longer there" if current.kind == "absent" else "it has changed since"


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
