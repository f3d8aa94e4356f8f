"""People found by their names, as phones, mail programs and a real server keep them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from radicale_server import PASSWORD, USER, DavServer
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Source
from butler_tui.core.tool import Remembered
from butler_tui.tools.contacts import find_contact
from butler_tui.tools.contacts.finding import FoundContacts

ADA = """BEGIN:VCARD
VERSION:3.0
FN:Ada Lovelace
N:Lovelace;Ada;;;
NICKNAME:Countess
EMAIL;TYPE=home:ada@home.example
item1.EMAIL;TYPE=work,pref:ada@example.org
TEL;TYPE=CELL:+44 20 7946 0000
ADR;TYPE=HOME:;;12 St James's Square;London;;SW1Y 4JH;UK
BDAY:1815-12-10
ORG:Analytical Engines;Programming
NOTE:Likes\\, numbers
END:VCARD
"""
OLD = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;
TEL;CELL;VOICE:0171 123
EMAIL;PREF;INTERNET:joerg@example.de
BDAY:--0402
END:VCARD
"""
NEW = """BEGIN:VCARD
VERSION:4.0
FN:Grace Hopper
TEL;VALUE=uri;PREF=2;TYPE="voice,home":tel:+1-555-0100
TEL;VALUE=uri;PREF=1:tel:+1-555-0199
BDAY:19061209
END:VCARD
"""


@pytest.fixture
def book(context: Context, tmp_path: Path) -> Path:
    """The folder of the person's contacts."""
    folder = tmp_path / "own" / "contacts"
    folder.mkdir(parents=True)
    context.stores["contacts"] = folder
    return folder


async def found(context: Context, name: str) -> FoundContacts:
    return (await find_contact.run(context, name)).output


async def test_everything_of_a_person_is_found(context: Context, book: Path) -> None:
    (book / "ada.vcf").write_text(ADA.replace("\n", "\r\n"))
    there = await found(context, "ada lovelace")
    [one] = there.contacts
    assert one.model_dump() == {
        "name": "Ada Lovelace",
        "emails": ["ada@example.org", "ada@home.example"],
        "phones": ["+44 20 7946 0000"],
        "addresses": ["12 St James's Square, SW1Y 4JH London, UK"],
        "birthday": "1815-12-10",
        "organisation": "Analytical Engines, Programming",
        "notes": "Likes, numbers",
        "likeness": 100,
    }
    assert there.text.startswith("Ada Lovelace: ada@example.org; ada@home.example; +44")


@pytest.mark.parametrize(
    ("name", "whom"),
    [
        ("Ada", ["Ada Lovelace"]),
        ("lovelace", ["Ada Lovelace"]),
        ("Ada Lovlace", ["Ada Lovelace"]),
        ("Lovelace, Ada", ["Ada Lovelace"]),
        ("countess", ["Ada Lovelace"]),
        ("analytical", ["Ada Lovelace"]),
        ("ada@example.org", ["Ada Lovelace"]),
        ("Jörg Müller", ["Jörg Müller"]),
        ("joerg", ["Jörg Müller"]),
        ("Muller", ["Jörg Müller"]),
        ("hopper grace", ["Grace Hopper"]),
        ("Ada Hopper", []),
        ("Bob", []),
    ],
)
async def test_names_need_not_be_exact(
    context: Context, book: Path, name: str, whom: list[str]
) -> None:
    (book / "all.vcf").write_text(ADA + OLD + NEW)
    there = await found(context, name)
    assert [one.name for one in there.contacts] == whom
    assert there.broken == []


async def test_old_and_new_versions_are_read(context: Context, book: Path) -> None:
    (book / "a.vcf").write_text(OLD)
    (book / "friends").mkdir()
    (book / "friends" / "b.vcf").write_text(NEW)
    [old] = (await found(context, "Jörg")).contacts
    assert (old.phones, old.emails, old.birthday) == (["0171 123"], ["joerg@example.de"], "--04-02")
    [new] = (await found(context, "Grace")).contacts
    assert (new.phones, new.birthday) == (["+1-555-0199", "+1-555-0100"], "1906-12-09")


