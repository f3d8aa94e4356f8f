"""One statement's text as a syntax tree, and where in the text its parts stand.

The text is parsed with `ast` and never compiled or evaluated.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field

from butler_tui.core.plan_refusals import RefusedError

_ELSE = " else None"
_MISSING_ELSE = "expected 'else' after 'if' expression"
_MOST_PARSED = 200_000
"""Characters read again and again while `else None` is put where it is missing."""

_MOST_BRACES = 2_000
"""In a statement with f-strings; Python's time for these grows with the square of their parts."""

_FSTRING = re.compile(r"""[fF][rR]?["']""")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_UNFOLDED = "\u02ac"  # a letter that Python does not fold to a plain one


@dataclass(slots=True)
class StatementSource:
    """The text of one statement. An `if` without `else` is read as if it had `else None`."""

    text: str
    _given: str = field(init=False)
    _added: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def __post_init__(self) -> None:
        self._given = self.text

    def tree(self) -> ast.stmt:
        """The statement's tree; raises RefusedError, or what `ast.parse` raises."""
        if found := _NOT_TEXT.search(self.text):
            before = self.text[: found.start()]
            where = (before.count("\n") + 1, len(before) - before.rfind("\n"))
            raise RefusedError(where, f"leave the character U+{ord(found.group()):04X} out")
        if self.text.count("{") > _MOST_BRACES and _FSTRING.search(self.text):
            raise RefusedError(None, "an f-string has too many parts; use fewer, or a list")
        body = self._parsed().body
        if len(body) != 1:
            raise RefusedError(body[1] if body else None, "write one statement a line")
        self._hold_plain_names(body[0])
        return body[0]

    def place(self, where: ast.AST | tuple[int, int] | None) -> tuple[int, int]:
        """The row and column of a part of the tree, both counted from 1, in the text as given."""
        if isinstance(where, tuple):
            row, column = where
        else:
            row = min(getattr(where, "lineno", 1), self.text.count("\n") + 1)
            line = self.text.split("\n")[row - 1].encode()
            column = len(line[: getattr(where, "col_offset", 0)].decode(errors="ignore")) + 1
        for added_row, added_column in reversed(self._added):
            if row == added_row and column > added_column:
                column = max(added_column, column - len(_ELSE))
        return row, column

    def _parsed(self) -> ast.Module:
        for _ in range(1 + _MOST_PARSED // (len(self.text) + 5_000)):
            try:
                return _parse(self.text)
            except SyntaxError as error:
                if error.msg != _MISSING_ELSE:
                    raise
                self._add_else()
        raise RefusedError(None, "too many conditions in one statement; use a line for each")

    def _add_else(self) -> None:
        # Python's columns are right in one line of plain text only, so it is asked about such a
        # twin of the text, in which everything stands at the same place.
        try:
            _parse(_NOT_ASCII.sub("x", self.text.replace("\\\n", "  ").replace("\n", " ")))
        except SyntaxError as error:
            at = (error.end_offset or 1) - 1
            before, after = self.text[:at], self.text[at:]
            self.text = before + _ELSE + after
            self._added.append((before.count("\n") + 1, at - before.rfind("\n")))

    def _hold_plain_names(self, statement: ast.stmt) -> None:
        """Python folds look-alike letters in names (PEP 3131), so a name must be plain already.

        In a twin of the text whose letters do not fold, names that are not plain stand out,
        wherever they are.
        """
        if self.text.isascii():
            return
        twin = _parse(_NOT_ASCII.sub(_UNFOLDED, self.text)).body[0]
        for node, other in zip(ast.walk(statement), ast.walk(twin), strict=False):
            for field_name in ("id", "attr", "arg"):
                name = getattr(other, field_name, None)
                if isinstance(name, str) and not name.isascii():
                    raise RefusedError(
                        node, "a name has plain letters a to z, digits and _ only; use another"
                    )


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
