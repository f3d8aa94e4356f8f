"""Cuts a plan's text into statements while it streams in, character by character.

A statement ends at a line's end outside of brackets and strings. Whether it is a good statement
is the reader's business; this only finds where one ends, whatever the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST_STATEMENT = 100_000
"""Characters; a longer statement is cut here and refused by the reader."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one statement or comment line, without its comment; `line` counts from 1."""

    text: str
    comment: str | None
    line: int


@dataclass(slots=True)
class StatementStream:
    """Feed it text; it returns the pieces that closed."""

    _text: list[str] = field(default_factory=list[str])
    _comment: list[str] | None = None
    _last_comment: str | None = None
    _quote: str = ""
    _escaped: bool = False
    _depth: int = 0
    _line: int = 1
    _first_line: int = 1
    _pending: str = ""

    def feed(self, chunk: str) -> list[Piece]:
        """The statements and comment lines that `chunk` closes."""
        closed: list[Piece] = []
        text = (self._pending + chunk).replace("\r\n", "\n")
        # Up to two quotes may be the start of three, and a \r the start of a line's end.
        keep = len(text) - len(text.rstrip("\"'\r")) if text else 0
        keep = min(keep, 2)
        self._pending = text[len(text) - keep :] if keep else ""
        self._take(text[: len(text) - keep] if keep else text, closed)
        return closed

    def close(self) -> list[Piece]:
        """What is left when the text has ended."""
        closed: list[Piece] = []
        rest, self._pending = self._pending, ""
        self._take(rest, closed)
        self._end_piece(closed)
        return closed

    def _take(self, text: str, closed: list[Piece]) -> None:
        at = 0
        while at < len(text):
            at += self._step(text, at, closed)
            if len(self._text) > LONGEST_STATEMENT:
                self._end_piece(closed)

    def _step(self, text: str, at: int, closed: list[Piece]) -> int:
        """Take one token's worth of characters and return how many."""
        char = text[at]
        if self._comment is not None:
            if char != "\n":
                self._comment.append(char)
                return 1
            self._last_comment, self._comment = "".join(self._comment), None
        if self._quote:
            return self._in_string(text, at, closed)
        if char == "\n":
            self._newline(closed)
        elif char == "#":
            self._comment = []
        elif char in "\"'":
            self._quote = char * 3 if text.startswith(char * 3, at) else char
            self._text.append(self._quote)
            return len(self._quote)
        else:
            self._depth = max(0, self._depth + (char in "([{") - (char in ")]}"))
            self._escaped = char == "\\"
            self._text.append(char)
        return 1

    def _in_string(self, text: str, at: int, closed: list[Piece]) -> int:
        char = text[at]
        if self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped = True
        elif text.startswith(self._quote, at):
            length = len(self._quote)
            self._text.append(self._quote)
            self._quote = ""
            return length
        elif char == "\n" and len(self._quote) == 1:
            self._quote = ""
            self._newline(closed)
            return 1
        if char == "\n":
            self._line += 1
        self._text.append(char)
        return 1

    def _newline(self, closed: list[Piece]) -> None:
        goes_on = self._depth > 0 or self._escaped
        self._escaped = False
        if goes_on:
            self._text.append("\n")
            self._line += 1
            self._last_comment = None
        else:
            self._end_piece(closed)
            self._line += 1
            self._first_line = self._line

    def _end_piece(self, closed: list[Piece]) -> None:
        if self._comment is not None:
            self._last_comment, self._comment = "".join(self._comment), None
        text = "".join(self._text)
        if text.strip() or self._last_comment is not None:
            blank = len(text) - len(text.lstrip("\n"))
            closed.append(Piece(text.strip("\n"), self._last_comment, self._first_line + blank))
        self._text.clear()
        self._last_comment = None
        self._depth = 0
        self._quote = ""
