"""A goal's words, so that the same wish in other words is still the same.

What a person writes is cut into tokens; each has its word in one spelling (`summary of` and
`summarize` are `summarise`), and what carries no meaning here can be told from what does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace


def words_in(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


HERE = "(here)"
"""The word of `this folder`, `the current directory` and the like."""

FILLERS = words_in(
    """
    a all also an and any entire following given it its just me my now of on our out please some
    that the their them then there these this those us whole your
    """
)
"""Words that a goal or a phrasing may hold or leave out."""

JOINING = words_in(
    """
    about after before between both by containing difference does each for from how if in into is
    kind like named not or than to using what what's when where which who with without
    """
)
"""Words that only join others: two wishes that share no other word have nothing in common."""

_SAME: Mapping[str, str] = {
    "about": "on regarding concerning",
    "appointment": "appointments event events meeting meetings",
    "by": "per each",
    "calendar": "agenda diary",
    "column": "columns field",
    "contact": "contacts",
    "compare": "diff comparison comparing",
    "containing": "contain contains having holding include includes including mention mentioning "
    "mentions saying",
    "describe": "analyse analyze description explain inspect overview profile",
    "difference": "changes differences",
    "download": "downloading",
    "draw": "chart graph plot visualise visualize",
    "fetch": "get grab load retrieve",
    "file": "doc docs document documents files",
    "find": "locate look search seek",
    "folder": "dir directories directory folders",
    "kind": "kinds type types extension extensions",
    "named": "called name names titled",
    "page": "article link links pages site url webpage website",
    "prefix": "beginning start",
    "result": "findings hits results",
    "save": "export keep put store write",
    "sentence": "sentences",
    "show": "create display give list make print produce tell",
    "summarise": "digest gist sum-up summaries summarising summarize summarizing summary tldr",
    "table": "csv excel sheet spreadsheet workbook",
    "task": "tasks to-do to-dos todo todos",
    "text": "content contents",
    "tidy": "arrange clean declutter organise organize sort",
    "to": "as at in inside into under within",
    "total": "sum totals",
    "web": "internet online",
    "word": "phrase words",
}
_CANONICAL = {word: one for one, words in _SAME.items() for word in words.split()}
_PHRASES: Mapping[tuple[str, ...], str] = {
    ("add", "up"): "total",
    ("clean", "up"): "tidy",
    ("current", "directory"): HERE,
    ("current", "folder"): HERE,
    ("in", "here"): HERE,
    ("look", "for"): "find",
    ("sort", "out"): "tidy",
    ("sum", "up"): "summarise",
    ("the", "current", "directory"): HERE,
    ("the", "current", "folder"): HERE,
    ("this", "directory"): HERE,
    ("this", "folder"): HERE,
    ("tidy", "up"): "tidy",
    ("web", "page"): "page",
    ("web", "site"): "page",
    ("working", "directory"): HERE,
}
_LEAD_IN = re.compile(
    r"\s*(?:(?:hey|hi|hello|ok|okay)\b[\s,]*(?:butler\b)?|butler\b|please\b|kindly\b"
    r"|(?:can|could|would|will) you\b|i(?:'d| would) (?:like|love) (?:you )?to\b"
    r"|i (?:want|need|have) (?:you )?to\b|i (?:want|need)\b|help me(?: to)?\b"
    r"|go ahead and\b|let'?s\b|try to\b)[\s,:!]*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,.!?]*\b(?:please|thanks|thank you|for me|right now|right away|if you can)[\s,.!?]*$",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"""(?<!\w)(?:"(?P<a>[^"]+)"|'(?P<b>[^']+)'|`(?P<c>[^`]+)`|“(?P<d>[^”]+)”|„(?P<e>[^“”]+)[“”]"""
    "|«(?P<f>[^»]+)»|\u2018(?P<g>[^\u2019]+)\u2019)(?!\\w)|(?:\\\\ |\\S)+"
)
_BEFORE, _BEHIND = "([<{\"'“„«\u2018`", ".,;:!?)]}>\"'”“»\u2019`…"
_NO_WORD = re.compile(r"\W*")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a goal: as written without quotes and punctuation, its word, and where it is."""

    text: str
    word: str
    start: int
    end: int
    quoted: bool = False

    @property
    def telling(self) -> bool:
        """True when two goals that have it in common are about the same thing."""
        return not self.filler and bool(self.word) and self.word not in JOINING

    @property
    def filler(self) -> bool:
        """True when a goal says the same without it."""
        return not self.quoted and (self.word in FILLERS or not self.word)


def tokens_of(goal: str) -> list[Token]:
    """The goal's tokens, without the politeness at its ends."""
    start, end = _core(goal)
    return _joined([_token(found) for found in _TOKEN.finditer(goal, start, end)])


def canonical(word: str) -> str:
    """A word in its one spelling."""
    plain = word.lower()
    return _CANONICAL.get(plain, plain)


def joined_words(words: Sequence[str]) -> list[str]:
    """Canonical words, with those that are one together as one."""
    return [token.word for token in _joined([Token(word, canonical(word), 0, 0) for word in words])]


def respelled(tokens: Sequence[Token], vocabulary: Collection[str]) -> list[Token]:
    """The tokens, each unknown word that is a slip away from a known one taken for it."""
    return [_respelled(token, vocabulary) for token in tokens]


def _core(goal: str) -> tuple[int, int]:
    start, end = 0, len(goal)
    while (lead := _LEAD_IN.match(goal, start, end)) and lead.end() > start:
        start = lead.end()
    while (tail := _TAIL.search(goal, start, end)) and tail.start() > start:
        end = tail.start()
    return start, end


def _token(found: re.Match[str]) -> Token:
    if found.lastgroup is not None:
        return Token(found[found.lastgroup], "", found.start(), found.end(), quoted=True)
    raw = found[0]
    if _NO_WORD.fullmatch(raw) and raw not in (".", "..", "~", "./", "../", "~/", "/"):
        return Token(raw, "", found.start(), found.end())
    left = len(raw) - len(raw.lstrip(_BEFORE))
    text = _without_end(raw.lstrip(_BEFORE))
    start = found.start() + left
    shown = text.replace("\\ ", " ")
    return Token(shown, canonical(text), start, start + len(text))


def _without_end(text: str) -> str:
    """Without the punctuation behind it; a bracket that the text itself opened stays."""
    bare = text
    while bare and bare[-1] in _BEHIND and not (bare[-1] == ")" and "(" in bare):
        bare = bare[:-1]
    return bare or text


def _joined(tokens: Sequence[Token]) -> list[Token]:
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        for length in (3, 2):
            part = tokens[at : at + length]
            words = tuple(one.text.lower() for one in part if not one.quoted)
            if len(words) == length and words in _PHRASES:
                text = " ".join(one.text for one in part)
                made.append(Token(text, _PHRASES[words], part[0].start, part[-1].end))
                at += length
                break
        else:
            made.append(tokens[at])
            at += 1
    return made


def _respelled(token: Token, vocabulary: Collection[str]) -> Token:
    word = token.word
    if token.quoted or not vocabulary or not word.isalpha() or len(word) < 5 or word in vocabulary:
        return token
    from rapidfuzz.distance import OSA

    most = 1 if len(word) < 8 else 2
    near = min(vocabulary, key=lambda known: (OSA.distance(word, known, score_cutoff=most), known))
    if near in FILLERS or OSA.distance(word, near, score_cutoff=most) > most:
        return token
    return replace(token, word=canonical(near))
