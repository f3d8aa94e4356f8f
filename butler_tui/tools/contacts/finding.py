"""find_contact: a person's mail addresses, numbers and more, by a name that may be misspelt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.readiness import Missing, Setup
from butler_tui.core.tool import Effect, Mark, ToolContext, ToolResult, tool
from butler_tui.tools.contacts.book import Book, Entry, book_of

MOST_FOUND = 20
LIKE_ENOUGH = 80.0
"""Of 100; below it a name is another's."""

LONGEST_NAME = 200


class FoundContact(BaseModel):
    """A contact that fits; `likeness` is of 100, 100 for the name itself."""

    name: str
    emails: list[str]
    phones: list[str]
    addresses: list[str]
    birthday: str = ""
    organisation: str = ""
    notes: str = ""
    likeness: int = 100


class KnownFact(BaseModel):
    """Something that was remembered and speaks of the name."""

    fact: str
    day: str


class FoundContacts(BaseModel):
    """Contacts that fit best first, what memory holds, `text` has a line for each; `broken`."""

    contacts: list[FoundContact]
    facts: list[KnownFact]
    text: str
    broken: list[str]


@dataclass(frozen=True, slots=True)
class _Fit:
    entry: Entry
    likeness: float


@tool(effect=Effect.OBSERVE, private=True, targets=("name",), timeout=60)
async def find_contact(
    context: ToolContext, name: Annotated[str, "a name, a part of it, a firm or a mail address"]
) -> Annotated[ToolResult, FoundContacts]:
    """Find people in the contacts and in what was remembered: addresses, numbers, birthday."""
    wanted = _checked(name)
    book = await book_of(context)
    fits = await asyncio.to_thread(_fitting, book, wanted)
    remembered = await context.recall(wanted, 10)
    contacts = [
        FoundContact(**one.entry.card.contact.model_dump(), likeness=round(one.likeness))
        for one in fits
    ]
    facts = [KnownFact(fact=one.fact, day=one.day) for one in remembered]
    marks = [_mark(one.entry, place) for place, one in enumerate(fits)]
    for place, one in enumerate(remembered):
        strange = True if any(source.untrusted for source in one.sources) else None
        marks.append(Mark(("facts", place), "memory", untrusted=strange, sources=one.sources))
    # Where nothing was found, a stranger who had a card in the book left the name out of it.
    passed = not fits and any(one.untrusted for one in book.entries)
    lines = [*(_line(one) for one in contacts), *(one.fact for one in facts)]
    strange = True if any(one.untrusted for one in marks) else None
    sources = [source for one in marks for source in one.sources]
    output = FoundContacts(
        contacts=contacts, facts=facts, text="\n".join(lines), broken=list(book.broken)
    )
    whole = Mark((), "contacts", untrusted=True if passed else None)
    text = Mark(("text",), "contacts", untrusted=strange, sources=sources)
    return ToolResult(output, marks=[whole, text, *marks])


@find_contact.checks
async def _(context: ToolContext, name: str) -> None:
    _checked(name)


@find_contact.ready
def _(setup: Setup) -> Missing | None:
    if not setup.option("contacts.url"):
        return None
    if not setup.option("contacts.user"):
        return Missing(
            "The contacts' server wants to know who you are; set user under [contacts] in "
            "config.toml."
        )
    if not setup.has_secret("CONTACTS_PASSWORD"):
        return Missing(
            "The contacts' server wants a password.", "butler secrets set CONTACTS_PASSWORD"
        )
    return None


def _checked(name: str) -> str:
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME:
        raise ToolError("bad_arguments", "Say whom to find by a name, in a few words.")
    return wanted


def _mark(entry: Entry, place: int) -> Mark:
    origin = f"contact {entry.card.contact.name:.80}"
    untrusted = True if entry.untrusted else None
    return Mark(("contacts", place), origin, untrusted=untrusted, sources=entry.sources)


def _line(one: FoundContact) -> str:
    said = [*one.emails, *one.phones, *one.addresses]
    if one.birthday:
        said.append(f"born {one.birthday}")
    return f"{one.name}: {'; '.join(said)}" if said else one.name


def _fitting(book: Book, wanted: str) -> Sequence[_Fit]:
    """The entries that are like the name, those most like it first. Blocks."""
    fits = [_Fit(one, likeness(wanted, one.names)) for one in book.entries]
    fits = [one for one in fits if one.likeness >= LIKE_ENOUGH]
    fits.sort(key=lambda one: (-round(one.likeness), one.entry.card.contact.name.casefold()))
    return fits[:MOST_FOUND]


def likeness(wanted: str, names: Iterable[str]) -> float:
    """How like a name is to what somebody is called, of 100: each of its words must be found."""
    from rapidfuzz import utils

    words = utils.default_process(wanted).split()
    best = 0.0
    for name in names:
        own = utils.default_process(name).split()
        if words and own:
            each = [max(_word(one, other) for other in own) for one in words]
            all_alike = 0.5 if len(own) > len(words) else 0.0
            best = max(best, sum(each) / len(each) - all_alike)
    return best


def _word(one: str, other: str) -> float:
    from rapidfuzz import fuzz

    if other.startswith(one) and len(one) >= 3 and one != other:
        return 95.0
    return fuzz.ratio(one, other)
