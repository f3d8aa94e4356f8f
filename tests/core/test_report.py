"""A report is made from what the journal holds, and is nothing but text in Markdown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

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


@given(st.text())
def test_no_text_is_read_as_markdown(text: str) -> None:
    safe = escaped(text)
    assert "\n" not in safe
    for mark in "`*_[]<>#|~&!":
        assert safe.count(mark) == safe.count(f"\\{mark}")
    assert "://" not in safe


@given(st.text(alphabet="`~\n a#"))
def test_no_text_ends_its_fence(text: str) -> None:
    lines = as_markdown(report(goal=text)).split("\n")
    fence = next(line for line in lines if line.startswith("```")).removesuffix("text")
    begin = lines.index(f"{fence}text")
    end = lines.index(fence, begin + 1)
    assert lines[begin + 1 : end] == text.split("\n")
