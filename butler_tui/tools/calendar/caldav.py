"""The calendar on a CalDAV server: found by its address, changed only as it was last seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import unquote, urljoin, urlsplit

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import Checked, ToolContext, ToolResult
from butler_tui.tools.calendar.objects import (
    Found,
    Stored,
    addresses_of,
    parse,
    text_of,
)
from butler_tui.tools.calendar.people import label_path, own_addresses
from butler_tui.tools.calendar.store import Kind, ResultOf
from butler_tui.tools.calendar.times import Span
from butler_tui.tools.calendar.writing import CHANGED_BY, mark_of_call
from butler_tui.tools.dav import Account, Dav, Resource, home_of, query, quoted
from butler_tui.tools.network_errors import shown_address

SECRET = "CALENDAR_PASSWORD"  # noqa: S105  (its name)
_ASKED = (
    "<d:resourcetype/><d:displayname/><d:owner/><d:current-user-principal/>"
    "<d:current-user-privilege-set/><c:supported-calendar-component-set/>"
)
_CONTENT = "<d:prop><d:getetag/><c:calendar-data/></d:prop>"


@dataclass(frozen=True, slots=True)
class _Collection:
    url: str
    name: str
    kinds: frozenset[str]
    foreign: bool
    writable: bool


class CalDav:
    """The Store of a server."""

    remote = True

    def __init__(self, context: ToolContext) -> None:
        self.context = context
        self.account = Account.of(context, "calendar", SECRET)
        self.shown = f"the calendar on {urlsplit(self.account.url).hostname}"

    async def objects(self, kind: Kind, span: Span | None = None) -> Found:
        """What the server says may fall into the span; each time is worked out on our side."""
        inner = ""
        if span is not None:
            room = timedelta(days=2)  # times without a zone are read in ours, not in the server's
            begins, ends = _utc(span.start - room), _utc(span.end + room)
            inner = f'<c:time-range start="{begins}" end="{ends}"/>'
        async with Dav.opened(self.context, self.account) as dav:
            found: list[Stored] = []
            for one in await _collections(dav, kind):
                found += await _asked(dav, one, kind, inner)
        return Found(found)

    async def find(self, uid: str, kind: Kind) -> Stored | None:
        """The object that holds that UID, whichever calendar it is in."""
        async with Dav.opened(self.context, self.account) as dav:
            return await _find(dav, uid, kind)

    async def target(self, kind: Kind, calendar: str | None) -> str:
        """The calendar of that name; the server's own first one where none is said."""
        async with Dav.opened(self.context, self.account) as dav:
            return (await self._target(dav, kind, calendar)).name

    async def _target(self, dav: Dav, kind: Kind, calendar: str | None) -> _Collection:
        every = [one for one in await _collections(dav, kind) if one.writable]
        wanted = calendar or self.context.option("calendar.name")
        fits = [one for one in every if wanted in (None, one.name)]
        if not fits and calendar is None:
            fits = [] if wanted else every
        if not fits:
            names = ", ".join(one.name for one in every) or "none"
            what = "tasks" if kind == "VTODO" else "events"
            raise ToolError(
                "no_calendar",
                f"There is no calendar {wanted!r:.60} for {what} that you may write; there are: "
                f"{names}.",
            )
        return min(fits, key=lambda one: one.foreign)

    async def create(
        self, uid: str, data: bytes, kind: Kind, calendar: str | None, result: ResultOf
    ) -> ToolResult:
        """Put it at an address made from the UID, where nothing may be yet."""
        async with Dav.opened(self.context, self.account) as dav:
            where = await self._target(dav, kind, calendar)
            href = urljoin(where.url, f"{uid}.ics")
            made = result(self._facts(href, None, data))
            await self.context.intend(made)
            answer = await _put(dav, href, data, {"If-None-Match": "*"})
            if answer == 412 and await self._is_ours(dav, href):
                return made
            _check_put(href, answer, "is there already")
        return made

    async def replace(self, stored: Stored, data: bytes, result: ResultOf) -> ToolResult:
        """Put another text there, if it is still the one that was read."""
        async with Dav.opened(self.context, self.account) as dav:
            made = result(self._facts(stored.ref, stored, data))
            await self.context.intend(made)
            answer = await _put(dav, stored.ref, data, {"If-Match": stored.version})
            _check_put(stored.ref, answer, "has changed meanwhile")
        return made

    async def remove(self, stored: Stored, result: ResultOf) -> ToolResult:
        """Delete it, if it is still the one that was read; nobody else is told of it."""
        headers = {"If-Match": stored.version}
        if not self._is_own(stored):
            headers["Schedule-Reply"] = "F"
        async with Dav.opened(self.context, self.account) as dav:
            made = result(self._facts(stored.ref, stored, None))
            await self.context.intend(made)
            answer = await dav.ask("DELETE", stored.ref, headers=headers, sends=True)
            _check_put(stored.ref, answer.status, "has changed meanwhile")
        return made

    def _is_own(self, stored: Stored) -> bool:
        """True when the person organises it; an invitation would be declined by deleting it."""
        own = own_addresses(self.context)
        every = [one for kind in ("VEVENT", "VTODO") for one in parse(stored).components(kind)]
        organisers = [each for one in every for each in addresses_of(one, "ORGANIZER")]
        return all(one.lower() in own for one in organisers)

    def _facts(self, href: str, before: Stored | None, data: bytes | None) -> dict[str, Json]:
        """What a receipt says; by `files`, which are none, Butler remembers whose text it is."""
        known = label_path(self.context, Stored(href, "", b"", ""))
        old = hashlib.sha256(before.data).hexdigest() if before is not None else None
        files: list[Json] = [{"path": str(known), "sha256_before": old, "sha256": None}]
        etag = before.version if before is not None else None
        return {"href": href, "etag_before": etag, "gone": data is None, "files": files}

    async def settled(self) -> ToolResult | None:
        """What became of an interrupted call: the server has the object as it was or is to be."""
        intended = self.context.intended
        if intended is None or intended.receipt is None:
            return None
        facts = cast("Mapping[str, Any]", intended.receipt.facts)
        href, before = str(facts["href"]), facts.get("etag_before")
        async with Dav.opened(self.context, self.account) as dav:
            answer = await dav.ask("GET", dav.inside(href))
            there = answer.status == 200
            if not there and answer.status not in (404, 410):
                raise ToolError("unsure", f"{shown_address(href)} says status {answer.status}")
            if facts.get("gone"):
                if not there:
                    return intended
            elif there and self._marked(answer.body):
                return intended
            etag = answer.headers.get("etag")
            if (before is None and not there) or (there and before is not None and etag == before):
                return None
        raise ToolError("unsure", f"{shown_address(href)} was changed by somebody else meanwhile")

    async def checked(self, facts: Mapping[str, Json]) -> Checked:
        """Whether the server has it as the receipt says."""
        href = str(facts["href"])
        async with Dav.opened(self.context, self.account) as dav:
            answer = await dav.ask("GET", dav.inside(href))
        there, gone = answer.status == 200, answer.status in (404, 410)
        if facts.get("gone"):
            word = "it is gone" if gone else "it is still there"
            return Checked("verified" if gone else "failed", word)
        if there and self._marked(answer.body):
            return Checked("verified", "the server has it")
        return Checked("failed", "the server does not have it as it was written")

    async def _is_ours(self, dav: Dav, href: str) -> bool:
        answer = await dav.ask("GET", href)
        return answer.status == 200 and self._marked(answer.body)

    def _marked(self, data: bytes) -> bool:
        """True when this very call wrote the text."""
        try:
            parsed = parse(Stored("the server's answer", "", data, ""))
        except ToolError:
            return False
        mark = mark_of_call(self.context.key)
        kinds = ("VEVENT", "VTODO")
        return any(text_of(one, CHANGED_BY) == mark for k in kinds for one in parsed.components(k))


