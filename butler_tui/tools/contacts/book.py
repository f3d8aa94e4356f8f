"""The contacts of a person: a folder of .vcf files, or a CardDAV server."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Source
from butler_tui.core.tool import ToolContext
from butler_tui.tools.confinement import Place
from butler_tui.tools.contacts.cards import Broken, Card, read_cards
from butler_tui.tools.dav import Account, Dav, home_of, query
from butler_tui.tools.network_errors import shown_address
from butler_tui.tools.origins import is_downloaded
from butler_tui.tools.own_folders import files_in, own_folder, own_place
from butler_tui.tools.places import to_the_end
from butler_tui.tools.storing import open_place

FAMILY = "contacts"
LARGEST = 20_000_000
"""Bytes of one file, pictures and all."""

SECRET = "CONTACTS_PASSWORD"  # noqa: S105  (its name)


@dataclass(frozen=True, slots=True)
class Entry:
    """A card of the book, and who may have written it."""

    card: Card
    untrusted: bool = False
    sources: Sequence[Source] = ()

    @property
    def names(self) -> Sequence[str]:
        """Everything that it is found by."""
        return (self.card.contact.name, *self.card.words, *self.card.contact.emails)


@dataclass(slots=True)
class Book:
    """Every card that could be read; `broken` says what could not."""

    entries: list[Entry] = field(default_factory=list[Entry])
    broken: list[str] = field(default_factory=list[str])

    def take(
        self,
        data: bytes,
        shown: str,
        *,
        untrusted: bool = False,
        sources: Sequence[Source] = (),
    ) -> None:
        """Read the cards of a text."""
        for one in read_cards(data):
            if isinstance(one, Broken):
                self.broken.append(f"{shown}: {one.because}.")
            else:
                self.entries.append(Entry(one, untrusted, sources))


async def book_of(context: ToolContext) -> Book:
    """The person's contacts, by the settings; raises ToolError."""
    if context.option("contacts.url"):
        return await _from_server(context)
    return await to_the_end(_from_folder, context)


def _from_folder(stop: threading.Event, context: ToolContext) -> Book:
    folder, book = own_folder(context, FAMILY), Book()
    for path in files_in(folder, ".vcf"):
        if stop.is_set():
            break
        at = own_place(context, folder, *path.relative_to(folder).parts)
        try:
            data = _read(at)
        except ToolError as error:
            book.broken.append(str(error))
            continue
        known = context.known_sources(path)
        strange = is_downloaded(path) or any(source.untrusted for source in known)
        book.take(data, at.shown, untrusted=strange, sources=known)
    return book


def _read(at: Place) -> bytes:
    with open_place(at) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ToolError("too_big", f"{at.shown} is larger than {LARGEST // 1_000_000} MB.")
    return data


async def _from_server(context: ToolContext) -> Book:
    account = Account.of(context, FAMILY, SECRET)
    texts: list[tuple[str, str]] = []
    async with Dav.opened(context, account) as dav:
        for one in await _books(dav):
            asked = "<d:prop><d:getetag/><r:address-data/></d:prop>"
            found = await dav.report(one, query("r:addressbook-query", asked))
            texts += [(shown_address(each.url), each.whole("r:address-data")) for each in found]

    def read(stop: threading.Event) -> Book:
        book = Book()
        for shown, text in texts:
            if text and not stop.is_set():
                book.take(text.encode("utf-8", "replace"), shown)
        return book

    return await to_the_end(read)


async def _books(dav: Dav) -> Sequence[str]:
    found: list[str] = []
    for home in await home_of(dav, "r:addressbook-home-set", "/.well-known/carddav"):
        for one in await dav.properties(home, "<d:resourcetype/>", depth=1) or []:
            if one.find("d:resourcetype/r:addressbook") is not None:
                url = one.url if one.url.endswith("/") else f"{one.url}/"
                found.append(dav.inside(urljoin(home, url)))
    if not found:
        raise ToolError(
            "no_book", f"{shown_address(dav.account.url)} has no contacts; make a book there first."
        )
    return found