async def test_broken_files_are_named_and_the_rest_is_read(context: Context, book: Path) -> None:
    (book / "a.vcf").write_text(ADA)
    (book / "cut.vcf").write_text("BEGIN:VCARD\nFN:Cut\n")
    (book / "noise.vcf").write_bytes(b"\x00\xff\xfe")
    (book / "bare.vcf").write_text("BEGIN:VCARD\nVERSION:3.0\nTITLE:x\nEND:VCARD\n" + NEW)
    (book / "link.vcf").symlink_to("/etc/passwd")
    there = await found(context, "Ada")
    assert len(there.contacts) == 1
    told = "\n".join(there.broken)
    assert [name for name in ("cut", "noise", "bare", "link") if name in told] == [
        *("cut", "noise", "bare")
    ]
    assert len((await found(context, "Grace")).contacts) == 1


async def test_nobody_is_found_where_there_is_nothing(context: Context, tmp_path: Path) -> None:
    context.stores["contacts"] = tmp_path / "nowhere"
    assert (await found(context, "Ada")).contacts == []
    for name in ("", "  ", "x" * 201):
        with pytest.raises(ToolError, match="Say whom to find"):
            await found(context, name)


async def test_memory_and_strangers_keep_their_labels(context: Context, book: Path) -> None:
    (book / "a.vcf").write_text(ADA)
    (book / "b.vcf").write_text(ADA.replace("Lovelace", "Eve"))
    eve = Source("settings", origin="web page x", untrusted=True)
    context.sources["b.vcf"] = [eve]
    context.facts = [Remembered("1", "Ada likes tea.", "2026-11-01", [eve])]
    result = await find_contact.run(context, "Ada")
    assert [one.fact for one in result.output.facts] == ["Ada likes tea."]
    marks = {one.path: one.untrusted for one in result.marks}
    by_name = {one.name: place for place, one in enumerate(result.output.contacts)}
    assert marks["contacts", by_name["Ada Lovelace"]] is None
    assert marks["contacts", by_name["Ada Eve"]] is True
    assert marks["facts", 0] is True
    assert (marks[()], marks["text",]) == (None, True)
    context.facts = []
    nobody = await find_contact.run(context, "Zoe")
    assert nobody.marks[0].untrusted, "a stranger's card decided that nobody was found"
    if hasattr(os, "setxattr"):
        os.setxattr(book / "a.vcf", "user.xdg.origin.url", b"https://x.example")
        marks = {one.path: one.untrusted for one in (await find_contact.run(context, "Ada")).marks}
        assert marks["contacts", by_name["Ada Lovelace"]] is True


@pytest.fixture
def carddav(context: Context, server: DavServer, tmp_path: Path) -> Context:
    server.empty()
    context.stores["contacts"] = tmp_path / "own"
    context.options |= {"contacts.url": server.url, "contacts.user": USER}
    context.secrets["CONTACTS_PASSWORD"] = PASSWORD
    return context


async def test_contacts_lie_on_a_real_server(carddav: Context, server: DavServer) -> None:
    card = ADA.replace("END:VCARD", "UID:ada\nEND:VCARD").replace("\n", "\r\n")
    put = server.ask("PUT", "ada/book/ada.vcf", card, **{"Content-Type": "text/vcard"})
    assert put.status_code == 201, put.text
    for path in ("", "ada/", "ada/book/"):
        carddav.options["contacts.url"] = server.url + path
        [one] = (await found(carddav, "Lovelace")).contacts
        assert one.emails == ["ada@example.org", "ada@home.example"]
    carddav.options["contacts.url"] = server.url + "ada/work/"
    with pytest.raises(ToolError) as caught:
        await found(carddav, "Lovelace")
    assert caught.value.code == "no_book"
    carddav.secrets["CONTACTS_PASSWORD"] = "wrong"
    with pytest.raises(ToolError, match="`butler secrets set CONTACTS_PASSWORD`") as caught:
        await found(carddav, "Lovelace")
    assert caught.value.code == "wrong_password"
