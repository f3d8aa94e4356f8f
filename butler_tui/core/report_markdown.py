"""A report as Markdown, in which no text from outside is anything but text.

What tools, models and files brought is escaped where it stands in a line, and fenced where it is
long: it makes no link, picture, heading or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from butler_tui.core.clean import visible, visible_line
from butler_tui.core.report import Line, Mark, Report
from butler_tui.core.report_ahead import Ahead, Matter, place
from butler_tui.core.reviewing import in_words

_HEADINGS: dict[Mark, str] = {
    "would": "What would be done",
    "verified": "Done and verified",
    "unverified": "Done, not verified",
    "failed": "Failed",
    "unknown": "May have happened: check before you repeat it",
    "undone": "Undone",
    "denied": "Denied",
    "taken back": "Taken back before it was sent",
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
    yield from _ahead(report.ahead)
    yield from _listed("How the plan changed", report.history)
    yield from _listed("Review", [in_words(one) for one in report.reviews])
    for heading, text in (
        ("Error", report.error),
        (_answer_heading(report), report.answer),
    ):
        if text:
            yield ""
            yield f"## {heading}"
            yield ""
            yield from fenced(text)


def _answer_heading(report: Report) -> str:
    if report.rehearsed:
        return "Would say, though nothing was done"
    return "Answer" if report.status.over else "Said so far"


def _facts(report: Report) -> Iterator[str]:
    because = f" ({escaped(report.because)})" if report.because else ""
    yield f"- Status: {escaped(report.standing)}{because}"
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
    if all(one.mark == "waiting" for one in report.lines):
        yield ""
        yield f"Nothing was changed, sent or run{'' if report.status.over else ' so far'}."


def _ahead(ahead: Ahead) -> Iterator[str]:
    """What an open run has looked at, what waits for the person, and what would come."""
    for heading, matters in (
        ("Looked at so far", ahead.looked),
        ("Waits for you", ahead.waiting),
        ("Would come", ahead.coming),
    ):
        if matters:
            yield ""
            yield f"## {heading}"
            yield ""
            yield from (line for one in matters for line in _matter(one))


def _listed(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """A section of what people and models said, beside what code found."""
    if lines:
        yield ""
        yield f"## {heading}"
        yield ""
        yield from (f"- {escaped(one)}" for one in lines)


def _matter(one: Matter) -> Iterator[str]:
    detail = f" — {escaped(one.detail)}" if one.detail else ""
    yield f"- {escaped(place(one.step, one.item))}: {escaped(one.summary)}{detail}"
    if one.how:
        yield f"  - {escaped(one.how)}"


def _entry(line: Line) -> Iterator[str]:
    detail = f" — {escaped(line.detail)}" if line.detail else ""
    yield f"- {escaped(place(line.step, line.item))}: {escaped(line.summary)}{detail}"
    yield from (f"  - {_link(path)}" for path in line.files)
    if line.preview:
        yield ""
        yield from (f"  {one}" for one in fenced(line.preview))
        yield ""


def _link(path: str) -> str:
    if not path.startswith("/"):
        return escaped(path)
    return f"[{escaped(path)}](file://{quote(path, errors='surrogateescape')})"


_PLAIN_LINK = re.compile(
    r"(?<![^\s(=\"'“])https?://(?!xn--)[a-z0-9-]+(?:\.(?!xn--)[a-z0-9-]+)*(?::\d+)?"
    r"(?:[/?][\w./?=&%+~-]*[\w/=])?(?=[\s,.;:!?)\"'”]*(?:\s|$))",
    re.IGNORECASE | re.ASCII,
)
_SPECIAL = re.compile(r"[\\`*_\[\]<>()#|~&!@$^{}]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_FIRST = re.compile(r"^([-+=]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """The text in one line, with nothing in it that Markdown reads as more than text.

    But an address that says in plain letters where it leads, and nothing else, is a link.
    """
    line = visible_line(text).strip()
    made: list[str] = []
    end = 0
    for found in _PLAIN_LINK.finditer(line):
        made += [_text(line[end : found.start()]), f"<{found.group()}>"]
        end = found.end()
    return _FIRST.sub(_shielded, "".join([*made, _text(line[end:])]))


def _text(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found.group()}", text)


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
