"""Which element of a page is meant: a number, a role and name, a label, a text, or CSS."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from butler_tui.core.clean import shortened, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.tools.browser.session import Session

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Frame, Locator

_ROLES = frozenset(
    {
        *("alert", "button", "cell", "checkbox", "combobox", "dialog", "form", "heading", "img"),
        *("link", "listbox", "listitem", "menuitem", "menuitemcheckbox", "menuitemradio"),
        *("option", "radio", "row", "searchbox", "slider", "spinbutton", "switch", "tab"),
        *("textbox", "treeitem"),
    }
)
_ALIKE = {"field": "textbox", "input": "textbox", "select": "combobox", "image": "img"}
_NUMBER = re.compile(r"#(\d{1,6})")
_CSS = re.compile(r"[.#\[>:*=]")
_TAG = re.compile(r"[a-z][a-z0-9-]*")
_MOST_SHOWN = 8
_MOST_LOOKED_AT = 40
_DESCRIBE = """el => [el.tagName.toLowerCase(), el.getAttribute('role') || '',
  el.getAttribute('aria-label') || el.innerText || el.value || el.getAttribute('name') ||
  el.id || '', el.type || '', el.isConnected]"""


@dataclass(frozen=True, slots=True)
class Found:
    """The one element that is meant, and its name for the person."""

    handle: ElementHandle
    frame: Frame
    shown: str


async def find(session: Session, element: str) -> Found:
    """The one visible element that is meant. Raises ToolError `not_found` or `ambiguous`."""
    wanted = element.strip()
    if not wanted or len(wanted) > 500:
        raise ToolError(
            "bad_arguments",
            "Name the element by its number (#3), role and name (button Search), label, text or "
            "CSS.",
        )
    if number := _NUMBER.fullmatch(wanted):
        return await _numbered(session, int(number[1]))
    for frame in session.tab.frames[:10]:
        async for found in _tries(frame, wanted):
            visible = await _visible(found)
            if len(visible) == 1:
                return Found(visible[0], frame, await described(visible[0]))
            if visible:
                raise await _ambiguous(session, wanted, visible)
    raise _not_found(session, wanted)


async def described(handle: ElementHandle) -> str:
    """An element in a few words: `button 'Send'`."""
    tag, role, name, kind, _ = await handle.evaluate(_DESCRIBE)
    if tag == "input" and kind == "password":
        name = await handle.get_attribute("name") or ""
    shown = {"a": "link", "select": "combobox", "textarea": "textbox", "input": kind}.get(tag, tag)
    return f"{role or shown} {shortened(visible_line(name), 60)!r}"


async def _numbered(session: Session, number: int) -> Found:
    known = session.numbers.get(number)
    if known is None:
        raise ToolError(
            "not_found",
            f"No element has the number #{number}; read the page with browser_read, which numbers "
            "them anew.",
        )
    from playwright.async_api import Error

    connected = False
    with suppress(Error):
        connected = bool(await known.handle.evaluate("el => el.isConnected"))
    if not connected:
        raise ToolError(
            "not_found",
            f"#{number} ({known.shown}) is not on the page any more; read the page with "
            "browser_read, which numbers its elements anew.",
        )
    return Found(known.handle, known.frame, f"#{number} {known.shown}")


async def _tries(frame: Frame, wanted: str) -> AsyncIterator[Locator]:
    """What may be meant, the surest first; the next is tried where one finds nothing."""
    first, _, rest = wanted.partition(" ")
    role, name = _ALIKE.get(first.lower(), first.lower()), rest.strip().strip("\"'")
    if role in _ROLES:
        for exact in (True, False):
            if name:
                yield frame.get_by_role(role, name=name, exact=exact)  # type: ignore[arg-type]
        if role == "textbox" and name:
            for exact in (True, False):
                yield frame.get_by_label(name, exact=exact).and_(frame.locator("input,textarea"))
        if not name:
            yield frame.get_by_role(role)  # type: ignore[arg-type]
    for exact in (True, False):
        yield frame.get_by_label(wanted, exact=exact)
        yield frame.get_by_placeholder(wanted, exact=exact)
        for one in ("button", "link", "tab", "menuitem", "option"):
            yield frame.get_by_role(one, name=wanted, exact=exact)  # type: ignore[arg-type]
        yield frame.get_by_text(wanted, exact=exact)
    if _CSS.search(wanted) or _TAG.fullmatch(wanted):
        yield frame.locator(f"css={wanted.removeprefix('css=')}")


async def _visible(found: Locator) -> Sequence[ElementHandle]:
    from playwright.async_api import Error

    handles: list[ElementHandle] = []
    with suppress(Error):  # what is no CSS finds nothing
        handles = await found.element_handles()
    visible: list[ElementHandle] = []
    for one in handles[:_MOST_LOOKED_AT]:
        with suppress(Error):
            if await one.is_visible():
                visible.append(one)
    return visible


async def _ambiguous(session: Session, wanted: str, handles: Sequence[ElementHandle]) -> ToolError:
    shown = [await described(one) for one in handles[:_MOST_SHOWN]]
    for index, one in enumerate(handles[:_MOST_SHOWN]):
        for number, known in session.numbers.items():
            if await one.evaluate("(a, b) => a === b", known.handle):
                shown[index] = f"#{number} {shown[index]}"
                break
    more = f" and {len(handles) - _MOST_SHOWN} more" if len(handles) > _MOST_SHOWN else ""
    return ToolError(
        "ambiguous",
        f"{wanted!r} may be {', '.join(shown)}{more}; name one of them more exactly, or by the "
        "number that browser_read gives it.",
    )


def _not_found(session: Session, wanted: str) -> ToolError:
    from rapidfuzz import process

    names = [one.shown for one in session.numbers.values()]
    near = [str(one[0]) for one in process.extract(wanted, names, limit=3, score_cutoff=60)]
    hint = f" Near it are {', '.join(near)}." if near else ""
    return ToolError(
        "not_found",
        f"Nothing that can be seen on the page is called {shortened(wanted, 80)!r}.{hint} Read the "
        "page with browser_read.",
    )
