"""Reading vCards of any version, as phones and mail programs write them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

MOST_CARDS = 20_000
_DATE = re.compile(r"(?P<year>\d{4}|--)-?(?P<month>\d\d)-?(?P<day>\d\d)(?:T.*)?")


class Contact(BaseModel):
    """A person or a firm; `birthday` is a day, `--04-02` where the year is not known."""

    name: str
    emails: list[str] = []
    phones: list[str] = []
    addresses: list[str] = []
    birthday: str = ""
    organisation: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A contact, and further words it can be found by: a nickname, a firm."""

    contact: Contact
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a part of a text is no card, in a clause."""

    because: str


def read_cards(data: bytes) -> Iterator[Card | Broken]:
    """Every card of a text; what cannot be read comes as a reason, and the rest is read."""
    text = _text_of(data)
    parts = re.split(r"(?im)^(?=BEGIN:VCARD\s*$)", text)
    cards = [part for part in parts if re.match(r"(?i)BEGIN:VCARD", part)]
    if not cards:
        yield Broken("it holds no vCard")
    for part in cards[:MOST_CARDS]:
        yield _read(part)


def _text_of(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _read(part: str) -> Card | Broken:
    import vobject

    if not re.search(r"(?im)^END:VCARD\s*$", part):
        return Broken("a card has no end")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Versions differ in what they let a card leave out; what is there is read.
            found = next(
                iter(vobject.readComponents(part, ignoreUnreadable=True, allowQP=True)), None
            )
    except Exception as error:  # noqa: BLE001  (a stranger's text: the parser may raise anything)
        why = " ".join(str(error).split())[:120] or type(error).__name__
        return Broken(f"a card cannot be read ({why})")
    card = _card(found) if found is not None else None
    return card or Broken("a card has neither name nor address")


def _card(found: Any) -> Card | None:  # noqa: ANN401  (vobject has no types)
    full = _first(_texts(found, "fn")) or _name(_first_value(found, "n"))
    organisation = _first(_texts(found, "org"))
    emails, nicknames = _texts(found, "email"), _texts(found, "nickname")
    name = full or _first(nicknames) or organisation or _first(emails)
    if not name:
        return None
    addresses = [_address(one.value) for one in _lines(found, "adr")]
    contact = Contact(
        name=name[:200],
        emails=list(dict.fromkeys(emails))[:50],
        phones=list(dict.fromkeys(_phone(one) for one in _texts(found, "tel")))[:50],
        addresses=[one for one in dict.fromkeys(addresses) if one][:20],
        birthday=_birthday(_first(_texts(found, "bday"))),
        organisation=organisation[:200],
        notes="\n".join(_texts(found, "note"))[:5_000],
    )
    words = (*nicknames, organisation, *(one.partition("@")[0] for one in contact.emails))
    return Card(contact, tuple(one for one in words if one))


def _lines(found: Any, name: str) -> Iterable[Any]:  # noqa: ANN401
    return getattr(found, "contents", {}).get(name, [])


def _first_value(found: Any, name: str) -> Any:  # noqa: ANN401
    return next((one.value for one in _lines(found, name)), None)


def _texts(found: Any, name: str) -> list[str]:  # noqa: ANN401
    """The values of a property as one-line texts, the preferred ones first; empty ones go."""
    lines = sorted(_lines(found, name), key=_preference)
    made: list[str] = []
    for one in lines:
        value = one.value
        parts = value if isinstance(value, list) else [value]
        text = ", ".join(str(part) for part in parts if part is not None)
        bare = text.strip() if name == "note" else " ".join(text.split())
        if bare:
            made.append(bare)
    return made


def _preference(line: Any) -> int:  # noqa: ANN401
    params = getattr(line, "params", {})
    if any("pref" in str(one).lower() for one in params.get("TYPE", [])):
        return 0
    pref = str(next(iter(params.get("PREF", [])), ""))
    if pref.isdecimal() and len(pref) < 5:
        return int(pref)
    return 0 if "PREF" in params else 200


def _name(value: Any) -> str:  # noqa: ANN401  (a Name of vobject, or text)
    if value is None:
        return ""
    if isinstance(value, str):
        family, _, given = value.partition(";")
        return " ".join(f"{given.split(';')[0]} {family}".split())
    parts = [
        getattr(value, one, "") for one in ("prefix", "given", "additional", "family", "suffix")
    ]
    return " ".join(" ".join(_flat(one) for one in parts).split())


def _address(value: Any) -> str:  # noqa: ANN401  (an Address of vobject, or text)
    if isinstance(value, str):
        return " ".join(value.replace(";", " ").split())
    town = f"{_flat(getattr(value, 'code', ''))} {_flat(getattr(value, 'city', ''))}"
    names = ("box", "extended", "street")
    parts = [_flat(getattr(value, one, "")) for one in names]
    parts += [town, _flat(getattr(value, "region", "")), _flat(getattr(value, "country", ""))]
    return ", ".join(bare for one in parts if (bare := " ".join(one.split())))


def _flat(value: Any) -> str:  # noqa: ANN401  (text, or a list of it)
    return " ".join(str(one) for one in value) if isinstance(value, list) else str(value or "")


def _phone(text: str) -> str:
    return text[4:] if text.lower().startswith("tel:") else text


def _birthday(text: str) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return text[:60]
    year = "-" if found["year"] == "--" else found["year"]
    return f"{year}-{found['month']}-{found['day']}"


def _first(texts: list[str]) -> str:
    return texts[0] if texts else ""
