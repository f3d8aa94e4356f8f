"""The plan's text out of a planner's answer: bare, or inside the one fenced block of some prose.

    answer = AnswerText()
    text = answer.feed(chunk)   # what may go to the plan reader now
    text = answer.close()       # the rest, when the answer has ended

Which it is shows at the first line that is not blank and no comment. Prose around a fenced block
is left out; an answer that is all prose is passed on whole, so that the reader can refuse it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from butler_tui.core.errors import PlanError, Problem
from butler_tui.core.plan_text import LONGEST_PLAN

_FENCE = re.compile(r"(?P<indent>\s*)(?P<mark>`{3,}|~{3,})\s*(?P<word>[^`\s]*)[^`]*")
_PLAN_WORDS = frozenset({"", "py", "python", "python3", "plan"})
_STATEMENT = re.compile(r"\s*(?:[\[(]|[A-Za-z_]\w*\s*=(?!=)|[A-Za-z_][\w.]*\()")
_TOKEN = re.compile(r'\\.|"""|\'\'\'|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|#.*')


class _Where(Enum):
    BEFORE = auto()
    PROSE = auto()
    OTHER_BLOCK = auto()
    BARE = auto()
    BLOCK = auto()
    AFTER = auto()
    AFTER_BLOCK = auto()


@dataclass(slots=True)
class AnswerText:
    """Takes an answer's chunks and returns the plan's text in them, a line at a time.

    However the answer is cut into chunks, the texts together are the same. `problems` says what
    the plan's text alone cannot show: that there are several plans.
    """

    problems: list[Problem] = field(default_factory=list[Problem])
    _where: _Where = _Where.BEFORE
    _line: list[str] = field(default_factory=list[str])
    _held: list[str] = field(default_factory=list[str])
    _fence: str = ""
    _indent: str = ""
    _quote: str = ""
    _length: int = 0

    def feed(self, chunk: str) -> str:
        """The plan's text in the lines that `chunk` ends; raises PlanError when it never ends."""
        # An empty chunk counts too, or a stream of nothing else would go on for ever.
        self._length += len(chunk) or 1
        if self._length > LONGEST_PLAN:
            raise PlanError(
                [
                    Problem(
                        0,
                        0,
                        f"the answer is longer than {LONGEST_PLAN:,} characters; "
                        "answer with a short plan and nothing else",
                    )
                ]
            )
        *ended, rest = chunk.split("\n")
        taken: list[str] = []
        for part in ended:
            self._line.append(part)
            taken.append(self._take(self._whole_line() + "\n"))
        if rest:
            self._line.append(rest)
        return "".join(taken)

    def close(self) -> str:
        """The plan's text in the last line, and in lines that waited to be told from prose."""
        last = self._whole_line()
        taken = self._take(last) if last else ""
        if self._where in (_Where.BEFORE, _Where.PROSE, _Where.OTHER_BLOCK):
            return "".join(self._held) + taken
        return taken

    def _whole_line(self) -> str:
        line = "".join(self._line).removesuffix("\r")
        self._line.clear()
        return line

    def _take(self, line: str) -> str:
        match self._where:
            case _Where.BEFORE:
                return self._before(line.removeprefix("\ufeff") if not self._held else line)
            case _Where.PROSE:
                return self._prose(line)
            case _Where.BARE:
                return line
            case _Where.BLOCK:
                return self._in_block(line)
            case _Where.OTHER_BLOCK:
                self._held.append(line)
                if self._closes(line):
                    self._where = _Where.PROSE
            case _Where.AFTER:
                self._after(line)
            case _Where.AFTER_BLOCK:
                if self._closes(line):
                    self._where = _Where.AFTER
        return ""

    def _before(self, line: str) -> str:
        """Blank lines and comments wait: they may be a heading of prose or the plan's title."""
        if not line.strip() or line.lstrip().startswith("#"):
            self._held.append(line)
            return ""
        if _STATEMENT.match(line):
            self._where = _Where.BARE
            held, self._held = self._held, []
            return "".join(held) + line
        self._where = _Where.PROSE
        return self._prose(line)

    def _prose(self, line: str) -> str:
        fence = _FENCE.fullmatch(line)
        if fence is None:
            self._held.append(line)
            return ""
        self._fence, self._indent = fence["mark"], fence["indent"]
        if fence["word"].lower() in _PLAN_WORDS:
            self._where = _Where.BLOCK
            self._held.clear()
        else:
            self._where = _Where.OTHER_BLOCK
            self._held.append(line)
        return ""

    def _in_block(self, line: str) -> str:
        if not self._quote and self._closes(line):
            self._where = _Where.AFTER
            return ""
        if not self._quote:
            line = line.removeprefix(self._indent)
        self._quote = _open_quote(line, self._quote)
        return line

    def _closes(self, line: str) -> bool:
        bare = line.strip()
        return len(bare) >= len(self._fence) and not bare.strip(self._fence[0])

    def _after(self, line: str) -> None:
        fence = _FENCE.fullmatch(line)
        if fence is None:
            return
        self._fence, self._where = fence["mark"], _Where.AFTER_BLOCK
        if fence["word"].lower() in _PLAN_WORDS and not self.problems:
            message = "the answer has more than one fenced block; put the whole plan into one"
            self.problems.append(Problem(0, 0, message))


def _open_quote(line: str, quote: str) -> str:
    """The three quotes in which the line ends, `quote` those in which it began; empty for none.

    Text in three quotes may hold a fence of its own.
    """
    at = 0
    while True:
        if quote:
            end = re.compile(rf"(?:\\.|(?!{quote})[^\\])*{quote}", re.DOTALL).match(line, at)
            if end is None:
                return quote
            at, quote = end.end(), ""
        token = _TOKEN.search(line, at)
        if token is None:
            return ""
        at = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
