"""What stands in for the model, the person and the snapshots where a call is only looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.ports import CallFrame


class NoRun:
    """Refuses all that a call can ask of a run, since there is none."""

    async def write(
        self,
        frame: CallFrame,
        instructions: str,
        inputs: Json,
        schema: Json,
        show: Callable[[str], None],
    ) -> Json:
        """Refused."""
        raise _refusal()

    async def ask(
        self, frame: CallFrame, question: str, choices: Sequence[str] | None, fields: Json
    ) -> Json:
        """Refused."""
        raise _refusal()

    async def keep(self, *_asked: Any) -> dict[str, Any] | None:  # noqa: ANN401
        """Refused."""
        raise _refusal()


def _refusal() -> ToolError:
    return ToolError("not_allowed", "A call that is only looked at may ask for nothing.")
