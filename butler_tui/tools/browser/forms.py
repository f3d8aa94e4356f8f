"""Forms: filled in field by field, and told in whole before they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butler_tui.core.clean import marked, shortened, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, origin_of
from butler_tui.tools.browser import faults
from butler_tui.tools.browser.finding import Found, find
from butler_tui.tools.browser.session import Session
from butler_tui.tools.credentials import Slot, check_bound, filled, slots_in

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle

Value = str | bool | int | float | None
"""None, as an empty cell of a table has it, leaves a field as it is."""

_YES = frozenset({"true", "yes", "on", "checked", "1"})
_NO = frozenset({"false", "no", "off", "unchecked", "0", ""})
_MOST_SHOWN = 60
_KIND = """el => { const tag = el.tagName.toLowerCase();
  return tag === 'input' ? el.type : tag === 'label' && el.control ? 'label'
    : el.isContentEditable ? 'editable' : tag; }"""


@dataclass(frozen=True, slots=True)
class Form:
    """What would be sent: how, where to, and each field with its value, passwords as dots."""

    method: str
    action: str
    page: str
    fields: Sequence[Mapping[str, str]]
    is_form: bool
    submits: bool

    @property
    def digest(self) -> str:
        """Tells whether a form is still what it was."""
        content = [self.method, self.action, [dict(one) for one in self.fields]]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def lines(self, secrets: Mapping[str, str]) -> list[str]:
        """The form for the person's card."""
        way = f"{self.method} {self.action}" if self.is_form else "sent by the page's own script"
        lines = [f"on the page {self.page}", f"sends {way}"]
        named = {value: name for name, value in secrets.items()}
        for one in self.fields[:_MOST_SHOWN]:
            label = visible_line(one["label"] or one["name"] or one["kind"])
            hidden = " (hidden)" if one["kind"] == "hidden" else ""
            value = one["value"]
            if value in named:
                value = f"secret:{named[value]}"
            first, *more = marked(value) or [""]
            lines += [f"{shortened(label, 80)}{hidden}:", *(f"  {line}" for line in (first, *more))]
        if len(self.fields) > _MOST_SHOWN:
            lines.append(f"and {len(self.fields) - _MOST_SHOWN} more fields")
        return lines


async def form_of(found: Found) -> Form:
    """The form that an element belongs to."""
    with faults.telling(f"reading the form of {found.shown}"):
        told: Any = await found.handle.evaluate(_script())
    return Form(
        told["method"], told["action"], told["page"], told["fields"], told["form"], told["submits"]
    )


async def fill_in(context: ToolContext, session: Session, fields: Mapping[str, Value]) -> list[str]:
    """Fill the fields in one after the other; returns what was filled in, for the person."""
    check_fields(fields)
    done: list[str] = []
    for element, value in fields.items():
        if value is None:
            continue
        found = await find(session, element)
        with faults.telling(f"filling in {found.shown}"):
            done.append(await _fill(context, session, found, value))
    return done


def check_fields(fields: Mapping[str, Value]) -> None:
    """Raises ToolError for fields that cannot be filled in on any page."""
    if not fields:
        raise ToolError("bad_arguments", "No field is named; give each its value by its label.")
    for element, value in fields.items():
        if not element.strip():
            raise ToolError("bad_arguments", "A field has an empty name; name it by its label.")
        if isinstance(value, str) and len(value) > 100_000:
            raise ToolError("too_big", f"The value for {element!r:.60} is too long for a form.")
        secret_in(element, value)


def secret_in(element: str, value: Value) -> Slot | None:
    """The secret that a value names. Raises ToolError for one named in a way not filled in."""
    if not isinstance(value, str) or "secret:" not in value:
        return None
    slot = slots_in({"field": value}).get("field")
    if slot is None or slot.scheme:
        raise ToolError(
            "bad_arguments",
            f"The value for {element!r:.60} names a secret: write secret:NAME and nothing else.",
        )
    return slot


async def _fill(context: ToolContext, session: Session, found: Found, value: Value) -> str:
    handle, kind = found.handle, await found.handle.evaluate(_KIND)
    if kind == "label":
        control = (await handle.evaluate_handle("el => el.control")).as_element()
        if control is not None:
            handle, kind = control, await control.evaluate(_KIND)
    if kind in ("checkbox", "radio"):
        await handle.set_checked(_truth(found, value))
        return f"{found.shown}: {'checked' if _truth(found, value) else 'unchecked'}"
    if kind == "file":
        raise ToolError("not_fillable", f"{found.shown} takes a file; Butler uploads none.")
    text = value if isinstance(value, str) else json.dumps(value)
    if kind == "select":
        return f"{found.shown}: {await choose(handle, found.shown, text)}"
    if kind in ("button", "submit", "reset", "image", "a"):
        raise ToolError("not_fillable", f"{found.shown} is no field; it can only be clicked.")
    slot = secret_in(found.shown, value)
    if slot is None and kind == "password":
        raise ToolError(
            "literal_secret",
            f"{found.shown} would hold a password that everybody can read in the plan: keep it "
            "with `butler secrets set NAME`, name its host under [secrets.hosts] in config.toml, "
            "and write secret:NAME.",
        )
    if slot is None:
        await handle.fill(text)
        return f"{found.shown}: {shortened(text, 80)}"
    form = await form_of(Found(handle, found.frame, found.shown))
    for url in (found.frame.url, form.action):
        check_bound(context, {"field": slot}, url)
    secret = await filled(context, {"field": slot}, found.frame.url)
    session.secrets[slot.secret] = secret["field"]
    session.logged_in = True
    await handle.fill(secret["field"])
    return f"{found.shown}: secret:{slot.secret}"


async def choose(handle: ElementHandle, shown: str, option: str) -> str:
    """Choose an option of a list by what it says, or by its value; returns what it says."""
    options: list[dict[str, str]] = await handle.evaluate(
        "el => [...el.options].map(one => "
        "({text: one.text.replace(/\\s+/g, ' ').trim(), value: one.value}))"
    )
    ways = (
        lambda one: one["text"] == option,
        lambda one: one["value"] == option,
        lambda one: one["text"].lower() == option.strip().lower(),
        lambda one: option.strip().lower() in one["text"].lower(),
    )
    for fits in ways:
        found = [index for index, one in enumerate(options) if fits(one)]
        if len(found) == 1:
            await handle.select_option(index=found[0])
            return options[found[0]]["text"]
    listed = ", ".join(repr(shortened(one["text"], 40)) for one in options[:20])
    raise ToolError(
        "no_such_option", f"{shown} has no one option {shortened(option, 60)!r}; it has {listed}."
    )


def check_destination(context: ToolContext, session: Session, form: Form) -> None:
    """A secret that was filled in goes only where the settings let it."""
    values = {one["value"] for one in form.fields}
    passwords = any(one["kind"] == "password" and one["value"] for one in form.fields)
    for name, value in session.secrets.items():
        if value in values or passwords:
            check_bound(context, {"field": Slot("", name)}, form.action)


def same_site(form: Form, url: str) -> bool:
    """Whether the form goes to the origin of the url."""
    try:
        return origin_of(checked_url(form.action)) == origin_of(checked_url(url))
    except ToolError:
        return False


def _truth(found: Found, value: Value) -> bool:
    text = str(value).strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ToolError("bad_arguments", f"{found.shown} can be checked or not: give it true or false.")


@lru_cache(maxsize=1)
def _script() -> str:
    return (Path(__file__).parent / "form.js").read_text(encoding="utf-8")
