"""A world to attack: an allowed folder, Butler's own files in it, and what must stay untouched."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tool_context import Context

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Tool

SECRET = "s3cr3t-of-somebody"


@dataclass
class World:
    """`inside` is the one allowed folder, `own` Butler's folder in it, `outside` all the rest."""

    context: Context
    inside: Path
    outside: Path
    own: Path

    def fill(self, text: str) -> str:
        """A path or address of a case, with the world's folders put in."""
        return (
            text.replace("{inside}", str(self.inside))
            .replace("{outside}", str(self.outside))
            .replace("{own}", str(self.own))
        )

    def filled(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """A case's arguments with the world's folders put in."""
        return {name: self._filled(value) for name, value in args.items()}

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.fill(value)
        return [self._filled(one) for one in value] if isinstance(value, list) else value

    async def refuses(self, tool: Tool, args: Mapping[str, Any]) -> ToolError:
        """Run the tool and its preview; both are refused in one clean sentence, without effect."""
        before = self.seen()
        values = tool.validated(self.filled(args))
        with pytest.raises(ToolError) as caught:
            await tool.run(self.context, **values)
        self.assert_clean(caught.value)
        assert self.seen() == before
        assert self.context.kept == []
        if await self._previewed(tool, values):
            assert self.seen() == before
        return caught.value

    async def _previewed(self, tool: Tool, values: dict[str, Any]) -> bool:
        """A preview shows nothing that the call may not see, whether it is refused or not."""
        if tool.preview is None:
            return False
        try:
            preview = await tool.preview(self.context, **values)
        except ToolError as error:
            self.assert_clean(error)
            return True
        assert SECRET not in preview.text
        return True

    def assert_clean(self, error: ToolError) -> None:
        """The message is one sentence without controls, and gives nothing of a secret away."""
        message = str(error)
        assert message.endswith((".", "?")), message
        assert visible_line(message) == message
        assert SECRET not in message
        assert not any(SECRET in text for text, _ in self.context.shown)
        assert error.code.isidentifier()

    def seen(self) -> dict[str, tuple[Any, ...]]:
        """Everything inside and outside: kind, permissions, names, size, time, small contents."""
        found: dict[str, tuple[Any, ...]] = {}
        for top in (self.inside, self.outside):
            for folder, folders, files in os.walk(top):
                for name in [*folders, *files, "."]:
                    path = Path(folder, name)
                    found[str(path)] = _entry(path)
        return found


def _entry(path: Path) -> tuple[Any, ...]:
    status = path.lstat()
    held: Any = None
    if stat.S_ISLNK(status.st_mode):
        held = path.readlink()
    elif stat.S_ISREG(status.st_mode) and status.st_size < 1_000_000:
        held = path.read_bytes()
    return status.st_mode, status.st_nlink, status.st_size, status.st_mtime_ns, held
