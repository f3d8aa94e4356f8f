"""What can be put back, and how a run hears that it was: the Undoing of the core for one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from butler_tui.core.calls import Address, CallState
from butler_tui.core.errors import HistoryError, ToolError
from butler_tui.core.events import StepUndone
from butler_tui.core.labels import NO_LABEL, Labels
from butler_tui.core.ports import FileMemory, Journal
from butler_tui.core.run import RunState, fold
from butler_tui.core.undoing import PUT_BACK, Entry, FolderTime, Kept, after_of, named
from butler_tui.history.kept import KeptPaths


@dataclass(frozen=True, slots=True)
class RunUndoing:
    """What a call of the run `by` may ask while it puts back what another run changed."""

    journal: Journal
    paths: KeptPaths
    files: FileMemory
    by: str

    async def kept(self, run: str, steps: Sequence[str]) -> Sequence[Kept]:
        """What those calls kept, newest first; a step's name stands for all of its elements."""
        state = fold(await self.journal.read(run, outputs=False))
        if not state.seq:
            raise ToolError("no_run", f"There is no run {run}.")
        wanted = set(steps)
        return [
            one
            for one in await kept_of(self.paths, state)
            if one.step in wanted or named(one.address) in wanted
        ]

    def holds(self, sha256: str) -> bool:
        """True when that content is still kept. Blocks shortly."""
        return self.paths.snapshots.holds(sha256)

    def open(self, sha256: str) -> BinaryIO:
        """Kept content, for reading."""
        try:
            return self.paths.snapshots.open(sha256)
        except HistoryError as error:
            raise ToolError("not_kept", str(error)) from error

    async def restoring(self, path: str, entry: Entry) -> None:
        """Join the label of what comes back to what is known of the path, before it does."""
        known = self.files.find(path)
        label = Labels.load(entry.labels).own if entry.labels else NO_LABEL
        if label.sources:
            both = label | (known.label if known is not None else NO_LABEL)
            await self.files.note(path, None, both)

    async def undone(self, run: str, address: Address, left: Sequence[str]) -> None:
        """Note that the call was put back; what it had itself put back counts again."""
        await self._turn(run, address, self.by, left)

    async def _turn(self, run: str, address: Address, by: str, left: Sequence[str] = ()) -> None:
        """Undone, or (with no `by`) not any more; then the calls that it had undone turn too."""
        step, item = address
        event = StepUndone(step=step, item=item, by=by, left=list(left))
        await self.journal.append(run, [event], flush=True)
        state = fold(await self.journal.read(run, outputs=False))
        if not state.undoes:
            return
        call = fold(await self.journal.read(run)).calls.get(address)  # it says what it undid
        if call is None or call.tool != PUT_BACK:
            return
        further = fold(await self.journal.read(state.undoes, outputs=False))
        theirs = set(_undone_by(call))
        for one in list(further.calls.values()):
            if named((one.step, one.item)) in theirs and one.undone == ("" if not by else run):
                await self._turn(state.undoes, (one.step, one.item), "" if by else run)


async def kept_of(paths: KeptPaths, state: RunState) -> Sequence[Kept]:
    """What the calls of a run kept, newest first, with what each left there."""
    found: list[Kept] = []
    for row in await paths.of(state.id):
        before = Entry.load(row.record)
        path = str(row.record["path"])
        call = state.calls.get((row.step, row.item))
        after = after_of(path, before, call, state.folder)
        if after is not None and after.kind == "file":
            after = replace(after, mode=_mode_left(path, call))
        folder = _folder_time(row.record, call)
        found.append(Kept(path, row.step, row.item, before, after, folder))
    return found


def _mode_left(path: str, call: CallState | None) -> int:
    """The permissions that a call left a file with; 0 where that is not known."""
    receipt: Mapping[str, Any] = (call.receipt if call is not None else None) or {}
    left = [one["left"]["mode"] for one in _kept_in(receipt, path) if "left" in one]
    return left[-1] if left else 0


def _kept_in(receipt: Mapping[str, Any], path: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in receipt.get("kept", ()) if one.get("path") == path)


def _folder_time(record: Mapping[str, Any], call: CallState | None) -> FolderTime | None:
    """When the folder of a kept path was modified; the call's receipt says when it was done."""
    folder = record.get("folder")
    if folder is None:
        return None
    receipt: Mapping[str, Any] = (call.receipt if call is not None else None) or {}
    left = [
        one["folder"].get("left") for one in _kept_in(receipt, record["path"]) if "folder" in one
    ]
    return FolderTime(folder["path"], folder["modified"], left[0] if left else None)


def _undone_by(call: CallState) -> Sequence[str]:
    """The calls that a finished `put_back` undid, by its own word."""
    output = call.output.value if call.output is not None else None
    steps = output.get("steps") if isinstance(output, dict) else None
    return [str(one) for one in steps] if isinstance(steps, list) else []
