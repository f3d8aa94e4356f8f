"""What a tool may ask of Butler, played for one test: everything it was asked is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json, Source
from butler_tui.core.tool import Remembered, ToolResult
from butler_tui.core.undoing import Undoing
from butler_tui.execution.scopes import Scope


@dataclass
class Context:
    """What a tool may ask of Butler, played for one test."""

    folder: Path
    folders: Sequence[PurePath]
    key: str = "key-1"
    named: Sequence[PurePath] = ()
    forbidden: Sequence[PurePath] = ()
    origins: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    sources: dict[str, list[Source]] = field(default_factory=dict)
    kept: list[PurePath] = field(default_factory=list)
    shown: list[tuple[str, float | None]] = field(default_factory=list)
    written: list[tuple[str, Json, Json]] = field(default_factory=list)
    told_ahead: list[ToolResult] = field(default_factory=list)
    ways: Sequence[str] = ()
    intended: ToolResult | None = None
    facts: list[Remembered] = field(default_factory=list)
    stores: dict[str, Path] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    model_answer: Json = None
    person_answer: Json = None

    @property
    def undoing(self) -> Undoing:
        raise ToolError("not_allowed", "This is no undo.")

    def storage(self, name: str) -> PurePath:
        return self.folder.parent / f"{self.folder.name}-data" / name

    def known_sources(self, path: PurePath) -> Sequence[Source]:
        return self.sources.get(PurePath(path).name, ())

    def option(self, name: str) -> str | None:
        return self.options.get(name)

    def secret(self, name: str) -> str | None:
        return self.secrets.get(name)

    def progress(self, text: str, done: float | None = None) -> None:
        self.shown.append((text, done))

    async def keep(self, path: PurePath) -> None:
        self.kept.append(path)

    async def intend(self, result: ToolResult) -> None:
        self.told_ahead.append(result)

    async def recall(self, query: str, limit: int) -> list[Remembered]:
        words = query.casefold().split()
        return [one for one in self.facts if any(w in one.fact.casefold() for w in words)][:limit]

    async def write(self, instructions: str, inputs: Json, schema: Json = None) -> Json:
        if self.model_answer is None:
            raise ToolError("no_model", "No model is set up.")
        self.written.append((instructions, inputs, schema))
        return self.model_answer

    async def notify(self, text: str) -> Sequence[str]:
        self.shown.append((text, None))
        return self.ways

    async def ask(
        self, question: str, choices: Sequence[str] | None = None, fields: Json = None
    ) -> Json:
        return self.person_answer
