"""What putting things back would do: decided here, carried out by a tool.

Going back over what was kept, newest first, each path must still be as its call left it: then it
becomes what it was before. Whatever has changed since is left alone, and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Protocol

from butler_tui.core.calls import Address
from butler_tui.core.errors import ToolError
from butler_tui.core.events import Item
from butler_tui.core.undoing import Entry, FolderTime, Kept

_FOLDER = Entry("folder")
NO_OTHER_PLACE = "what it holds belongs to a path that is left alone"
"""Why a file that a run moved stays where it is."""


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
    calls: dict[Address, list[str]] = field(default_factory=dict[Address, list[str]])
    times: dict[str, int] = field(default_factory=dict[str, int])

    def touching(self, path: str) -> Sequence[Address]:
        """The calls that changed a path."""
        return [address for address, paths in self.calls.items() if path in paths]

    def in_order(self) -> Sequence[Restore]:
        """The restores in an order in which each can be done, and what is new comes first.

        Nothing is cleared away before what belongs elsewhere is there. Folders are made before
        what lies in them, and go after it.
        """
        turned = [
            one.path
            for one in self.restores
            if one.now.kind == "folder" and one.to.kind not in ("folder", "absent")
        ]

        def turn(one: Restore) -> tuple[int, int]:
            depth = len(PurePath(one.path).parts)
            if any(PurePath(one.path).is_relative_to(path) for path in turned):
                return 0, -depth  # it makes room for a file, which what lies in it must do first
            if one.to.kind == "folder":
                return 1, depth
            if one.to.kind != "absent":
                return (2 if one.now.kind == "absent" else 3), 0
            return (5, -depth) if one.now.kind == "folder" else (4, 0)

        return sorted(self.restores, key=turn)


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


def go_back(kept: Iterable[Kept], world: World) -> Going:
    """What putting back would do as the world is now; `kept` is newest first. Blocks."""
    kept = list(kept)
    walk = _Walk(world)
    for one in kept:
        walk.step(one)
    walk.keep_what_has_no_other_place()
    walk.keep_what_is_not_empty()
    going = walk.going()
    going.times = _times_of(kept, going, walk.then, world)
    return going


@dataclass(slots=True)
class _Walk:
    """The way back: what each path is `now`, and what it would be by `then`."""

    world: World
    now: dict[str, Entry] = field(default_factory=dict[str, Entry])
    then: dict[str, Entry] = field(default_factory=dict[str, Entry])
    wanted: set[str] = field(default_factory=set[str])
    alike: set[str] = field(default_factory=set[str])
    left: dict[tuple[Address, str], Left] = field(default_factory=dict[tuple[Address, str], Left])
    told: set[tuple[Address, str]] = field(default_factory=set[tuple[Address, str]])
    homeless: set[str] = field(default_factory=set[str])
    calls: dict[Address, list[str]] = field(default_factory=dict[Address, list[str]])

    def step(self, one: Kept) -> None:
        """Go back over one path of one call."""
        place = (one.address, one.path)
        again = place in self.told
        self.told.add(place)
        try:
            if one.path not in self.then:
                self.then[one.path] = self.now[one.path] = self.world.look(one.path)
            step = _step_back(one, self.then[one.path], self.world)
        except ToolError as error:
            step = str(error).rstrip(".")
        if isinstance(step, str):
            # An attempt that was followed by another has left nothing of its own to put back.
            if not again:
                self.left[place] = Left(one.path, one.step, one.item, step)
                self.homeless.add(one.before.sha256)
            return
        self.calls.setdefault(one.address, []).append(one.path)
        if step:
            self.then[one.path] = one.before
            self.wanted.add(one.path)
        else:
            self.alike.add(one.path)

    def keep_what_has_no_other_place(self) -> None:
        """Leave each file whose content belongs where something was left alone.

        A file was moved, and its old place is taken: to clear the new place would be to lose it.
        """
        while lonely := [path for path in self.wanted if self._only_place(path)]:
            for path in lonely:
                self.homeless.add(self.then[path].sha256)
                self._leave(path, NO_OTHER_PLACE)

    def _only_place(self, path: str) -> bool:
        content = self.now[path].sha256
        if not content or content not in self.homeless:
            return False
        return all(entry.sha256 != content for entry in self.then.values())

    def keep_what_is_not_empty(self) -> None:
        """Leave each folder in which something would be left; known only at the end of the way.

        Calls that ran side by side may have written into a folder before another, which saw it
        missing as well, had kept that.
        """
        gone = [
            path
            for path in self.wanted
            if self.now[path].kind == "folder" and self.then[path].kind != "folder"
        ]
        for path in sorted(gone, key=lambda one: -len(PurePath(one).parts)):
            try:
                full = any(self._stays(way) for way in self.world.inside(path))
            except ToolError:
                full = True
            if full:
                self._leave(path, "it is not empty")

    def _stays(self, path: str) -> bool:
        return path not in self.then or self.then[path].kind != "absent"

    def _leave(self, path: str, because: str) -> None:
        self.then[path] = self.now[path]
        self.wanted.discard(path)
        self.alike.discard(path)
        for address, paths in list(self.calls.items()):
            if path in paths:
                self.left[address, path] = Left(path, *address, because)
                self.calls[address] = [one for one in paths if one != path]

    def going(self) -> Going:
        """What the way comes to."""
        calls = {address: paths for address, paths in self.calls.items() if paths}
        going = Going(left=list(self.left.values()), calls=calls)
        for path, entry in self.then.items():
            if path in self.wanted:
                going.restores.append(Restore(path, self.now[path], entry))
            elif path in self.alike:
                going.same.append(Restore(path, self.now[path], entry))
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


def _step_back(one: Kept, current: Entry, world: World) -> bool | str:
    """True to put it back, False where it is as it was; else why it is left alone."""
    known = one.after
    if known is None or not current.same(known):
        if current.same(one.before):
            return False
        if known is not None:
            return _changed(current)
        if current.kind != "absent":
            return "the step was not seen to finish, and what is there may not be Butler's"
    if known is not None and known.mode and current.mode != known.mode:
        return "its permissions have changed since"
    if one.before.kind == "file" and not world.holds(one.before.sha256):
        return "what was there is no longer kept"
    if one.before.kind == "other":
        return "it was neither a file nor a folder nor a link"
    return True


def _changed(current: Entry) -> str:
    return "it is no longer there" if current.kind == "absent" else "it has changed since"
