"""Questions of a run: asked once, kept in the journal, answered by whoever comes first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from butler_tui.core.calls import QuestionState
from butler_tui.core.events import Event, QuestionAsked
from butler_tui.core.labels import Json
from butler_tui.core.ports import CallFrame
from butler_tui.core.run import RunState


@dataclass(frozen=True, slots=True)
class Questions:
    """The Person of one run. `until` waits for a change of the state that makes its test true."""

    state: RunState
    record: Callable[[Event], Awaitable[None]]
    until: Callable[[Callable[[], bool]], Awaitable[None]]

    async def ask(
        self, frame: CallFrame, question: str, choices: Sequence[str] | None, fields: Json
    ) -> Json:
        """The person's answer; a question already asked for this call is not asked again."""
        identity = frame.key[:8]
        if identity not in self.state.questions:
            await self.record(
                QuestionAsked(
                    id=identity,
                    step=frame.step,
                    item=frame.item,
                    question=question,
                    choices=list(choices) if choices is not None else None,
                    fields=fields,
                )
            )
        await self.until(lambda: self._question(identity).answered)
        return self._question(identity).answer

    def _question(self, identity: str) -> QuestionState:
        return self.state.questions[identity]
