"""WebDAV for calendars and contacts: one person's server, asked through the guarded client.

What a server says is a stranger's text; where it sends us on, only its own origin is followed, so
that the password goes nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, meant_origins, origin_of
from butler_tui.tools.network import (
    client,
    named_headers,
    note_rest,
    rested,
    seconds_of,
    whole_body,
)
from butler_tui.tools.network_errors import (
    rate_limited,
    seconds_to_wait,
    shown_address,
    telling,
)

if TYPE_CHECKING:
    import httpx

Element = Any
"""An element of lxml, which has no types of its own."""

MOST_BYTES = 50_000_000
MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
SPACES = {
    "d": "DAV:",
    "c": "urn:ietf:params:xml:ns:caldav",
    "r": "urn:ietf:params:xml:ns:carddav",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Whose server it is: `family` is the section of the settings, `secret` names the password."""

    family: str
    url: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, context: ToolContext, family: str, secret: str) -> Account:
        """The account of the settings; raises ToolError where something is missing."""
        url, user = context.option(f"{family}.url"), context.option(f"{family}.user")
        password = context.secret(secret)
        if not url or not user or not password:
            raise ToolError(
                "no_account",
                f"The server of {family} wants url and user under [{family}] in config.toml, and a "
                f"password: `butler secrets set {secret}`.",
            )
        target = checked_url(url)
        meant = _is_near(target.host) or origin_of(target) in meant_origins(context.origins)
        if target.scheme == "http" and not meant:
            raise ToolError(
                "not_encrypted",
                f"{origin_of(target)} is not encrypted, and the password would be read on the way; "
                f"write url under [{family}] with https://.",
            )
        return cls(family, url, user, password)


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: `headers` have lower-case names."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that a server speaks of: its address, and its properties as XML."""

    url: str
    properties: Sequence[Element]

    def find(self, way: str) -> Element | None:
        """The first element at a way (`d:owner/d:href`) in its properties."""
        for one in self.properties:
            if (found := one.find(way, SPACES)) is not None:
                return found
        return None

    def text(self, way: str) -> str:
        """The text at a way; empty where there is none."""
        found = self.find(way)
        return (found.text or "").strip() if found is not None else ""

    def whole(self, way: str) -> str:
        """The text at a way as it is."""
        found = self.find(way)
        return (found.text or "") if found is not None else ""

    def all(self, way: str) -> Iterator[Element]:
        """Every element at a way."""
        for one in self.properties:
            yield from one.iterfind(way, SPACES)


