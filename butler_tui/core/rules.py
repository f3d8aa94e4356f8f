"""Rules: which calls are allowed, asked or denied, by globs over their tool and arguments.

There is one kind of permission. A rule of the settings, *always*, *this run* and a bound of a
signed plan are all rules; they differ in where they are kept and when they end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator


class Decision(StrEnum):
    """What becomes of a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


Lift = Literal["untrusted", "private", "changed"]
"""What a rule that says so may allow all the same: see `concerns`."""

Globs = str | tuple[str, ...]
Example = Mapping[str, str | tuple[str, ...]]

PATH_ARGUMENTS = frozenset(
    {
        "path",
        "to",
        "save_to",
        "folder",
        "other",
        "paths",
        "files",
        "table",
        "attachments",
        "image",
    }
)
"""The arguments that name files or folders, for every tool."""

CONTROL = "control"
"""In `sources`: what decided whether or how often a call runs."""


class Rule(BaseModel):
    """One rule: calls whose tool and arguments match its globs get its decision.

    In a glob, `*` stands for any text and `?` for one character; the empty glob is for an
    argument that is not given, `<=100` and the like are for numbers, and of several globs one
    must fit. Every element of a list must fit, or the list as JSON a glob that begins with
    `[[]"`. `url.host` is the host of an argument `url`.

    `run` binds a rule to one run, `most` is how many calls of that run it allows. `even_if` lists
    what it allows although it would be asked; `sources` allows an argument (or `control`) that a
    stranger wrote, when all it came from fits these globs. `match` and `not_match` are calls'
    arguments that the rule must and must not cover, checked when it is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    args: Mapping[str, Globs] = Field(default_factory=dict[str, Globs])
    decision: Decision
    because: str = ""
    expires: AwareDatetime | None = None
    run: str | None = None
    most: Annotated[int, Field(ge=0)] | None = None
    even_if: tuple[Lift, ...] = ()
    sources: Mapping[str, Globs] = Field(default_factory=dict[str, Globs])
    match: Sequence[Example] = ()
    not_match: Sequence[Example] = ()

    @model_validator(mode="after")
    def _examples_hold(self) -> Rule:
        for example in self.match:
            if not self._covers_example(example):
                raise ValueError(
                    f"the rule for {self.tool} does not match its example {_said(example)}"
                )
        for example in self.not_match:
            if self._covers_example(example):
                raise ValueError(
                    f"the rule for {self.tool} matches {_said(example)}, which it must not"
                )
        return self

    @model_validator(mode="after")
    def _lifts_only_what_it_allows(self) -> Rule:
        if (self.even_if or self.sources) and self.decision is not Decision.ALLOW:
            raise ValueError(
                f"the rule for {self.tool} has even_if or sources, which only a rule that allows "
                "can have"
            )
        if self.most is not None and (self.run is None or self.decision is not Decision.ALLOW):
            raise ValueError(
                f"the rule for {self.tool} has most, which only a bound of one run can have"
            )
        return self

    @property
    def id(self) -> str:
        """Eight letters that name the rule by what it says, without `because` and examples."""
        unsaid = {"because", "match", "not_match"}
        said = self.model_dump_json(exclude=unsaid, exclude_defaults=True)
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    def dump(self) -> dict[str, Any]:
        """JSON for the journal; `model_validate` reads it back."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def covers_args(
        self, args: Mapping[str, str], lists: Mapping[str, Sequence[str]] | None = None
    ) -> bool:
        """True when every argument fits; one not given fits the empty glob alone."""
        return all(_fits(name, globs, args, lists or {}) for name, globs in self.args.items())

    def covers(
        self,
        tool: str,
        args: Mapping[str, str],
        lists: Mapping[str, Sequence[str]],
        run: str,
        now: datetime,
    ) -> bool:
        """True when the rule speaks of this call, in this run, now."""
        return (
            fnmatchcase(tool, self.tool)
            and (self.run is None or self.run == run)
            and (self.expires is None or now < self.expires)
            and self.covers_args(args, lists)
        )

    def accepts_sources(self, argument: str, origins: Sequence[str]) -> bool:
        """True when the rule lets that argument come from all of these."""
        globs = _several(self.sources.get(argument, ()))
        return bool(origins and globs) and all(
            any(fnmatchcase(origin, glob) for glob in globs) for origin in origins
        )

    def describe(self) -> str:
        """The rule in a line: `allow write_file where path is /home/me/notes/*`."""
        parts = [f"{self.decision} {self.tool}"]
        if self.most is not None:
            parts[0] = f"{self.decision} at most {self.most} {self.tool}"
        where = [f"{name} is {_described(globs)}" for name, globs in self.args.items()]
        if where:
            parts.append(f"where {' and '.join(where)}")
        if self.even_if:
            parts.append(f"even if {' or '.join(self.even_if)}")
        parts += [f"with {name} from {_described(globs)}" for name, globs in self.sources.items()]
        if self.expires is not None:
            parts.append(f"until {self.expires:%Y-%m-%d %H:%M}")
        return " ".join(parts)

    def _covers_example(self, example: Example) -> bool:
        args = {name: one for name, one in example.items() if isinstance(one, str)}
        lists = {name: one for name, one in example.items() if not isinstance(one, str)}
        return self.covers_args(with_hosts(args), lists)


