"""What a goal's tokens can be as the value of a parameter: a path, an address, a number, text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from butler_tui.core.labels import Json
from butler_tui.planning.dates import LONGEST, moment, period
from butler_tui.planning.recipe import RecipeParameter
from butler_tui.planning.wording import HERE, Token, words_in

_FILE_NOUNS = frozenset({"file", "table", "text"})
_PLACE_NOUNS = frozenset({"folder"})
_PAGE_NOUNS = frozenset({"page"})
_NAMING = frozenset({"named"})
_HOME_FOLDERS = {
    name.lower(): f"~/{name}"
    for name in ("Desktop", "Documents", "Downloads", "Music", "Pictures", "Videos")
}
_KNOWN_FILES = words_in(
    "AUTHORS CHANGELOG CONTRIBUTING COPYING Dockerfile LICENSE Makefile NEWS README TODO"
)
_DOMAINS = words_in(
    """
    ai app at au be biz br ca ch cn co com cz de dev dk edu es eu fi fr gov ie in info int io it jp
    mil net nl no nz org pt se uk us
    """
)
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
    )
}
_ACTIONS = words_in(
    """
    add answer call compare copy delete download draw fetch find mail email move open post print
    read remind remove rename save schedule send show summarise tidy translate upload
    """
)
_NO_FOLDERS = words_in(
    """
    appointment appointments calendar contact contacts day dinner event events everything inbox life
    lunch mail mailbox mails meeting meetings party room schedule tabs task tasks thoughts todos
    travel trip week weekend
    """
)
"""What people organise that is no folder."""

_JOINING = frozenset({"and", "then", "also", ""})
_NAME = re.compile(r"[\w][\w .&()-]*")
_ENDING = re.compile(r"[^/\\]*[^/\\.]\.(?=[^/\\.]*[A-Za-z])[A-Za-z0-9_]{1,10}")
_MAIL = re.compile(r"[^\s@/]+@[^\s@/]+")
_SCHEME = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]+\.)+(?P<top>[A-Za-z]{2,})(?::\d+)?(?:[/?#]\S*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """Tokens up to `end` taken as a value; `fit` says how well that goes."""

    end: int
    value: Json
    fit: float


def readings(
    parameter: RecipeParameter, tokens: Sequence[Token], start: int, goal: str, now: datetime
) -> Iterator[Reading]:
    """Every way to take the tokens from `start` on as the parameter's value.

    `now` is what `today` goes by.
    """
    match parameter.type:
        case "path":
            yield from _with_nouns(parameter, tokens, start)
        case "url":
            yield from _pages(tokens, start)
        case "number" | "whole":
            if (number := _number(tokens[start], parameter.type)) is not None:
                yield Reading(start + 1, number, 6)
        case "moment" | "period":
            yield from _times(parameter, tokens, start, now)
        case "choice":
            yield from _choices(parameter, tokens, start)
        case _:
            yield from _texts(parameter, tokens, start, goal)


def is_address(text: str) -> bool:
    """True for `https://...` and for what looks like a host's name and not like a file's."""
    if _SCHEME.fullmatch(text):
        return True
    found = _DOMAIN.fullmatch(text)
    return found is not None and (found["top"].lower() in _DOMAINS or text.startswith("www."))


def is_path(text: str) -> bool:
    """True for what looks like a file or folder by itself."""
    if not text or is_address(text) or _MAIL.fullmatch(text) or re.search(r"[*?\0\n]", text):
        return False
    named = text in (".", "..", "~") or text in _KNOWN_FILES
    return named or "/" in text or "\\" in text or bool(_ENDING.fullmatch(text))


def is_folder(text: str) -> bool:
    """True for a path that is a folder's by its looks: it has no ending."""
    if text.endswith(("/", "\\")) or text in (".", "..", "~"):
        return True
    name = re.split(r"[/\\]", text)[-1]
    return name not in _KNOWN_FILES and not _ENDING.fullmatch(name)


def _with_nouns(
    parameter: RecipeParameter, tokens: Sequence[Token], start: int
) -> Iterator[Reading]:
    """A path, and the noun around it: `the folder notes`, `the notes folder`, `notes/`."""
    at, noun = start, ""
    while at < len(tokens) and (_is_noun(tokens[at]) or tokens[at].filler or _naming(tokens, at)):
        noun = tokens[at].word if _is_noun(tokens[at]) else noun
        at += 1
    if at >= len(tokens):
        return
    if value := _path(parameter, tokens[at], noun) or _bare(parameter, tokens, start):
        yield Reading(at + 1, value, _path_fit(parameter, noun))
    if not noun and at + 1 < len(tokens) and _is_noun(tokens[at + 1]):
        noun = tokens[at + 1].word
        if value := _path(parameter, tokens[at], noun):
            yield Reading(at + 2, value, _path_fit(parameter, noun))


