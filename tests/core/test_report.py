"""A report is made from what the journal holds, and is nothing but text in Markdown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core import events as ev
from butler_tui.core.report import Report, report_of
from butler_tui.core.report_markdown import as_markdown, escaped
from butler_tui.core.run import fold
from butler_tui.core.tool import Effect

AT = datetime(2026, 1, 1, tzinfo=UTC)


def report(*events: ev.Event, goal: str = "g", rehearse: bool = False) -> Report:
    accepted = ev.RunAccepted(goal=goal, folder="/f", settings={"rehearse": rehearse})
    every = [accepted, *events]
    return report_of(
        fold(
            ev.Recorded(run="r", seq=number, at=AT, event=event)
            for number, event in enumerate(every, 1)
        )
    )


def started(step: str, effect: Effect | None = Effect.CHANGE) -> ev.StepStarted:
    return ev.StepStarted(step=step, tool="save", effect=effect, args={"path": f"{step}.md"})


def finished(step: str, **facts: Any) -> ev.StepFinished:
    receipt = {"summary": f"Saved {step}.md.", "facts": facts}
    return ev.StepFinished(step=step, output={}, receipt=receipt)


def marks(made: Report) -> dict[str, str]:
    return {one.step: one.mark for one in made.lines}


def test_each_receipt_is_what_code_found() -> None:
    made = report(
        *(event for step in "abcd" for event in (started(step), finished(step))),
        ev.ReceiptChecked(step="a", verdict="verified", detail="read again"),
        ev.ReceiptChecked(step="b", verdict="failed", detail="not as written"),
        ev.ReceiptChecked(step="c", verdict="unverified"),
    )
    assert marks(made) == {"a": "verified", "b": "failed", "c": "unverified", "d": "unverified"}
    assert made.lines[0].describe() == "verified: Saved a.md. (read again)"


def test_what_observes_is_no_line_unless_it_failed() -> None:
    made = report(
        started("a", Effect.OBSERVE),
        ev.StepFinished(step="a", output={}),
        started("b", Effect.FETCH),
        ev.StepFailed(step="b", code="x", error="gone"),
        started("c"),
        ev.StepFinished(step="c", output={}),
    )
    assert marks(made) == {"b": "failed", "c": "unverified"}


def test_what_was_not_done_is_a_line_of_its_own() -> None:
    held = ev.ApprovalRequested(id="1", step="a", tool="send", effect=Effect.SEND, args={})
    made = report(
        held,
        ev.ApprovalDecided(id="1", decision="deny", reason="not now"),
        ev.ApprovalRequested(id="2", step="b", tool="send", effect=Effect.SEND, args={}),
        ev.ApprovalDecided(id="2", decision="allow"),
        ev.SendHeld(step="b", until=AT),
        ev.SendTakenBack(step="b"),
        ev.StepSkipped(step="c", because="it needs a"),
        started("d"),
        ev.StepUnknown(step="d", evidence="it may have happened"),
        ev.ApprovalRequested(id="3", step="e", tool="send", effect=Effect.SEND, args={}),
    )
    assert marks(made) == {
        "a": "denied",
        "b": "taken back",
        "c": "skipped",
        "d": "unknown",
        "e": "waiting",
    }
    assert made.lines[0].detail == "not now"


def test_a_call_in_flight_when_the_run_ended_may_have_happened() -> None:
    assert marks(report(started("a"))) == {}
    assert marks(report(started("a"), ev.RunCancelled())) == {"a": "unknown"}


def test_what_was_undone_names_what_was_left_alone() -> None:
    made = report(
        started("a"),
        finished("a", files=[{"path": "/f/a.md", "sha256": "0" * 64}]),
        ev.ReceiptChecked(step="a", verdict="verified"),
        ev.RunFinished(),
        ev.StepUndone(step="a", by="run2", left=["/f/b.md"]),
    )
    assert marks(made) == {"a": "undone"}
    assert made.lines[0].detail == "put back by run run2; left alone: /f/b.md"
    assert made.lines[0].files == ("/f/a.md",)


def test_a_rehearsal_says_what_would_be() -> None:
    made = report(
        ev.StepRehearsed(
            step="a",
            tool="send",
            effect=Effect.SEND,
            args={"to": "x"},
            preview="To: x\n",
            decision="ask",
            because="it sends something out",
        ),
        rehearse=True,
    )
    assert made.lines[0].describe() == (
        "would send: send(to=x) (it would be asked: it sends something out)"
    )
    assert made.lines[0].preview == "To: x"
    assert as_markdown(made).startswith("# Rehearsal of run r\n")


def test_what_models_cost_is_told() -> None:
    called = ev.ModelCalled(role="planner", model="m", tokens_in=10, tokens_out=5, cost=0.002)
    assert report(called).cost == "1 model call, 15 tokens, 0.20 ct"
    free = ev.ModelCalled(role="planner", model="m", cost=None)
    assert "not known" in report(called, free).cost
    assert report().cost == ""


PLAIN_LINK = re.compile(r"<https?://[A-Za-z0-9:./?=&%+~_-]+>")


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("Fetched http://127.0.0.1:8080/a_b.html (3 bytes).", "<http://127.0.0.1:8080/a_b.html>"),
        ("read_page(url=https://example.org/?q=a&n=1)", "<https://example.org/?q=a&n=1>"),
        ("see https://example.org.", "<https://example.org>"),
    ],
)
def test_a_plain_address_is_a_link(text: str, link: str) -> None:
    assert link in escaped(text)
    assert "\\://" not in escaped(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://bank.example@evil.example/",
        "https://xn--bnk-7ka.example/",
        "https://b\u0430nk.example/",
        "https://a.example/[x](javascript:y)",
        "https://a.example/><b>",
        "https://a.example\u202e/moc",
        "javascript://a.example",
        "xhttps://a.example",
    ],
)
def test_an_address_that_is_not_plain_is_no_link(text: str) -> None:
    assert not PLAIN_LINK.search(escaped(text))
    assert "://" not in escaped(text).replace("\\://", "")


def test_an_open_run_says_what_was_read_what_waits_and_what_would_come() -> None:
    read = ev.StepStarted(step="a", tool="read", effect=Effect.OBSERVE, args={"path": "x"})
    made = report(
        *(
            ev.StepProposed(step=step, text=text, signatures={"read": ["path"], "send": ["to"]})
            for step, text in (("a", "a = read('x')"), ("b", "b = send('u')"), ("c", "send(b)"))
        ),
        ev.PlanProposed(revision=1),
        read,
        ev.StepFinished(step="a", output="text"),
        ev.ApprovalRequested(
            id="id1",
            step="b",
            tool="send",
            effect=Effect.SEND,
            args={"to": "u"},
            because="it sends something out",
        ),
        ev.RunWaiting(because="needs 1 approval"),
    )
    text = as_markdown(made)
    for said in (
        "- Status: waiting (needs 1 approval)",
        "## Looked at so far\n\n- a: read\\(path=x\\)",
        "## Waits for you\n\n- b: send\\(to=u\\) — asked because it sends something out",
        "  - butler allow id1, or butler deny id1",
        "## Would come\n\n- c: send\\(b\\) — after b",
    ):
        assert said in text


def test_elements_are_in_their_natural_order() -> None:
    items = [(10,), (2,), (0,)]
    made = report(
        *(ev.StepStarted(step="a", item=item, tool="s", effect=Effect.CHANGE) for item in items),
        *(ev.StepFinished(step="a", item=item, output={}) for item in items),
    )
    assert [one.item for one in made.lines] == [(0,), (2,), (10,)]


@given(st.text())
def test_no_text_is_read_as_markdown(text: str) -> None:
    safe = PLAIN_LINK.sub("", escaped(text))
    assert "\n" not in safe
    for mark in "`*_[]<>#|~&!":
        assert safe.count(mark) == safe.count(f"\\{mark}")
    assert "://" not in safe.replace("\\://", "")


@given(st.text(alphabet="`~\n a#"))
def test_no_text_ends_its_fence(text: str) -> None:
    lines = as_markdown(report(goal=text)).split("\n")
    fence = next(line for line in lines if line.startswith("```")).removesuffix("text")
    begin = lines.index(f"{fence}text")
    end = lines.index(fence, begin + 1)
    assert lines[begin + 1 : end] == text.split("\n")
