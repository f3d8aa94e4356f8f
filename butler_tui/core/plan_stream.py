"""Cuts a plan's text into statements while it streams in, wherever the stream is cut.

A statement ends at a line's end outside of brackets and strings. Whether it is a good statement
is the reader's business; this only finds where one ends, whatever the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_STATEMENT = 50_000
"""Characters; a longer statement is cut here and refused by the reader."""

_PLAIN = re.compile(r"""[^\n#"'()\[\]{}\\]+""")
_PLAIN_IN_STRING = re.compile(r"""[^\n"'\\]+""")
_PLAIN_IN_COMMENT = re.compile(r"[^\n]+")
_MOST_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one statement or comment line, without its comment; `line` counts from 1.

    `whole` is False when the statement was too long and this is only a part of it.
    """

    text: str
    comment: str | None
    line: int
    whole: bool = True


@dataclass(slots=True)
class StatementStream:
    """Feed it text; it returns the pieces that closed."""

    _text: list[str] = field(default_factory=list[str])
    _size: int = 0
    _comment: list[str] | None = None
    _last_comment: str | None = None
    _quote: str = ""
    _escaped: bool = False
    _depth: int = 0
    _line: int = 1
    _first_line: int = 1
    _held: str = ""
    _begun: bool = False

    def feed(self, chunk: str) -> list[Piece]:
        """The statements and comment lines that `chunk` closes."""
        return self._take(chunk, last=False)

    def close(self) -> list[Piece]:
        """What is left when the text has ended."""
        closed = self._take("", last=True)
        self._end_piece(closed)
        return closed

    def _take(self, chunk: str, *, last: bool) -> list[Piece]:
        """Take all but a tail that only the next characters can explain (at most three)."""
        closed: list[Piece] = []
        text, tail = self._held + chunk, ""
        if not self._begun and text:
            text, self._begun = text.removeprefix("\ufeff"), True
        if text.endswith("\r") and not last:
            text, tail = text[:-1], "\r"
        text = text.replace("\r\n", "\n")
        at = 0
        while at < len(text):
            took = self._step(text, at, last, closed)
            if not took:
                break
            at += took
            if self._size > LONGEST_STATEMENT:
                self._end_piece(closed, whole=False)
        self._held = text[at:] + tail
        return closed

    def _step(self, text: str, at: int, last: bool, closed: list[Piece]) -> int:
        """Take some characters and return how many; 0 when more must be known first."""
        if self._comment is not None:
            if found := _PLAIN_IN_COMMENT.match(text, at):
                self._comment.append(found.group())
                return len(found.group())
            self._last_comment, self._comment = "".join(self._comment), None
        char = text[at]
        if not last and self._needs_more(text[at : at + 3]):
            return 0
        if self._quote:
            return self._in_string(text, at, closed)
        if char == "\n":
            self._newline(closed)
            return 1
        if char == "#":
            self._comment, self._escaped = [], False
            return 1
        return self._in_code(text, at, char)

    def _needs_more(self, ahead: str) -> bool:
        """True for one or two quotes where three would mean something else."""
        quote = ahead[0]
        if quote not in "\"'" or len(ahead) == 3 or ahead != quote * len(ahead):
            return False
        return not self._quote or (self._quote == quote * 3 and not self._escaped)

    def _in_code(self, text: str, at: int, char: str) -> int:
        self._escaped = char == "\\"
        if char in "\"'":
            self._quote = char * 3 if text.startswith(char * 3, at) else char
            return self._keep(self._quote)
        self._depth = max(0, self._depth + (char in "([{") - (char in ")]}"))
        found = _PLAIN.match(text, at, at + _MOST_AT_ONCE)
        return self._keep(found.group() if found else char)

    def _in_string(self, text: str, at: int, closed: list[Piece]) -> int:
        char = text[at]
        if self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped = True
        elif text.startswith(self._quote, at):
            quote, self._quote = self._quote, ""
            return self._keep(quote)
        elif char == "\n" and len(self._quote) == 1:
            self._quote = ""
            self._newline(closed)
            return 1
        elif found := _PLAIN_IN_STRING.match(text, at, at + _MOST_AT_ONCE):
            return self._keep(found.group())
        self._line += char == "\n"
        return self._keep(char)

    def _keep(self, text: str) -> int:
        self._text.append(text)
        self._size += len(text)
        return len(text)

    def _newline(self, closed: list[Piece]) -> None:
        goes_on = self._depth > 0 or self._escaped
        self._escaped = False
        if goes_on:
            self._keep("\n")
            self._line += 1
            self._last_comment = None
        else:
            self._end_piece(closed)
            self._line += 1
            self._first_line = self._line

    def _end_piece(self, closed: list[Piece], *, whole: bool = True) -> None:
        if self._comment is not None:
            self._last_comment, self._comment = "".join(self._comment), None
        text = "".join(self._text)
        if text.strip() or self._last_comment is not None:
            blank = len(text) - len(text.lstrip("\n"))
            closed.append(
                Piece(text.strip("\n"), self._last_comment, self._first_line + blank, whole)
            )
        self._text.clear()
        self._size = 0
        self._last_comment = None
        self._depth = 0
        self._quote = ""
        self._escaped = False
