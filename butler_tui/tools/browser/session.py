"""The browser of one run: its tabs, what happened in it meanwhile, and its end."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, meant_origins, origin_of
from butler_tui.tools.browser import faults
from butler_tui.tools.browser.gateway import Gateway
from butler_tui.tools.browser.programs import INSTALL, find_program
from butler_tui.tools.browser.starting import PREFIX, end_processes, launched

if TYPE_CHECKING:
    from playwright.async_api import (
        BrowserContext,
        Dialog,
        Download,
        ElementHandle,
        Frame,
        Page,
        Playwright,
        Request,
        Response,
    )

    from butler_tui.tools.browser.logins import Logins

NAME = "browser"
"""Under which a run's browser is kept."""

OPEN_SECONDS = 45.0
ACT_SECONDS = 15.0
_LOADING_SECONDS = 8.0
_BUSY_SECONDS = 3.0
_CLOSE_SECONDS = 8.0
_MOST_NOTES = 20
_MOST_TRIES = 7
_BY_GATEWAY = ("ERR_TUNNEL_CONNECTION_FAILED", "ERR_HTTP_RESPONSE_CODE_FAILURE")
"""How the browser says that the gateway refused a connection."""

_WAITED_FOR = frozenset({"document", "xhr", "fetch", "script", "stylesheet"})
_QUIET = """() => new Promise(done => {
  let timer = setTimeout(done, 60);
  const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, 60); });
  watch.observe(document, {childList: true, subtree: true, attributes: true, characterData: true});
  setTimeout(() => { watch.disconnect(); done(); }, 1000);
})"""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An element that a reading of the page gave a number."""

    handle: ElementHandle
    frame: Frame
    shown: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a site answered while something was done."""

    method: str
    url: str
    status: int


