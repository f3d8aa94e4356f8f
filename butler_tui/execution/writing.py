"""What tools have the model write: on the run's account, private prompts to the private model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from butler_tui.core.errors import ModelError, ToolError
from butler_tui.core.labels import Json
from butler_tui.core.ports import CallFrame, Model
from butler_tui.execution.live import LiveRun
from butler_tui.language.writer import WriterError, write


@dataclass(frozen=True, slots=True)
class Writing:
    """The model as a run's tools see it; every call is an event of the run."""

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
        bound, spent = self.live.state.cost_bound, self.live.state.spent.cost
        if bound is not None and spent >= bound:
            message = (
                f"The models of this run have cost ${spent:.4f}; you signed at most ${bound:g}."
            )
            raise ToolError("over_bound", message)
        try:
            answer, calls = await write(
                self.model, instructions, inputs, schema, private=frame.private, show=show
            )
        except WriterError as error:
            await self.live.record(*error.calls)
            raise ToolError("model_failed", str(error), transient=error.transient) from error
        except ModelError as error:
            raise ToolError("model_failed", str(error), transient=error.transient) from error
        await self.live.record(*calls)
        return answer