async def _collections(dav: Dav, kind: Kind) -> Sequence[_Collection]:
    """Every calendar of the person that can hold that kind."""
    found: list[_Collection] = []
    for home in await home_of(dav, "c:calendar-home-set", "/.well-known/caldav"):
        for one in await dav.properties(home, _ASKED, depth=1) or []:
            if one.find("d:resourcetype/c:calendar") is None:
                continue
            made = _collection(dav, one)
            if not made.kinds or kind in made.kinds:
                found.append(made)
    if not found:
        what = "tasks" if kind == "VTODO" else "events"
        raise ToolError(
            "no_calendar",
            f"{shown_address(dav.account.url)} has no calendar for {what}; make one there first.",
        )
    return found


def _collection(dav: Dav, one: Resource) -> _Collection:
    url = dav.inside(one.url if one.url.endswith("/") else f"{one.url}/")
    name = one.text("d:displayname") or unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1])
    kinds = frozenset(
        str(each.get("name", "")).upper()
        for each in one.all("c:supported-calendar-component-set/c:comp")
    )
    owner = one.text("d:owner/d:href").rstrip("/")
    person = one.text("d:current-user-principal/d:href").rstrip("/")
    foreign = bool(owner and person) and unquote(owner) != unquote(person)
    rights = one.find("d:current-user-privilege-set")
    may = ("d:write", "d:all", "d:bind", "d:write-content")
    writable = rights is None or any(
        one.find(f"d:current-user-privilege-set/d:privilege/{each}") is not None for each in may
    )
    return _Collection(url, name[:200], kinds, foreign, writable)


async def _asked(dav: Dav, one: _Collection, kind: Kind, inner: str) -> list[Stored]:
    filtered = (
        f'<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="{kind}">{inner}'
        "</c:comp-filter></c:comp-filter></c:filter>"
    )
    found = await dav.report(one.url, query("c:calendar-query", _CONTENT + filtered))
    made: list[Stored] = []
    for each in found:
        data = each.whole("c:calendar-data").encode("utf-8", "replace")
        if data:
            etag = each.text("d:getetag")
            made.append(Stored(dav.inside(each.url), one.name, data, etag, one.foreign))
    return made


async def _find(dav: Dav, uid: str, kind: Kind) -> Stored | None:
    by_uid = (
        f'<c:prop-filter name="UID"><c:text-match collation="i;octet">{quoted(uid)}'
        "</c:text-match></c:prop-filter>"
    )
    for one in await _collections(dav, kind):
        for stored in await _asked(dav, one, kind, by_uid):
            try:
                if parse(stored).of(uid, kind):
                    return stored
            except ToolError:
                continue
    return None


async def _put(dav: Dav, href: str, data: bytes, only_if: Mapping[str, str]) -> int:
    headers = {"Content-Type": "text/calendar; charset=utf-8", **only_if}
    answer = await dav.ask("PUT", dav.inside(href), body=data, headers=headers, sends=True)
    return answer.status


def _check_put(href: str, status: int, otherwise: str) -> None:
    if status in (404, 410, 412):
        raise ToolError("changed", f"{shown_address(href)} {otherwise}; look at it and try again.")
    if not 200 <= status < 300:
        raise ToolError(
            "refused_by_site", f"{shown_address(href)} did not take it (status {status})."
        )


def _utc(one: datetime) -> str:
    return one.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