def _said(example: Example) -> str:
    """`path = /a, to = b`."""
    parts = (
        f"{name} = {one if isinstance(one, str) else ', '.join(one)}"
        for name, one in example.items()
    )
    return ", ".join(parts)


WHOLE = '[[]"'
"""How a glob begins that is for a list as a whole, in JSON: its elements in their order."""


def with_hosts(args: Mapping[str, str]) -> dict[str, str]:
    """The arguments, and for each web address among them its host, as `url.host`."""
    hosts = {f"{name}.host": host_of(one) for name, one in args.items()}
    return {**args, **{name: host for name, host in hosts.items() if host}}


def host_of(text: str) -> str:
    """The host of a web address in lower case; empty when the text is none."""
    text = text.strip(" ")
    if not text[:8].lower().startswith(("http://", "https://")):
        return ""
    try:
        return (urlsplit(text).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _several(globs: Globs) -> tuple[str, ...]:
    return (globs,) if isinstance(globs, str) else globs


def _described(globs: Globs) -> str:
    return " or ".join(glob or "empty" for glob in _several(globs))


def _fits(
    name: str, globs: Globs, args: Mapping[str, str], lists: Mapping[str, Sequence[str]]
) -> bool:
    wanted = _several(globs)
    if name in lists:
        given = lists[name]
        whole = [glob for glob in wanted if glob.startswith(WHOLE)]
        single = [glob for glob in wanted if glob not in whole]
        if whole and any(fnmatchcase(args.get(name, ""), glob) for glob in whole):
            return True
        return bool(single) and all(any(matches(one, glob) for glob in single) for one in given)
    if name in args:
        return any(matches(args[name], glob) for glob in wanted)
    return "" in wanted


def matches(text: str, glob: str) -> bool:
    """True when an argument's text fits a rule's glob."""
    if (limit := _LIMIT.fullmatch(glob)) is not None:
        return _within(text, limit["order"], float(limit["number"]))
    if "://" in glob:
        return _address_fits(text, glob)
    if glob.startswith("/"):
        return _path_pattern(glob).fullmatch(text) is not None
    return fnmatchcase(text, glob)


@lru_cache(maxsize=1_000)
def _path_pattern(glob: str) -> re.Pattern[str]:
    """A path's glob as a regular expression: `*` stays within a name, `**` does not."""
    parts = [_PATH_PARTS.get(part) or _literally(part) for part in _PATH_GLOB.split(glob)]
    return re.compile("".join(parts), re.DOTALL)


_PATH_GLOB = re.compile(r"(\*\*/|\*\*|\*|\?|\[[!^]?\]?[^]]*\])")
_PATH_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _literally(part: str) -> str:
    if not (part.startswith("[") and part.endswith("]") and len(part) > 2):
        return re.escape(part)
    body = part[1:-1]
    turned, body = ("^", body[1:]) if body[0] in "!^" else ("", body)
    return f"(?!/)[{turned}{body.replace(chr(92), chr(92) * 2).replace('[', chr(92) + '[')}]"


_LIMIT = re.compile(r"(?P<order><=|>=|<|>)(?P<number>-?\d+(?:\.\d+)?)")


def _within(text: str, order: str, limit: float) -> bool:
    """True when the text is a number in JSON's form and stands so to the limit."""
    if _NUMBER.fullmatch(text) is None:
        return False
    number = float(text)
    return {
        "<": number < limit,
        "<=": number <= limit,
        ">": number > limit,
        ">=": number >= limit,
    }[order]


_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?")


def _address_fits(text: str, glob: str) -> bool:
    """A web address fits part by part, so that no `*` of a host reaches into the path or back.

    It is read as it would be visited: the host ends where a query begins, the scheme's own port
    is none, and `..` in a path leads up.
    """
    scheme, _, rest = glob.partition("://")
    host, slash, path = rest.partition("/")
    read = _AUTHORITY.match(text.strip(" "))
    if read is None or not fnmatchcase(read["scheme"].lower(), scheme.lower()):
        return False
    authority = _plain_authority(read["scheme"], read["authority"])
    if authority is None or not fnmatchcase(authority, _plain_authority(scheme, host) or host):
        return False
    given = _plain_path(read["rest"])
    return fnmatchcase(given, slash + path) if slash else given == "/"


_AUTHORITY = re.compile(r"(?P<scheme>[^:/?#]+)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_OWN_PORT = {"http": ":80", "https": ":443"}


def _plain_authority(scheme: str, authority: str) -> str | None:
    """Host and port in one way of writing; None for what is read in different ways."""
    if any(mark in authority for mark in "@\\%") or not authority.isprintable():
        return None
    plain = authority.lower().removesuffix(_OWN_PORT.get(scheme.lower(), ":"))
    host, colon, port = plain.partition(":") if "[" not in plain else (plain, "", "")
    return f"{host.rstrip('.')}{colon}{port}"


def _plain_path(rest: str) -> str:
    """The path with its `.` and `..` followed, then query and fragment; `/` where there is none."""
    path, query = re.match(r"([^?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    kept: list[str] = []
    parts = path.split("/")[1:] or [""]
    for number, part in enumerate(parts):
        plain = re.sub("%2e", ".", part, flags=re.IGNORECASE)
        if plain == "..":
            del kept[-1:]
        if plain not in (".", ".."):
            kept.append(part)
        elif number == len(parts) - 1:
            kept.append("")
    return "/" + "/".join(kept) + query
