"""Some models think aloud before they answer; only the answer counts."""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


class AnswerText:
    """Takes the text of an answer in chunks and gives it back without a leading `<think>` block.

    The tags may be split over chunks. A block that is never closed leaves no answer.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state: str = "before"

    def feed(self, chunk: str) -> str:
        """What is known to belong to the answer by now."""
        if self._state == "answer":
            return chunk
        self._held += chunk
        if self._state == "before":
            begin = self._held.lstrip()
            if not begin.startswith(OPEN):
                return "" if OPEN.startswith(begin) else self._release(self._held)
            self._state, self._held = "thinking", begin[len(OPEN) :]
        if self._state == "thinking":
            if CLOSE not in self._held:
                self._held = self._held[-len(CLOSE) :]
                return ""
            self._state, self._held = "after", self._held.partition(CLOSE)[2]
        rest = self._held.lstrip()
        return self._release(rest) if rest else ""

    def finish(self) -> str:
        """What was held back because it might have become a tag."""
        return self._release(self._held) if self._state == "before" else ""

    def _release(self, text: str) -> str:
        self._state, self._held = "answer", ""
        return text
