"""The plan language: text to plan, statement by statement as it streams.

`PlanReader` reads what a model or a person wrote and checks it against the tools;
`read_statement` reads one that was checked before (the journal's). `plan_write` is the inverse.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from butler_tui.core.errors import PlanError, Problem
from butler_tui.core.plan import GIVEN, Plan, Statement
from butler_tui.core.plan_check import MOST_PROBLEMS, Checker, nearest
from butler_tui.core.plan_stream import LONGEST_STATEMENT, Piece, StatementStream
from butler_tui.core.plan_syntax import SyntaxReader
from butler_tui.core.plan_write import write_statement
from butler_tui.core.shapes import Shape
from butler_tui.core.tool import Tool

LONGEST_PLAN = 200_000
"""Characters; a longer answer is refused while it streams."""

MOST_STEPS = 200
"""Calls in one plan, when the settings say nothing else."""

_NAME = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=[^=]")


@dataclass(slots=True)
class PlanReader:
    """Reads a plan as it streams: `feed` returns the statements that closed and fit.

    After the first problem nothing more is returned, so that nothing of a plan that does not fit
    starts; reading goes on to find more problems, and `close` raises them all. `feed` raises them
    at once when reading on makes no sense: the text or a statement is too long, there are too
    many steps or too many problems. `kept` are statements of earlier answers that count: they may
    be referred to, and a statement equal to one of them is that same statement and is not
    returned again. `waiting` are statements that count only where they are restated word for
    word. The ids of both and those in `taken` are given to no other statement. With `continues`
    the text goes on where another broke off: it may be empty, and has no title.
    """

    tools: Mapping[str, Tool]
    given: Mapping[str, Shape] = field(default_factory=lambda: dict[str, Shape](GIVEN))
    kept: Sequence[Statement] = ()
    waiting: Sequence[Statement] = ()
    taken: Collection[str] = ()
    most_steps: int = MOST_STEPS
    title: str = ""
    continues: bool = False
    problems: list[Problem] = field(default_factory=list[Problem])
    plan: Plan = field(default_factory=Plan)
    _stream: StatementStream = field(default_factory=StatementStream)
    _names: dict[str, Shape] = field(default_factory=dict[str, Shape])
    _ids: set[str] = field(default_factory=set[str])
    _kept: dict[str, list[Statement]] = field(default_factory=dict[str, list[Statement]])
    _waiting: dict[str, list[Statement]] = field(default_factory=dict[str, list[Statement]])
    _length: int = 0
    _calls: int = 0
    _first: bool = True

    def __post_init__(self) -> None:
        self._names.update(self.given)
        self._ids.update(self.taken)
        for statement in self.waiting:
            self._ids.add(statement.id)
            self._waiting.setdefault(_bare(statement), []).append(statement)
        for statement in self.kept:
            self._ids.add(statement.id)
            self._calls += sum(1 for _ in statement.calls())
            self._kept.setdefault(_bare(statement), []).append(statement)
            shape = Checker(self.tools, self._names).check(statement)
            if statement.name is not None:
                self._names[statement.name] = shape

    @property
    def so_far(self) -> Plan:
        """What was kept and what was read of it, in order."""
        known = {one.id for one in self.kept}
        read = (one for one in self.plan.statements if one.id not in known)
        return Plan((*self.kept, *read), self.plan.title or self.title)

    def feed(self, text: str) -> list[Statement]:
        """The statements that `text` closes."""
        self._length += len(text)
        if self._length > LONGEST_PLAN:
            message = f"the plan is longer than {LONGEST_PLAN:,} characters; write a shorter one"
            self.problems.append(Problem(0, 0, message))
            raise PlanError(self.problems)
        return self._take(self._stream.feed(text))

    def close(self) -> list[Statement]:
        """The last statements; raises PlanError with every problem of the whole text."""
        closed = self._take(self._stream.close())
        if not self.plan.statements and not self.problems and not self.continues:
            self.problems.append(
                Problem(0, 0, "the plan is empty; write at least one call, such as answer(text)")
            )
        if self.problems:
            raise PlanError(self.problems)
        return closed

    def _take(self, pieces: Sequence[Piece]) -> list[Statement]:
        made = [statement for piece in pieces if (statement := self._piece(piece)) is not None]
        return [] if self.problems else made

    def _piece(self, piece: Piece) -> Statement | None:
        first, self._first = self._first, False
        if not piece.whole:
            most = f"{LONGEST_STATEMENT:,} characters"
            self._problem(piece, f"a statement is longer than {most}; write it shorter")
            raise PlanError(self.problems)
        if not piece.text.strip():
            if first and piece.comment is not None and not self.continues:
                self.title = clean_title(piece.comment)
                self.plan = Plan((), self.title)
            return None
        statement = self._statement(piece)
        if len(self.problems) >= MOST_PROBLEMS:
            raise PlanError(self.problems)
        return statement

    def _statement(self, piece: Piece) -> Statement | None:
        reader = SyntaxReader(self._signature, self._new_id, self._no_tool)
        read = reader.read(piece.text, piece.line)
        if read is None:
            self.problems.extend(reader.problems)
            self._name_anyway(piece.text)
            return None
        statement = Statement(reader.id, read.name, read.doing, clean_title(piece.comment or ""))
        if twins := self._kept.get(_bare(statement)):
            self.plan = self.plan.with_statement(twins.pop(0))
            return None
        if twins := self._waiting.get(_bare(statement)):
            statement = twins.pop(0)
            self._check(piece, statement)
            self.plan = self.plan.with_statement(statement)
            return None
        self._check(piece, statement)
        self._ids.add(statement.id)
        self.plan = self.plan.with_statement(statement)
        return statement

    def _check(self, piece: Piece, statement: Statement) -> None:
        checker = Checker(self.tools, self._names)
        shape = checker.check(statement)
        for problem in checker.problems:
            self._problem(piece, problem)
        if (name := statement.name) is not None:
            if name in self.tools:
                self._problem(piece, f"{name} is a tool's name; use another name")
            elif name in self._names:
                self._problem(piece, f"the name {name} is already given; use another name")
            self._names[name] = shape
        self._calls += sum(1 for _ in statement.calls())
        if self._calls > self.most_steps:
            self._problem(
                piece,
                f"the plan has more than {self.most_steps} steps; "
                "use [tool(x) for x in values], or plan less at once",
            )
            raise PlanError(self.problems)

    def _problem(self, piece: Piece, message: str) -> None:
        self.problems.append(Problem(piece.line, 1, message))

    def _name_anyway(self, text: str) -> None:
        """A refused statement's name is known all the same, so that one fault is told once."""
        if found := _NAME.match(text):
            self._names.setdefault(found.group(1), None)

    def _signature(self, tool: str) -> Sequence[str] | None:
        found = self.tools.get(tool)
        return None if found is None else found.names

    def _no_tool(self, tool: str) -> str:
        first = tool.split(".")[0]
        if "." in tool and first in self._names:
            return f"{first} is a value and has no methods; call a tool by its name"
        instead = nearest(tool, list(self.tools)) or "; use one of the tools you were given"
        return f"there is no tool {tool[:100]}{instead}"

    def _new_id(self, base: str) -> str:
        taken = self._ids | self._names.keys()
        number, made = 2, base
        while made in taken:
            number, made = number + 1, f"{base}_{number}"
        return made


