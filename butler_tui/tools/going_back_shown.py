"""An undo before it is done: every path in words, and short texts as a diff."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from butler_tui.core.clean import visible_line
from butler_tui.core.going_back import Going, Restore
from butler_tui.core.tool import Preview, ToolContext
from butler_tui.core.undoing import Entry
from butler_tui.tools.confinement import shown_path
from butler_tui.tools.diffs import comparable, unified
from butler_tui.tools.restoring import kept_place
from butler_tui.tools.storing import open_place

LARGEST_SHOWN = 64 * 1024
"""Bytes of a text whose change is shown line by line."""

MOST_SHOWN = 20
"""So many files are shown line by line; every one is named."""


@dataclass(frozen=True, slots=True)
class Showing:
    """An undo in a preview's words; what it reads, it reads by the tools' own doors. Blocks."""

    context: ToolContext
    going: Going

    def preview(self) -> Preview:
        """Every path in a line, then what changes in the texts."""
        lines = [self._line(one) for one in self.going.restores]
        lines += [f"is as before: {self._shown(one.path)}" for one in self.going.same]
        alone = dict.fromkeys((one.path, one.because) for one in self.going.left)
        lines += [
            f"leaves alone {self._shown(path)}: {visible_line(because)}" for path, because in alone
        ]
        diffs = [text for one in self.going.restores[:MOST_SHOWN] if (text := self._diff(one))]
        if not diffs:
            return Preview("\n".join(lines))
        return Preview("\n".join([*lines, "", "\n".join(diffs)]), "diff")

    def _shown(self, path: str) -> str:
        return visible_line(shown_path(self.context, PurePath(path)))

    def _line(self, one: Restore) -> str:
        shown, to = self._shown(one.path), one.to
        match to.kind:
            case "absent":
                what = "the folder " if one.now.kind == "folder" else ""
                return f"removes {what}{shown}, which was not there before"
            case "file":
                verb = "brings back" if one.now.kind == "absent" else "puts back"
                return f"{verb} {shown} ({to.bytes:,} bytes)"
            case "link":
                return f"brings back the link {shown} to {visible_line(to.target)}"
            case _:
                return f"brings back the folder {shown}"

    def _diff(self, one: Restore) -> str:
        """The change of a short text; nothing for what is none."""
        now, then = self._text(one.path, one.now), self._kept_text(one.to)
        if now is None or then is None or not comparable(now, then) or now == then:
            return ""
        shown, nothing = self._shown(one.path), "/dev/null"
        old = shown if one.now.kind == "file" else nothing
        new = shown if one.to.kind == "file" else nothing
        return unified(now, then, old, new).text.rstrip("\n")

    def _text(self, path: str, entry: Entry) -> str | None:
        if entry.kind != "file":
            return "" if entry.kind == "absent" else None
        if entry.bytes > LARGEST_SHOWN:
            return None
        with open_place(kept_place(self.context, path)) as file:
            return _decoded(file.read(LARGEST_SHOWN + 1))

    def _kept_text(self, entry: Entry) -> str | None:
        if entry.kind != "file":
            return "" if entry.kind == "absent" else None
        if entry.bytes > LARGEST_SHOWN:
            return None
        with self.context.undoing.open(entry.sha256) as file:
            return _decoded(file.read(LARGEST_SHOWN + 1))


def _decoded(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