@dataclass  # without slots: the library keeps what it wraps on whoever listens
class Session:
    """A running browser and what is known of it; made by `session_of`."""

    playwright: Playwright
    gateway: Gateway
    program: str
    folder: Path
    profile: Path
    headless: bool
    logins: Logins
    proxy: str = ""
    context: BrowserContext | None = None
    page: Page | None = None
    ended: bool = False
    closing: bool = False
    leaving: bool = False
    logged_in: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    numbers: dict[int, Numbered] = field(default_factory=dict[int, Numbered])
    notes: list[str] = field(default_factory=list[str])
    downloads: list[Download] = field(default_factory=list[Any])
    answers: list[Answered] = field(default_factory=list[Answered])
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    handed_over: set[str] = field(default_factory=set[str])
    previewed: dict[str, str] = field(default_factory=dict[str, str])
    _pending: set[Request] = field(default_factory=set[Any])

    async def start(self) -> None:
        """Start the browser, with a window if it is not headless."""
        self.context = await launched(
            self.playwright,
            self.program,
            self.profile,
            headless=self.headless,
            proxy=self.proxy,
            downloads=self.folder / "downloads",
        )
        self._listen(self.context)
        self.context.set_default_timeout(ACT_SECONDS * 1000)
        self.ended = False
        self.page = self.context.pages[0] if self.context.pages else await self.context.new_page()
        self._meet(self.page)
        await self.logins.bring_in(self.context)

    async def close(self) -> None:
        """End the browser and everything it started; its own profile goes with it."""
        await self._save_logins()
        self.closing = True
        await self._end_browser()
        await self.gateway.close()
        with suppress(Exception):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.playwright.stop()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def show(self) -> None:
        """Start the browser anew with a window, on the same page and with what sites stored."""
        assert self.context is not None  # noqa: S101  (a session is started before it is used)
        where = self.page.url if self.page is not None else "about:blank"
        state = await self.context.storage_state()
        self.closing = True
        await self._end_browser()
        self.closing, self.headless = False, False
        await self.start()
        await self.context.add_cookies(state.get("cookies", []))  # type: ignore[arg-type]
        await self.tab.goto(where, wait_until="domcontentloaded")

    @property
    def tab(self) -> Page:
        """The tab in front; raises ToolError `browser_gone`."""
        if self.ended or self.page is None:
            raise faults.gone()
        return self.page

    @property
    def tabs(self) -> list[Page]:
        """Every tab."""
        return [] if self.context is None else self.context.pages

    def note(self, text: str) -> None:
        """Keep a sentence for the next output."""
        if len(self.notes) < _MOST_NOTES and text not in self.notes:
            self.notes.append(text)

    async def goto(self, url: str) -> int | None:
        """Open an address in the tab in front; the answer's status. Raises ToolError."""
        from playwright.async_api import Error

        origin = origin_of(checked_url(url))
        self.gateway.private = self.gateway.is_meant(origin)
        self.gateway.refused.clear()
        self.leaving = True
        try:
            answer = await self._go(url)
        except Error as error:
            await self._blank()
            raise self._refusal(url, error) or faults.of_address(url, error) from error
        finally:
            self.leaving = False
            self.downloads.clear()
        if (
            answer is not None
            and answer.status == 403
            and (why := self.gateway.refusal_for(answer.url))
        ):
            raise why
        await self.settle()
        return answer.status if answer is not None else None

    async def settle(self) -> None:
        """Wait until the page has loaded and changes no more, or for some seconds at most."""
        from playwright.async_api import Error

        loop = asyncio.get_running_loop()
        begun = loop.time()
        while loop.time() - begun < _LOADING_SECONDS:
            try:
                async with asyncio.timeout(_LOADING_SECONDS):
                    await self.tab.evaluate(_QUIET)
            except (Error, TimeoutError) as error:
                if self.ended or faults.is_end(error):
                    break
                await asyncio.sleep(0.05)  # it went to another page while it was looked at
                continue
            pending = {one.resource_type for one in self._pending}
            if not pending or ("document" not in pending and loop.time() - begun > _BUSY_SECONDS):
                break
        if self.ended:
            raise faults.gone()

    def refusal(self) -> ToolError | None:
        """Why the page in front could not be reached, if the gateway refused it."""
        if self.page is None or not self.page.url.startswith(("http", "chrome-error:")):
            return None
        return next(iter(self.gateway.refused.values()), None)

    async def _go(self, url: str) -> Response | None:
        from playwright.async_api import Error

        milliseconds = OPEN_SECONDS * 1000
        for number in range(_MOST_TRIES):
            try:
                return await self.tab.goto(url, wait_until="domcontentloaded", timeout=milliseconds)
            except Error as error:
                # The error page of what failed, or was given up, before may come up only now.
                if "interrupted by another navigation" not in str(error):
                    raise
            await self._blank(after=0.1 * 2**number)
        raise ToolError("not_opened", f"{url} could not be opened: the tab goes elsewhere.")

    async def _blank(self, after: float = 0.1) -> None:
        """Leave for an empty page, once what was under way had so many seconds to end."""
        from playwright.async_api import Error

        await asyncio.sleep(after)
        with suppress(Error):
            await self.tab.goto("about:blank", timeout=5000)

    def _refusal(self, url: str, error: Exception) -> ToolError | None:
        """Why the url, or where it led to, was refused by the gateway."""
        if any(one in str(error) for one in _BY_GATEWAY) and self.gateway.refused:
            return list(self.gateway.refused.values())[-1]
        return self.gateway.refusal_for(url)

    def _listen(self, context: BrowserContext) -> None:
        context.on("page", self._meet_new)
        context.on("close", self._gone)
        context.on("dialog", self._dismiss)
        context.on("request", self._asked)
        context.on("requestfinished", self._done)
        context.on("requestfailed", self._done)
        context.on("response", self._answered)

    def _asked(self, request: Request) -> None:
        if request.resource_type in _WAITED_FOR:
            self._pending.add(request)

    def _done(self, request: Request) -> None:
        self._pending.discard(request)

    def _receive(self, download: Download) -> None:
        self.downloads.append(download)

    def _answered(self, answer: Response) -> None:
        if answer.request.resource_type in ("document", "xhr", "fetch"):
            one = Answered(answer.request.method, answer.url, answer.status)
            self.answers = [*self.answers[-50:], one]

    def _meet_new(self, page: Page) -> None:
        if page is self.page or self.context is None or page is self.context.pages[0]:
            return
        self._meet(page)
        self.page = page
        self.note("The page opened a new tab, which is in front now.")

    def _meet(self, page: Page) -> None:
        page.on("crash", lambda _page: self._gone())
        page.on("download", self._receive)
        page.on("close", self._closed)
        page.on("framenavigated", self._went)

    def _closed(self, page: Page) -> None:
        if page is self.page and self.context is not None and not self.closing:
            left = [one for one in self.context.pages if one is not page]
            self.page = left[-1] if left else None
            self.note("The tab in front closed itself.")

    def _went(self, frame: Frame) -> None:
        """A stranger's page in a tab is led to no private address, even one that is allowed."""
        if frame.parent_frame is None and frame.url.startswith("http"):
            with suppress(ToolError):
                if not self.gateway.is_meant(origin_of(checked_url(frame.url))):
                    self.gateway.private = False

    async def _dismiss(self, dialog: Dialog) -> None:
        from playwright.async_api import Error

        with suppress(Error):
            if dialog.type == "beforeunload" and self.leaving:
                await dialog.accept()
                return
            await dialog.dismiss()
        said = shortened(dialog.message, 300)
        kind = "wanted to keep its reader from leaving" if dialog.type == "beforeunload" else "said"
        self.note(f"The page {kind} ({dialog.type}, dismissed): {said or 'nothing'}")

    def _gone(self, *_: object) -> None:
        if not self.closing:
            self.ended = True

    async def _save_logins(self) -> None:
        if self.context is not None and not self.ended:
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self.logins.save(self.context)

    async def _end_browser(self) -> None:
        context, self.context = self.context, None
        self.numbers.clear()
        self._pending.clear()
        if context is not None:
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await context.close()
        await asyncio.to_thread(end_processes, self.profile)


