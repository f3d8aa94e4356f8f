"""CSV as people have it: its delimiter, its decimal mark, and records whose text stays as it is."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 10_000_000
_SAMPLED = 200

_COMMA_NUMBER = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+),\d+")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a CSV file: its cells, and the text they stand in, with its line end."""

    cells: tuple[str, ...]
    raw: str


def delimiter_of(text: str, suffix: str = "") -> str:
    """The delimiter that parts the first records most evenly; a tab in a .tsv file."""
    if suffix.lower() in (".tsv", ".tab"):
        return "\t"
    sample = text[:65_536]
    scores = {one: _evenness(sample, one) for one in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: scores[one])
    return best if scores[best] > (0.0, 0) else ","


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """The share of records that have the most common width, if above one, and that width."""
    widths: Counter[int] = Counter()
    for number, record in enumerate(records(sample, delimiter)):
        if number == _SAMPLED:
            break
        if any(record.cells):
            widths[len(record.cells)] += 1
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return (count / widths.total(), width) if width > 1 else (0.0, 0)


def records(text: str, delimiter: str) -> Iterator[Record]:
    """Every record in order; joined, their `raw` is the text. Raises ToolError `bad_table`."""
    lines = io.StringIO(text, newline="").readlines()
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, delimiter=delimiter)
    start = 0
    try:
        for cells in reader:
            raw = "".join(lines[start : reader.line_num])
            start = reader.line_num
            yield Record(tuple(cells), raw)
    except csv.Error as error:
        raise ToolError(
            "bad_table", f"Line {reader.line_num} cannot be read as CSV: {error}."
        ) from error


def uses_comma(cells: Sequence[str]) -> bool:
    """True when numbers among the cells have a decimal comma (`1.234,50`)."""
    return any(_COMMA_NUMBER.fullmatch(cell.strip()) for cell in cells)


@dataclass(frozen=True, slots=True)
class Style:
    """How a file writes its records."""

    delimiter: str
    line_end: str
    quotes_all: bool
    decimal_comma: bool

    def write(self, cells: Sequence[str]) -> str:
        """One record as text, with its line end."""
        out = io.StringIO()
        quoting = csv.QUOTE_ALL if self.quotes_all else csv.QUOTE_MINIMAL
        # Told that \r\n ends a line, the writer quotes cells that hold either of the two.
        csv.writer(out, delimiter=self.delimiter, quoting=quoting).writerow(cells)
        return out.getvalue().removesuffix("\r\n") + self.line_end

    def cell(self, value: Json) -> str:
        """A value as text in this file: None is empty, numbers with its decimal mark."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            text = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
            return text.replace(".", ",") if self.decimal_comma else text
        return str(value)


PLAIN = Style(",", "\n", quotes_all=False, decimal_comma=False)


def style_of(found: Sequence[Record], delimiter: str) -> Style:
    """How the records are written, so that a new one looks like them."""
    ends = Counter(one.raw[len(one.raw.rstrip("\r\n")) :] for one in found)
    ends.pop("", None)
    line_end = next((end for end, _ in ends.most_common(1)), "\n")
    full = [one for one in found[:_SAMPLED] if any(one.cells)]
    return Style(
        delimiter,
        line_end if line_end in ("\n", "\r\n", "\r") else "\n",
        quotes_all=bool(full) and all(_is_quoted(one, delimiter) for one in full),
        decimal_comma=delimiter != "," and any(uses_comma(one.cells) for one in full),
    )


def _is_quoted(record: Record, delimiter: str) -> bool:
    """True when every cell of the record stands in quotes."""
    quoted = delimiter.join('"' + cell.replace('"', '""') + '"' for cell in record.cells)
    return record.raw.rstrip("\r\n") == quoted