def _bare(statement: Statement) -> str:
    return write_statement(statement, title=False)


def clean_title(comment: str) -> str:
    """A comment as a title: one line, no leading hash, at most 120 characters."""
    words = " ".join("".join(char if char.isprintable() else " " for char in comment).split())
    return words.lstrip("# ")[:120].rstrip()


def read_plan(
    text: str,
    tools: Mapping[str, Tool],
    given: Mapping[str, Shape] | None = None,
    most_steps: int = MOST_STEPS,
) -> Plan:
    """A whole plan's text, checked; raises PlanError with every problem."""
    reader = PlanReader(tools, {**GIVEN, **(given or {})}, most_steps=most_steps)
    reader.feed(text)
    reader.close()
    return reader.plan


def read_statement(text: str, step: str, signatures: Mapping[str, Sequence[str]]) -> Statement:
    """One statement from the journal, where it was checked already: only its text is read.

    `signatures` has the argument names of the tools it calls by position; others are taken as
    they stand. Raises PlanError.
    """
    pieces = [
        piece for stream in [StatementStream()] for piece in (*stream.feed(text), *stream.close())
    ]
    reader = SyntaxReader(lambda tool: signatures.get(tool, ()), lambda _base: step)
    read = reader.read(pieces[0].text, pieces[0].line) if len(pieces) == 1 else None
    if read is None:
        raise PlanError(reader.problems or [Problem(0, 0, "this is not one statement")])
    return Statement(step, read.name, read.doing, clean_title(pieces[0].comment or ""))


def signatures_of(statement: Statement, tools: Mapping[str, Tool]) -> dict[str, list[str]]:
    """What `read_statement` needs to read this statement again: names of positional arguments."""
    return {
        call.tool: list(tools[call.tool].names) for call in statement.calls() if call.positional
    }
