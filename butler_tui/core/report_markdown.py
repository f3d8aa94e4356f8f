"""A report as Markdown, in which no text from outside is anything but text.

What tools, models and files brought is escaped where it stands in a line, and fenced where it is
long: it makes no link, picture, heading or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from butler_tui.core.clean import visible, visible_line
from butler_tui.core.report import Line, Mark, Report

_HEADINGS: dict[Mark, str] = {
    "would": "What would be done",
    "verified": "Done and verified",
    "unverified": "Done, not verified",
    "failed": "Failed",
    "unknown": "May have happened: check before you repeat it",
    "undone": "Undone",
    "denied": "Denied",
    "taken back": "Taken back before it was sent",
    "waiting": "Waits for you",
    "skipped": "Skipped",
}


def as_markdown(report: Report) -> str:
    """The report as one Markdown document."""
    return "\n".join(_document(report)) + "\n"


def _document(report: Report) -> Iterator[str]:
    yield f"# {'Rehearsal' if report.rehearsed else 'Report'} of run {escaped(report.run)}"
    yield ""
    yield "## Asked for"
    yield ""
    yield from fenced(report.goal)
    yield ""
    yield from _facts(report)
    if report.rehearsed:
        yield ""
        yield "Observing and fetching were carried out; everything else was only previewed."
    yield from _sections(report)
    for heading, text in (
        ("Error", report.error),
        ("Would say, though nothing was done" if report.rehearsed else "Answer", report.answer),
    ):
        if text:
            yield ""
            yield f"## {heading}"
            yield ""
            yield from fenced(text)


def _facts(report: Report) -> Iterator[str]:
    because = f" ({escaped(report.because)})" if report.because else ""
    yield f"- Status: {report.status}{because}"
    if report.begun is not None:
        end = f" to {report.ended:%Y-%m-%d %H:%M:%S}" if report.ended else ""
        yield f"- When: {report.begun:%Y-%m-%d %H:%M:%S}{end} UTC"
    yield f"- Folder: {escaped(report.folder)}"
    if report.cost:
        yield f"- Cost: {escaped(report.cost)}, with {escaped(report.model or 'several models')}"
    else:
        yield "- Cost: none, no model was called"


def _sections(report: Report) -> Iterator[str]:
    for mark, heading in _HEADINGS.items():
        lines = [one for one in report.lines if one.mark == mark]
        if not lines:
            continue
        yield ""
        yield f"## {heading}"
        yield ""
        for one in lines:
            yield from _entry(one)
    if not report.lines:
        yield ""
        yield "Nothing was changed, sent or run."


def _entry(line: Line) -> Iterator[str]:
    place = f"{line.step}{list(line.item)}" if line.item else line.step
    detail = f" — {escaped(line.detail)}" if line.detail else ""
    yield f"- {escaped(place)}: {escaped(line.summary)}{detail}"
    yield from (f"  - {_link(path)}" for path in line.files)
    if line.preview:
        yield ""
        yield from (f"  {one}" for one in fenced(line.preview))
        yield ""


def _link(path: str) -> str:
    if not path.startswith("/"):
        return escaped(path)
    return f"[{escaped(path)}](file://{quote(path, errors='surrogateescape')})"


_SPECIAL = re.compile(r"[\\`*_\[\]<>()#|~&!@$^{}]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_FIRST = re.compile(r"^([-+=]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """The text in one line, with nothing in it that Markdown reads as more than text."""
    line = visible_line(text).strip()
    safe = _SPECIAL.sub(lambda found: f"\\{found.group()}", line)
    return _FIRST.sub(_shielded, safe)


def _shielded(found: re.Match[str]) -> str:
    first = found.group()
    return f"{first}\\" if first[0].isdigit() else f"\\{first}"


def fenced(text: str) -> Iterator[str]:
    """The text as a block of code whose fence nothing in the text can close."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from re.split(r"\r\n|\n", shown)
    yield fence