class Dav:
    """Requests to one account's server. Every method raises ToolError."""

    def __init__(self, context: ToolContext, account: Account, http: httpx.AsyncClient) -> None:
        self.context, self.account, self._http = context, account, http
        self.origin = origin_of(checked_url(account.url))
        self._digest = False

    @classmethod
    @asynccontextmanager
    async def opened(cls, context: ToolContext, account: Account) -> AsyncIterator[Dav]:
        """The server, for as long as the body runs."""
        async with client(context, meant=[account.url], seconds=seconds_of(context)) as http:
            yield cls(context, account, http)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        sends: bool = False,
    ) -> Answer:
        """One request and its answer, whatever the status but 401, 403, 429 and a fault."""
        await rested(url)
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._once(method, url, body, headers or {}, sends)
            where = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not where:
                return self._checked(answer, sends)
            url = self.inside(urljoin(url, where))
        raise ToolError("too_many_redirects", f"{shown_address(url)} leads on and on.")

    async def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], sends: bool
    ) -> Answer:
        import httpx

        basic = httpx.BasicAuth(self.account.user, self.account.password)
        digest = httpx.DigestAuth(self.account.user, self.account.password)
        for auth in (digest,) if self._digest else (basic, digest):
            with telling(url, sends=sends):
                request = self._http.build_request(method, url, headers=headers, content=body)
                async with asyncio.timeout(seconds_of(self.context)):
                    got = await self._http.send(request, auth=auth, stream=True)
                    note_rest(got)
                    try:
                        data = await whole_body(got, MOST_BYTES)
                    finally:
                        await got.aclose()
            answer = Answer(got.status_code, url, named_headers(got), data)
            offered = answer.headers.get("www-authenticate", "").lower()
            if answer.status != 401 or "digest" not in offered or auth is digest:
                return answer
            self._digest = True
        raise AssertionError("the last way to log in has an answer")

    def _checked(self, answer: Answer, sends: bool) -> Answer:
        shown, family = shown_address(answer.url), self.account.family
        if answer.status == 401:
            raise ToolError(
                "wrong_password",
                f"{shown} does not accept the user {self.account.user!r:.60} with that password; "
                f"check user under [{family}] in config.toml, and set the password anew: "
                f"`butler secrets set {family.upper()}_PASSWORD`.",
            )
        if answer.status == 403:
            raise ToolError("refused_by_site", f"{shown} does not allow that (status 403).")
        if answer.status == 429:
            raise rate_limited(answer.url, seconds_to_wait(answer.headers.get("retry-after", "")))
        if answer.status == 507:
            raise ToolError("disk_full", f"{shown} has no room left (status 507).")
        if answer.status >= 500:
            code = "no_answer" if sends else "site_failed"
            may = "; whether it did what it was asked is not known" if sends else ""
            raise ToolError(
                code,
                f"{shown} has a fault of its own (status {answer.status}){may}.",
                transient=not sends,
            )
        return answer

    def inside(self, url: str) -> str:
        """An address that the server gave, if it is its own: the password goes nowhere else."""
        target = checked_url(url)
        if origin_of(target) != self.origin:
            raise ToolError(
                "other_host",
                f"{self.origin} sends us on to {origin_of(target)}, and the password is not sent "
                f"there; if you trust it, write that address as url under [{self.account.family}].",
            )
        return str(target)

    async def properties(
        self, url: str, names: str, *, depth: int = 0
    ) -> Sequence[Resource] | None:
        """PROPFIND; None where there is nothing at that address. `names` is XML."""
        body = f'<?xml version="1.0"?><d:propfind {_NAMES}><d:prop>{names}</d:prop></d:propfind>'
        return await self._many("PROPFIND", url, body, depth)

    async def report(self, url: str, body: str) -> Sequence[Resource]:
        """REPORT on everything right below an address; `body` may use d:, c: and r:."""
        found = await self._many("REPORT", url, f'<?xml version="1.0"?>{body}', 1)
        if found is None:
            raise ToolError("not_found", f"{shown_address(url)} is not there any more.")
        return found

    async def _many(
        self, method: str, url: str, body: str, depth: int
    ) -> Sequence[Resource] | None:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)}
        answer = await self.ask(method, url, body=body.encode(), headers=headers)
        if answer.status in (404, 405, 410, 501):
            return None
        if answer.status != 207:
            raise ToolError(
                "bad_answer",
                f"{shown_address(url)} is no server for {self.account.family} (status "
                f"{answer.status}); check url under [{self.account.family}] in config.toml.",
            )
        return await asyncio.to_thread(self._resources, answer)

    def _resources(self, answer: Answer) -> list[Resource]:
        from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(answer.body, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise ToolError(
                "bad_answer", f"{shown_address(answer.url)} sent half an answer, or no XML."
            ) from error
        found: list[Resource] = []
        for one in root.iterfind("d:response", SPACES):
            href = (one.findtext("d:href", "", SPACES) or "").strip()
            props = [
                prop
                for each in one.iterfind("d:propstat", SPACES)
                if " 2" in (each.findtext("d:status", " 200 ", SPACES) or "")
                for prop in each.iterfind("d:prop", SPACES)
            ]
            if href:
                found.append(Resource(urljoin(answer.url, href), props))
        return found


_NAMES = " ".join(f'xmlns:{short}="{name}"' for short, name in SPACES.items())


def query(kind: str, inner: str) -> str:
    """The body of a REPORT of that kind (`c:calendar-query`)."""
    return f"<{kind} {_NAMES}>{inner}</{kind}>"


def quoted(text: str) -> str:
    """Text for XML; what XML cannot hold is left out."""
    return escape("".join(one for one in text if one in "\t\n\r" or " " <= one < "\ufffe"))


async def home_of(dav: Dav, home: str, well_known: str) -> Sequence[str]:
    """The addresses below which the collections lie, found from the one in the settings.

    `home` names the property (`c:calendar-home-set`). The address may be that of the server, of the
    person, of the home, or of one collection.
    """
    asked = f"<d:current-user-principal/><d:resourcetype/><{home}/>"
    starts = [dav.account.url]
    if checked_url(dav.account.url).path.rstrip("/") == "":
        starts.append(urljoin(dav.account.url, well_known))
    for start in starts:
        found = await dav.properties(start, asked)
        if not found:
            continue
        here = found[0]
        if homes := _hrefs(dav, here, home):
            return homes
        principal = here.text("d:current-user-principal/d:href")
        if here.find("d:resourcetype/c:calendar") is not None:
            return [here.url]
        if here.find("d:resourcetype/r:addressbook") is not None:
            return [here.url]
        if principal:
            where = dav.inside(urljoin(here.url, principal))
            for one in await dav.properties(where, f"<{home}/>") or []:
                if homes := _hrefs(dav, one, home):
                    return homes
    raise ToolError(
        "bad_answer",
        f"{shown_address(dav.account.url)} does not say where your {dav.account.family} "
        f"{'lie' if dav.account.family.endswith('s') else 'lies'}; write the whole address as url "
        f"under [{dav.account.family}] in config.toml.",
    )


def _hrefs(dav: Dav, one: Resource, home: str) -> list[str]:
    found: list[Any] = list(one.all(f"{home}/d:href"))
    return [dav.inside(urljoin(one.url, (each.text or "").strip())) for each in found if each.text]
