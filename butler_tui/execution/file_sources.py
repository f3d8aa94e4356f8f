"""Which strangers are behind a file: by what Butler wrote into it, by its folder, by its mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from butler_tui.core.labels import Label, Source, join
from butler_tui.core.ports import FileMemory
from butler_tui.core.tool import Tool
from butler_tui.execution.paths import is_path
from butler_tui.settings.real_paths import real_path
from butler_tui.tools.origins import is_downloaded


def of_folder(path: Path, folder: str, untrusted: Sequence[Path]) -> Iterator[Source]:
    """A source for each folder of strangers' files in which a real path lies."""
    for one in untrusted:
        if path.is_relative_to(real_path(Path(folder) / one)):
            yield Source("settings", origin=f"folder {one}", untrusted=True)


@dataclass(frozen=True, slots=True)
class FileSources:
    """Looks files up; `untrusted` are the folders of strangers' files."""

    files: FileMemory
    untrusted: Sequence[Path] = ()

    def label(self, path: str, folder: str) -> Label:
        """The strangers behind the file at that real path. Blocks shortly."""
        known = self.files.find(path)
        label = known.label if known is not None else Label()
        found = list(of_folder(Path(path), folder, self.untrusted))
        if is_downloaded(Path(path)):
            found.append(Source("settings", origin=f"download {Path(path).name}", untrusted=True))
        return label | Label.of(*found)

    def behind(
        self,
        tool: Tool,
        args: Mapping[str, str],
        folder: str,
        lists: Mapping[str, Sequence[str]] | None = None,
    ) -> Label:
        """The strangers behind every file that these arguments (paths resolved) name."""
        several = lists or {}
        named = [
            path
            for name, one in args.items()
            if is_path(tool, name)
            for path in several.get(name, (one,))
        ]
        return join(self.label(path, folder) for path in named)