def _bare(parameter: RecipeParameter, tokens: Sequence[Token], start: int) -> str | None:
    """A folder's name alone, where the words before it leave nothing else to mean."""
    name = tokens[start]
    if start == 0 or tokens[start - 1].text.lower() not in parameter.bare_after:
        return None
    known = name.filler or _is_noun(name) or name.word == HERE or name.word in _NO_FOLDERS
    fits = not known and _NAME.fullmatch(name.text) and is_folder(name.text)
    return name.text if fits else None


def _is_noun(token: Token) -> bool:
    return not token.quoted and token.word in _FILE_NOUNS | _PLACE_NOUNS


def _naming(tokens: Sequence[Token], at: int) -> bool:
    """`called`, behind a noun: the file called notes.md."""
    return at > 0 and tokens[at].word in _NAMING and _is_noun(tokens[at - 1])


def _path_fit(parameter: RecipeParameter, noun: str) -> float:
    agrees = 2 if noun else 0
    return 6 + agrees + (4 if parameter.endings else 0)


def _path(parameter: RecipeParameter, token: Token, noun: str) -> str | None:
    """The token as a path that the parameter can be; None when it is none."""
    text, folders = token.text, "/" in parameter.endings
    if token.word == HERE:
        return "." if folders or not parameter.endings else None
    if not token.quoted and folders and noun in ("", "folder") and text.lower() in _HOME_FOLDERS:
        return _HOME_FOLDERS[text.lower()]
    bare = bool(noun) and _NAME.fullmatch(text) is not None and not token.filler
    if not (token.quoted or bare or is_path(text)) or "\0" in text:
        return None
    if not parameter.endings:
        return text if noun not in _PLACE_NOUNS else None
    if noun in _PLACE_NOUNS:
        return text if folders else None
    if text.lower().endswith(tuple(one for one in parameter.endings if one != "/")):
        return text
    return text if folders and not noun and is_folder(text) else None


def _pages(tokens: Sequence[Token], start: int) -> Iterator[Reading]:
    at = start
    while at < len(tokens) and (tokens[at].filler or tokens[at].word in _PAGE_NOUNS | {"to"}):
        at += 1
    if at < len(tokens) and is_address(tokens[at].text):
        text = tokens[at].text
        value = text if _SCHEME.fullmatch(text) else f"https://{text}"
        end = at + 1
        if end < len(tokens) and tokens[end].word in _PAGE_NOUNS:
            end += 1
        yield Reading(end, value, 8)


def _number(token: Token, kind: str) -> Json:
    text = token.text.lower().replace("_", "")
    if text in _NUMBERS:
        return _NUMBERS[text]
    if re.fullmatch(r"[+-]?\d{1,15}", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"[+-]?\d{0,15}\.\d{1,15}", text):
        return float(text)
    return None


def _times(
    parameter: RecipeParameter, tokens: Sequence[Token], start: int, now: datetime
) -> Iterator[Reading]:
    """The longer, the better: `Friday at 3pm` is more than `3pm`."""
    read = moment if parameter.type == "moment" else period
    for end in range(start + 1, min(start + LONGEST, len(tokens)) + 1):
        said = " ".join(token.text for token in tokens[start:end])
        if (value := read(said, now)) is not None:
            yield Reading(end, value, 6 + 2.0 * (end - start))


def _choices(parameter: RecipeParameter, tokens: Sequence[Token], start: int) -> Iterator[Reading]:
    for end in range(start + 1, min(start + 4, len(tokens) + 1)):
        said = " ".join(token.text for token in tokens[start:end]).lower()
        for choice in parameter.choices:
            if said == choice.lower().replace("-", " ").replace("_", " ") or said == choice.lower():
                yield Reading(end, choice, 6)


def _texts(
    parameter: RecipeParameter, tokens: Sequence[Token], start: int, goal: str
) -> Iterator[Reading]:
    first = tokens[start]
    if first.word == "of":  # it leads to the text: `the number of Ada`
        return
    if first.quoted and not set(parameter.without) & set(first.text):
        yield Reading(start + 1, first.text, 4)
    for end in range(start + 1, len(tokens) + 1):
        last = tokens[end - 1]
        if not last.quoted and last.word in _ACTIONS and _joins(tokens, start, end - 1):
            return
        text = goal[first.start : last.end]
        if set(parameter.without) & set(text):
            return
        if not (end == start + 1 and first.quoted) and (last.quoted or last.word not in _JOINING):
            yield Reading(end, text, 2 - 0.05 * (end - start))


def _joins(tokens: Sequence[Token], start: int, at: int) -> bool:
    """True when another wish begins at a token: `... and send`, `..., then send`."""
    if at == start:
        return False
    before = tokens[at - 1]
    return not before.quoted and before.word in _JOINING
