"""Known secrets are taken out of text in every form, also over the seams of a stream."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.events import StepFinished
from butler_tui.core.redaction import LEAST, Redactor

SECRET = 'k/3y "Zoë"+&<42>\\end'


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.learn("A_KEY", SECRET)
    return made


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[3:-3],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower().replace("zo", "Zo"),
        quote_plus(SECRET),
        quote(quote(SECRET, safe=""), safe=""),
        repr(SECRET)[1:-1],
        ascii(SECRET)[1:-1],
        repr(SECRET.encode())[2:-1],
        html.escape(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
)
def test_every_form_is_replaced_by_the_name(redactor: Redactor, form: str) -> None:
    assert redactor.text(f"a {form} b") == "a [secret A_KEY] b"


@given(st.binary(max_size=7), st.binary(max_size=7), st.booleans())
def test_base64_is_found_wherever_it_is_aligned(before: bytes, after: bytes, urls: bool) -> None:
    redactor = Redactor()
    redactor.learn("A_KEY", SECRET)
    encode = base64.urlsafe_b64encode if urls else base64.b64encode
    text = redactor.text(encode(before + SECRET.encode() + after).decode())
    assert "[secret A_KEY]" in text
    left = text.replace("[secret A_KEY]", "")
    assert len(left) <= (len(before) + len(after)) * 8 / 6 + 6


def test_values_keep_their_shape(redactor: Redactor) -> None:
    value = {SECRET: [1, None, True, f"x{SECRET}", {"a": (SECRET,)}], "b": 2.5}
    shown = "[secret A_KEY]"
    assert redactor.value(value) == {shown: [1, None, True, f"x{shown}", {"a": (shown,)}], "b": 2.5}
    event = redactor.value(StepFinished(step="a", output={"text": SECRET}))
    assert (event.type, event.output) == ("step_finished", {"text": shown})


def test_without_secrets_nothing_is_looked_at() -> None:
    redactor, value = Redactor(), {"a": ["b"]}
    assert not redactor.active
    assert redactor.value(value) is value
    stream = redactor.stream()
    assert [stream.take(part) for part in ("a", "b")] == ["a", "b"]
    redactor.learn("SHORT", "x" * (LEAST - 1))
    redactor.learn("NONE", None)
    assert not redactor.active


def test_of_a_secret_in_a_secret_the_longer_one_goes() -> None:
    redactor = Redactor()
    redactor.learn("A", "abcdef")
    redactor.learn("B", "abcdefghi")
    redactor.learn("", "unnamed")
    assert redactor.text("abcdefghi abcdef unnamed") == "[secret B] [secret A] [secret]"
    stream = redactor.stream()
    said = "".join(stream.take(one) for one in "x abcdefghi y")
    assert said + stream.rest() == "x [secret B] y"
    redactor.forget()
    assert redactor.text("abcdef") == "abcdef"


@given(st.lists(st.text(alphabet="abc d", max_size=4)), st.integers(1, 5), st.data())
def test_a_stream_says_what_the_whole_text_would(
    parts: list[str], size: int, data: st.DataObject
) -> None:
    redactor = Redactor()
    for name in ("A", "B", "C"):
        redactor.learn(name, data.draw(st.text(alphabet="abc", min_size=6, max_size=9)))
    text = "".join(parts) + "".join(redactor._names) + "ab"
    stream = redactor.stream()
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    said = "".join(stream.take(chunk) for chunk in chunks) + stream.rest()
    assert said == redactor.text(text)
    assert not redactor.holds(said)
