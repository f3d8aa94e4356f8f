"""An answer while it streams: its text, the tool calls in it, and whether it came to an end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from butler_tui.core.errors import EMPTY_ANSWER
from butler_tui.language.choice import ModelChoice
from butler_tui.language.faults import CallError, repeats_itself
from butler_tui.language.repeating import Repeating
from butler_tui.language.thinking import AnswerText


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A native tool call that the model makes; `arguments` is None when they are no JSON object."""

    id: str
    name: str
    arguments: dict[str, Any] | None
    text: str


@dataclass(slots=True)
class _Piecemeal:
    id: str = ""
    name: str = ""
    text: str = ""


class Answer:
    """Takes LiteLLM's chunks and says what they amount to.

    Tool calls are kept only if tools were `offered`.
    """

    def __init__(self, choice: ModelChoice, *, offered: bool) -> None:
        self._choice = choice
        self._offered = offered
        self._text = AnswerText()
        self._uses: dict[int, _Piecemeal] = {}
        self._parts: list[str] = []
        self._repeating = Repeating()
        self._said_something = False
        self.ended = False
        self.finish: str | None = None
        self.usage: Any = None

    @property
    def begun(self) -> bool:
        """True once anything arrived that was paid for."""
        return bool(self._parts or self._uses)

    @property
    def all_text(self) -> str:
        """Everything the model wrote, thoughts too."""
        return "".join(self._parts)

    def take(self, chunk: Any) -> str:  # noqa: ANN401  (LiteLLM's own class)
        """Note a chunk and return the part of the answer's text that it brought.

        Raises CallError when the answer goes in circles.
        """
        self.usage = getattr(chunk, "usage", None) or self.usage
        if not chunk.choices:
            return ""
        self.finish = chunk.choices[0].finish_reason or self.finish
        delta = chunk.choices[0].delta
        if self._offered:
            for piece in delta.tool_calls or ():
                self._take_use(piece)
        if not delta.content:
            return ""
        self._parts.append(delta.content)
        if self._repeating.take(delta.content):
            raise repeats_itself(self._choice)
        return self._said(self._text.feed(delta.content))

    def rest(self) -> str:
        """What was held back at the end of the stream."""
        return self._said(self._text.finish())

    def uses(self) -> Iterator[ToolUse]:
        """The tool calls, once the stream is over."""
        for number in sorted(self._uses):
            use = self._uses[number]
            yield ToolUse(use.id, use.name, _object(use.text), use.text)

    def problem(self) -> CallError | None:
        """Why the answer cannot be used although the call went through."""
        name = self._choice.name
        if self.finish == "length":
            what = "was cut off at" if self._said_something else "never began before"
            return CallError(
                f"The answer of {name} {what} its limit: raise max_tokens in the options "
                "under [model] in config.toml."
            )
        if self.finish == "content_filter":
            return CallError(
                f"The provider's content filter stopped the answer of {name}: reword the goal, "
                "or choose another model."
            )
        if not self.ended and not self.begun:
            where = self._choice.host or "its provider"
            return CallError(f"{name} sent nothing that can be read: is {where} a model server?")
        if not self.ended:
            return CallError(f"The answer of {name} broke off: try again.", transient=True)
        if not self._said_something and not self._uses:
            return CallError(
                f"{name} gave an empty answer: try again, or choose another model.",
                code=EMPTY_ANSWER,
            )
        return None

    def _said(self, text: str) -> str:
        self._said_something = self._said_something or bool(text.strip())
        return text

    def _take_use(self, piece: Any) -> None:  # noqa: ANN401
        use = self._uses.setdefault(piece.index or 0, _Piecemeal())
        use.id = piece.id or use.id
        use.name = piece.function.name or use.name
        use.text += piece.function.arguments or ""


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
