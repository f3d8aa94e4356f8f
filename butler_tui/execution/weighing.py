"""A call on the scales: everything the policy needs to know of it, gathered at the edge.

Paths are resolved, lists taken apart, and the labels of its arguments and of what decided that it
runs become the concerns for which it is asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from butler_tui.core.concerns import Flow, concerns_of
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json, Label, Labelled, Source, text_of
from butler_tui.core.plain_files import is_plain_data
from butler_tui.core.policy import Asked, as_text
from butler_tui.core.ports import Definitions, FileMemory
from butler_tui.core.run import RunState
from butler_tui.core.targets import targets_of
from butler_tui.core.tool import Effect, Tool
from butler_tui.execution.obeyed import obeyed_content
from butler_tui.execution.paths import inner_path, is_path, names_file
from butler_tui.settings.real_paths import real_path


def as_asked(
    state: RunState, tool: Tool, values: Mapping[str, Json], effect: Effect | None
) -> Asked:
    """The call as rules see it: arguments as text, paths absolute with links resolved."""
    args = {name: _seen(state.folder, tool, name, value) for name, value in values.items()}
    if "to" in args and is_path(tool, "to"):
        args["to"] = _file_in(args["to"], values)
    lists = {
        name: tuple(_seen(state.folder, tool, name, one) for one in value)
        for name, value in values.items()
        if isinstance(value, list) and all(isinstance(one, str) for one in value)
    }
    return Asked(tool.name, effect, tool.undoable, args, state.id, lists)


def _seen(folder: str, tool: Tool, name: str, value: Json) -> str:
    if not isinstance(value, str) or not names_file(tool, name, value):
        return as_text(value)
    try:
        return real_path(Path(folder) / _at_home(value))
    except ValueError as error:
        raise ToolError("bad_arguments", f"{name} is no path that can exist.") from error


def _at_home(path: str) -> Path:
    """The path with `~` followed; a home that is nobody's stays as it is, and no tool finds it."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _file_in(to: str, values: Mapping[str, Json]) -> str:
    """Where a file really goes that is moved or copied into a folder."""
    path, said = values.get("path"), values.get("to")
    if not isinstance(path, str) or not isinstance(said, str):
        return to
    if said.endswith("/") or os.path.isdir(to):  # noqa: PTH112  (as realpath: text to text)
        return real_path(Path(to) / Path(path).name)
    return to


ENCLOSED = "attachments"
"""The argument that names files whose content leaves with a call."""


def _nobody(_path: str, _folder: str) -> Label:
    return Label()


@dataclass(frozen=True, slots=True)
class Scales:
    """Weighs calls: what Butler knows of files it wrote and of tools that were allowed before."""

    files: FileMemory
    definitions: Definitions
    behind: Callable[[str, str], Label] = _nobody
    """Which strangers are behind the file at a real path, seen from the run's folder."""

    async def weigh(
        self,
        state: RunState,
        tool: Tool,
        args: Mapping[str, Labelled],
        control: Label,
        effect: Effect | None,
    ) -> Asked:
        """The call as the policy sees it. Blocks in a thread only where files are looked at."""
        values = {name: arg.value for name, arg in args.items()}
        asked = as_asked(state, tool, values, effect)
        labels = {name: arg.labels.overall() for name, arg in args.items()}
        bounds = effect is not None and effect.bounds_the_world
        tainted = control.untrusted or any(label.untrusted for label in labels.values())
        content = None
        if bounds and tainted and tool.content:
            content = await asyncio.to_thread(self._content, state, tool, asked, labels)
        carried: Mapping[str, Label] = {}
        if effect is Effect.CHANGE and "to" in asked.args:
            own = labels.get("path", Label())
            carried = await asyncio.to_thread(self._carried, state, asked, tool, own)
        obeyed: Mapping[str, Label] = {}
        if effect is Effect.EXECUTE or (effect is Effect.CHANGE and tool.untrusted):
            obeyed = await asyncio.to_thread(obeyed_content, tool, asked, state.folder, self.behind)
        recipients = targets_of(tool.recipients, asked.args, asked.lists)
        enclosed: Mapping[str, Label] = {}
        if bounds and asked.lists.get(ENCLOSED):
            own = labels.get(ENCLOSED, Label())
            enclosed = await asyncio.to_thread(self._enclosed, state, asked, own)
        flow = Flow(
            {**labels, **carried, **obeyed, **enclosed},
            control,
            bounds=bounds,
            reaches=tool.reaches and (tool.reaches_alone or bool(recipients)),
            recipients=recipients,
            words=words_of(state),
            content=content,
            changed=effect is not None and await self.definitions.changed(tool),
        )
        return Asked(
            asked.tool,
            effect,
            tool.undoable,
            asked.args,
            state.id,
            asked.lists,
            concerns_of(flow),
            tuple(name for name, label in labels.items() if label.secret),
        )

    def _carried(
        self, state: RunState, asked: Asked, tool: Tool, own: Label
    ) -> Mapping[str, Label]:
        """A stranger's file that a change brings to where it is more than plain data.

        What was written as a note must not become a script by being moved.
        """
        path, to = asked.args.get("path"), asked.args.get("to")
        if not path or not to or not is_path(tool, "to"):
            return {}
        label = self.behind(path, state.folder)
        if not label.untrusted or (
            is_plain_data(inner_path(to, state.folder)) and self._is_ours(to)
        ):
            return {}
        return {"path": label | own}

    def _enclosed(self, state: RunState, asked: Asked, own: Label) -> Mapping[str, Label]:
        """Files that are sent along are the user's own, and as strange as whoever wrote them."""
        label = own
        for path in asked.lists[ENCLOSED]:
            origin = f"file {inner_path(path, state.folder)}"
            label = label | Label.of(Source("person", origin=origin, private=True))
            label = label | self.behind(path, state.folder)
        return {ENCLOSED: label}

    def _content(
        self, state: RunState, tool: Tool, asked: Asked, labels: Mapping[str, Label]
    ) -> frozenset[str] | None:
        """The arguments that only become content of a plain data file; None when they do not."""
        path = asked.args.get("path", "")
        plain = is_plain_data(inner_path(path, state.folder))
        if labels.get("path", Label()).untrusted or not plain:
            return None
        return frozenset(tool.content) if self._is_ours(path) else None

    def _is_ours(self, path: str) -> bool:
        """True when nothing is there, or what Butler wrote and nobody changed since."""
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        known = self.files.find(path)
        if known is None or not stat.S_ISREG(found.st_mode) or found.st_mode & 0o111:
            return False
        try:
            with Path(path).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == known.sha256
        except OSError:
            return False


def words_of(state: RunState) -> Sequence[str]:
    """What the person said in this run: the goal, and their answers."""
    answers = [text_of(one.answer) for one in state.questions.values() if one.answered]
    return [state.goal, *(text_of(value) for value in state.parameters.values()), *answers]
