"""What tools have the model write: on the run's account, private prompts to the private model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from butler_tui.core.errors import OVER_BUDGET, ModelError, SpentError, ToolError
from butler_tui.core.labels import Json
from butler_tui.core.ports import CallFrame, Model
from butler_tui.execution.live import LiveRun
from butler_tui.language.writer import WriterError, write


@dataclass(frozen=True, slots=True)
class Writing:
    """The model as a run's tools see it; every call is an event of the run, on its account."""

    live: LiveRun
    model: Model

    async def write(
        self,
        frame: CallFrame,
        instructions: str,
        inputs: Json,
        schema: Json,
        show: Callable[[str], None],
    ) -> Json:
        """The model's text, or an object in the shape of `schema`. Raises ToolError."""
        if self.model.name("writer") is None:
            raise ToolError(
                "no_model",
                "No model is set up to write; run `butler setup`, or set BUTLER_MODEL.",
            )
        try:
            answer, calls = await write(
                self.model, instructions, inputs, schema, private=frame.private, show=show
            )
        except WriterError as error:
            await self.live.record(*error.calls)
            raise _failure(error) from error
        except ModelError as error:
            raise _failure(error) from error
        await self.live.record(*calls)
        return answer


def _failure(error: ModelError) -> ToolError:
    """What the model's fault is for the step that wanted it to write."""
    if error.code == OVER_BUDGET:
        return SpentError(str(error))
    return ToolError(error.code, str(error), transient=error.transient)
