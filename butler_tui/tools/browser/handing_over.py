"""What only the person can do on a page (a login, a captcha, a code) is handed over to them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.browser.session import Session
from butler_tui.tools.browser.starting import has_display

if TYPE_CHECKING:
    from playwright.async_api import Frame

GO_ON, STOP = "Go on", "Stop"
_CAPTCHAS = (
    "google.com/recaptcha/",
    "recaptcha.net/recaptcha/",
    "hcaptcha.com/",
    "challenges.cloudflare.com/",
    "arkoselabs.com/",
    "captcha-delivery.com/",
)
_HAS = """() => { const seen = css => [...document.querySelectorAll(css)]
    .some(one => one.checkVisibility({checkVisibilityCSS: true, opacityProperty: true}));
  return seen('input[autocomplete~=one-time-code]') ? 'code'
    : seen('input[type=password]') ? 'login' : ''; }"""
_ASKED = {
    "login": ("wants you to log in", "log in there"),
    "code": ("asks for the code that it sent you", "enter it there"),
    "captcha": ("wants to see that you are human", "solve its puzzle there"),
}


async def wanted_of_person(session: Session) -> str:
    """What the page wants that only the person can do: `login`, `code`, `captcha`, or nothing."""
    from playwright.async_api import Error

    found = ""
    for frame in session.tab.frames[:10]:
        with suppress(Error):
            if await _is_captcha(frame):
                return "captcha"
            found = found or str(await frame.evaluate(_HAS))
    return found


async def hand_over(context: ToolContext, session: Session) -> None:
    """Ask the person where the page wants something that only they can do.

    Asked once for each site and kind. Raises ToolError `stopped` when they say so.
    """
    if context.option("browser.hand_over") == "false":
        return
    kind = await wanted_of_person(session)
    host = urlsplit(session.tab.url).hostname or "The page"
    about = f"{kind} {host}"
    if not kind or about in session.handed_over:
        return
    wants, do = _ASKED[kind]
    if session.headless and has_display():
        context.progress("opening a window")
        with suppress(ToolError):
            await session.show()
    if session.headless:
        picture = await _pictured(context, session)
        how = (
            f"There is no screen for a window here; {picture} shows the page. Choose {GO_ON} if "
            "the plan does without, or fills it in itself."
        )
    else:
        how = f"A window is open: {do}, then choose {GO_ON}."
    answer = await context.ask(f"{host} {wants}. {how}", [GO_ON, STOP])
    if answer != GO_ON:
        raise ToolError("stopped", f"You stopped at {host}, which {wants}.")
    session.handed_over.add(about)
    if not session.headless:
        session.logged_in = session.logged_in or kind != "captcha"
    await session.settle()


async def _pictured(context: ToolContext, session: Session) -> Path:
    from butler_tui.tools.browser.picturing import kept_picture

    return await kept_picture(context, await session.tab.screenshot(type="png"))


async def _is_captcha(frame: Frame) -> bool:
    """A frame of a captcha that can be seen: many pages carry one that only watches."""
    if not any(part in frame.url for part in _CAPTCHAS):
        return False
    element = await frame.frame_element()
    box = await element.bounding_box()
    return (
        box is not None and box["width"] > 100 and box["height"] > 60 and await element.is_visible()
    )
