"""A page as a model can read it: its text in order, its interactive elements numbered.

The page is walked once by a function of Butler's own in it: the library's tree takes half a minute
for a page of twenty thousand elements, this one a moment, and no password leaves the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from butler_tui.core.clean import shortened, visible, visible_line
from butler_tui.tools.browser import faults
from butler_tui.tools.browser.session import Numbered, Session

if TYPE_CHECKING:
    from playwright.async_api import Frame

MOST_ELEMENTS = 300
MOST_TEXT = 16_000
_MOST_FRAMES = 10
_DOTS = "••••••"


class Element(BaseModel):
    """Something on a page that can be acted on; `number` names it until the page is read again."""

    number: int
    role: str
    name: str
    value: str = ""


class Page(BaseModel):
    """A page in the browser: `text` has its content with the elements' numbers, as in `[#3]`."""

    text: str
    url: str
    title: str
    elements: list[Element]


async def seen(session: Session) -> Page:
    """The tab in front as it is now, with what happened meanwhile said first."""
    with faults.telling("reading the page"):
        read = await _Reading(session).whole()
    lines = [f"({note})" for note in _taken(session)]
    if len(session.tabs) > 1:
        lines.append(f"({len(session.tabs)} tabs are open; this is the one in front.)")
    text = "\n".join([*lines, *read.lines])
    page = Page(
        text=_hidden(session, visible(text)),
        url=session.tab.url,
        title=_hidden(session, visible_line(read.title)),
        elements=read.elements,
    )
    for one in page.elements:
        one.value = _hidden(session, one.value)
    return page


class _Reading:
    """One reading of a tab, with all its frames."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.lines: list[str] = []
        self.elements: list[Element] = []
        self.title = ""
        self.left = self.left_text = self.size = 0

    async def whole(self) -> _Reading:
        from playwright.async_api import Error

        session = self.session
        session.numbers.clear()
        frames = session.tab.frames
        for frame in frames[:_MOST_FRAMES]:
            if frame is session.tab.main_frame:
                await self._frame(frame)
            else:
                with suppress(Error):  # a frame may be gone by now
                    await self._frame(frame)
        self._say_left(len(frames))
        return self

    async def _frame(self, frame: Frame) -> None:
        limits = {
            "items": max(0, MOST_ELEMENTS - len(self.elements)),
            "text": max(0, MOST_TEXT - self.size),
        }
        result = await frame.evaluate_handle(_script(), limits)
        try:
            found = await result.evaluate("({elements, ...rest}) => rest")
            handles = await (await result.get_property("elements")).get_properties()
        finally:
            await result.dispose()
        if not self.title:
            self.title = found["title"]
        self.left += found["left"]
        self.left_text += found["leftText"]
        if frame.parent_frame is not None and found["parts"]:
            self.lines.append(f"(in a frame from {shortened(frame.url, 120)}:)")
        for part in found["parts"]:
            if isinstance(part, str):
                self.size += len(part)
                self.lines.append(part)
                continue
            handle = handles[str(part)].as_element()
            if handle is not None:
                self._number(found["items"][part], Numbered(handle, frame, ""))

    def _number(self, item: Mapping[str, Any], known: Numbered) -> None:
        number = len(self.elements) + 1
        role, name = str(item["role"]), visible_line(str(item["name"]))
        value = visible_line(str(item["value"]))
        self.elements.append(Element(number=number, role=role, name=name, value=value))
        shown = f"{role} {name!r}" if name else role
        self.session.numbers[number] = Numbered(known.handle, known.frame, shown)
        self.lines.append(f"[#{number}] {shown}{''.join(_details(item, value))}")

    def _say_left(self, frames: int) -> None:
        told: list[str] = []
        if self.left:
            told.append(f"{self.left:,} more elements that can be acted on")
        if self.left_text:
            told.append(f"{self.left_text:,} more characters of text")
        if frames > _MOST_FRAMES:
            told.append(f"{frames - _MOST_FRAMES} more frames")
        if told:
            self.lines.append(
                f"(The page is longer: left out are {', '.join(told)}; an element that is left out "
                "can still be named by its role and name, label, text or CSS.)"
            )


def _details(item: Mapping[str, Any], value: str) -> Iterator[str]:
    if value:
        yield f" = {value}"
    if item.get("options"):
        yield f" (of: {', '.join(visible_line(one) for one in item['options'])})"
    if item.get("state"):
        yield f" ({item['state']})"


def _taken(session: Session) -> list[str]:
    notes, session.notes = session.notes, []
    return notes


def _hidden(session: Session, text: str) -> str:
    """The text without the secrets that were filled in."""
    for value in session.secrets.values():
        text = text.replace(value, _DOTS)
    return text


@lru_cache(maxsize=1)
def _script() -> str:
    return (Path(__file__).parent / "snapshot.js").read_text(encoding="utf-8")