def session_in(context: ToolContext) -> Session:
    """The run's browser. Raises ToolError `nothing_open`, or `browser_gone` after a crash."""
    session: Session | None = context.scope.get(NAME)
    if session is None:
        raise faults.nothing_open()
    if session.ended:
        raise faults.gone()
    return session


async def session_of(context: ToolContext) -> Session:
    """The run's browser, started if there is none or if it has ended unexpectedly."""
    found: Session | None = context.scope.get(NAME)
    ended = found is not None and found.ended
    if ended:
        await context.scope.drop(NAME)
    session = await context.scope.keep(NAME, lambda: _started(context))
    session.gateway.meant = meant_origins(context.origins)
    if ended:
        session.note("The browser had ended unexpectedly, so a new one was started.")
    return session


async def _started(context: ToolContext) -> Session:
    program = find_program(context.option("browser.program"))
    if program is None:
        message = f"No Chrome, Chromium or Edge is installed; `{INSTALL}` installs one."
        raise ToolError("not_ready", message)
    headless = context.option("browser.headless") != "false"
    profile = context.option("browser.profile")
    from butler_tui.tools.browser.logins import Logins

    logins = Logins.of(context)
    return await started(
        program,
        meant_origins(context.origins),
        headless,
        Path(profile) if profile else None,
        logins,
    )


async def started(
    program: str,
    meant: frozenset[str],
    headless: bool,
    profile: Path | None,
    logins: Logins,
) -> Session:
    """A browser that runs; whatever was begun is ended when it cannot be started."""
    from playwright.async_api import async_playwright

    from butler_tui.tools.guard import system_resolver

    gateway = Gateway(meant, system_resolver)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=PREFIX))
    # What drives the browser is another process: it is seen to its start even by a call that is
    # cancelled, which could not end it otherwise.
    driver = asyncio.create_task(async_playwright().start())
    try:
        playwright = await asyncio.shield(driver)
        own = profile or folder / "profile"
        session = Session(playwright, gateway, program, folder, own, headless, logins)
        session.proxy = await gateway.start()
        await session.start()
    except BaseException:
        await asyncio.shield(_undone(gateway, driver, profile or folder / "profile", folder))
        raise
    return session


async def _undone(
    gateway: Gateway, driver: asyncio.Task[Playwright], profile: Path, folder: Path
) -> None:
    await gateway.close()
    with suppress(Exception):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await (await driver).stop()
    await asyncio.to_thread(end_processes, profile)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
