"""What search_mail looks for, in people's words, and how a mail server is asked for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from butler_tui.core.errors import ToolError

LONGEST = 1_000
MOST_TERMS = 20
_TERM = re.compile(r'(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+))')
_FIELDS = {"from": "FROM", "to": "TO", "subject": "SUBJECT", "cc": "CC"}
_DAYS = {"since": "SINCE", "before": "BEFORE", "on": "ON"}
_FLAGS = {"unread": "UNSEEN", "read": "SEEN", "flagged": "FLAGGED", "answered": "ANSWERED"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOW = "words, from:, to:, cc:, subject:, since: and before: (2026-11-26, today), unread"


@dataclass(frozen=True, slots=True)
class Term:
    """One text that a mail must hold: in a header, or anywhere (TEXT)."""

    where: str
    text: str

    @property
    def plain(self) -> bool:
        """True for what every server understands."""
        return self.text.isascii()

    def criterion(self) -> str:
        """The term for a server, as a quoted string."""
        escaped = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.where} "{escaped}"'

    def narrowed(self) -> Term | None:
        """The longest plain part of it, which whatever fits holds too; None without one."""
        parts = re.findall(r"[!-~]{2,}(?: [!-~]+)*", self.text)
        return Term(self.where, max(parts, key=len)) if parts else None

    def fits(self, headers: Mapping[str, str]) -> bool:
        """True when the header holds it; of the text of a mail, nothing is known here."""
        if self.where == "TEXT":
            return True
        return self.text.casefold() in headers.get(self.where.lower(), "").casefold()


@dataclass(frozen=True, slots=True)
class Query:
    """Everything that a mail must fit: flags and days, and texts."""

    keys: tuple[str, ...]
    terms: tuple[Term, ...]

    def criteria(self, terms: tuple[Term, ...]) -> str:
        """The keys and these terms, for a server."""
        return " ".join([*self.keys, *(one.criterion() for one in terms)]) or "ALL"


def query_in(text: str, today: date) -> Query:
    """The query that a text means; raises ToolError `bad_arguments`."""
    if len(text) > LONGEST:
        raise ToolError("bad_arguments", f"The query is longer than {LONGEST} characters.")
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in text):
        raise ToolError("bad_arguments", "The query holds a control character.")
    keys: list[str] = []
    terms: list[Term] = []
    for match in _TERM.finditer(text):
        field, quoted = (match["field"] or "").lower(), match["quoted"]
        value = " ".join((quoted if quoted is not None else match["plain"]).split())
        if field in _DAYS:
            keys.append(f"{_DAYS[field]} {_day(value, today)}")
        elif field == "is" and value.lower() in _FLAGS:
            keys.append(_FLAGS[value.lower()])
        elif not field and quoted is None and value.lower() == "unread":
            keys.append("UNSEEN")
        elif field in _FIELDS and value:
            terms.append(Term(_FIELDS[field], value))
        elif field and quoted is None:
            terms.append(Term("TEXT", f"{match['field']}:{value}"))
        elif value:
            terms.append(Term("TEXT", value))
    if len(terms) > MOST_TERMS:
        raise ToolError("bad_arguments", f"The query has more than {MOST_TERMS} words; use fewer.")
    return Query(tuple(keys), tuple(terms))


def _day(text: str, today: date) -> str:
    """A day as servers write it."""
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        day = named.get(text.lower()) or date.fromisoformat(text)
    except ValueError as error:
        raise ToolError(
            "bad_arguments",
            f"{text[:40]!r} is no day; write it as 2026-11-26, today or yesterday.",
        ) from error
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"
