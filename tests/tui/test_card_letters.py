# ruff: noqa: RUF001  (look-alike letters are what is tested)
"""A card shows hidden, commanding and disguised text for what it is."""

import pytest
from scripted_butler import chosen, dinner, held

from butler_tui.cli.describe import card
from butler_tui.tui.card import body_of
from butler_tui.tui.describe import Prose

HIDDEN = {
    "\u202e": "⟨U+202E⟩",
    "\u2066": "⟨U+2066⟩",
    "\u200b": "⟨U+200B⟩",
    "\u200d": "⟨U+200D⟩",
    "\u00ad": "⟨U+00AD⟩",
    "\u3164": "⟨U+3164⟩",
    "\ufeff": "⟨U+FEFF⟩",
    "\U000e0061": "⟨U+E0061⟩",
    "\U000e0100": "⟨U+E0100⟩",
    "\x1b]52;c;cm0gLXJm\x07": "␛]52;c;cm0gLXJm␇",
    "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\": "␛]8;;https://evil.example␛\\here␛]8;;␛\\",
    "\x1b[2J\x1b[H": "␛[2J␛[H",
    "\x9b31m": "⟨U+009B⟩31m",
    "\r": "␍",
    "\x08": "␈",
    "\x00": "␀",
    "[@click=app.leave]y[/]": "[@click=app.leave]y[/]",
    "[b]bold[/b]": "[b]bold[/b]",
}


def text_of_card(*asks):
    parts = body_of(asks)
    assert not any(isinstance(part, Prose) for part in parts)
    return "\n".join(part.plain for part in parts), parts


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("place", ["value", "name", "preview", "reason", "tool", "nested"])
def test_what_hides_or_commands_is_shown_on_the_card(hidden, place):
    text = f"a{hidden}b"
    args = {"path": "x"}
    more = {}
    if place == "value":
        args = {"path": text}
    elif place == "name":
        args = {text: "x"}
    elif place == "nested":
        args = {"headers": {"to": [text]}}
    asked = held(
        args=args,
        tool=text if place == "tool" else "write_file",
        preview=text if place == "preview" else "",
        because=text if place == "reason" else "it changes something",
        **more,
    )
    shown, parts = text_of_card(asked)
    if place == "nested" and ord(hidden[0]) < 0x20:
        assert "\\" in shown  # JSON's own escapes
    else:
        assert f"a{HIDDEN[hidden]}b" in shown
    assert not [one for one in shown if ord(one) < 32 and one != "\n"]
    assert not set(shown) & set("\u202e\u2066\u200b\u200d\u00ad\u3164\ufeff\U000e0061\x9b")
    assert not any(
        span.style and "@click" in str(span.style) for part in parts for span in part.spans
    )


def test_disguised_letters_are_named_below_their_argument():
    args = {"url": "https://pаypal.com/x", "path": "notes.txt"}
    shown, _ = text_of_card(held(tool="download_file", args=args, preview=""))
    warning = "url holds letters that look like others: а (CYRILLIC SMALL LETTER A, like a) at 10"
    lines = shown.split("\n")
    at = lines.index(warning)
    assert any("https://pаypal.com/x" in line for line in lines[:at])
    assert any(line.startswith("path") for line in lines[at:])
    assert f"  ! {warning}" in list(card(held(args=args)))


def test_an_ordinary_card_warns_of_nothing():
    args = {"path": "Отчёт за май.txt", "content": "Größe und Straße, 日本語 👍🏽"}
    shown, _ = text_of_card(held(args=args))
    assert "look like others" not in shown
    assert not any("look like others" in line for line in card(held(args=args)))


async def test_the_warning_stands_on_the_screen(table):
    async with table() as it:
        run = await it.start()
        args = {"path": "раssword.txt", "content": "x"}
        asked = held("a9", args=args, labels=dict.fromkeys(args, chosen()))
        it.butler.play(run, *dinner()[:-1], asked)
        await it.listen()
        await it.until(lambda: "path holds letters that look like others" in it.screen())
        assert it.butler.decisions == []
