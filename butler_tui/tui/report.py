"""The report of a run: what was asked for, what was done and found so, or what would be. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from butler_tui.core.calls import CallState, CallStatus, Checking
from butler_tui.core.ending import standing
from butler_tui.core.events import StepRehearsed
from butler_tui.core.report import Line, lines_of
from butler_tui.core.report_ahead import Ahead, Matter, ahead_of, place
from butler_tui.core.reviewing import in_words
from butler_tui.core.run import RunState
from butler_tui.core.tool import Effect
from butler_tui.tui import words
from butler_tui.tui.parts import TONES, Part, Prose, View, gathered, heading
from butler_tui.tui.text import joined, lines, shown, shown_line
from butler_tui.tui.values import arguments, preview

_WOULD = {
    Effect.CHANGE: "would be changed",
    Effect.SEND: "would be sent",
    Effect.EXECUTE: "would be run",
}
_DECISIONS = {
    "allow": "it would be allowed",
    "ask": "it would be asked",
    "deny": "it would be denied",
}


def report_view(state: RunState) -> View:
    """The whole report, for the whole screen."""
    return View("report", gathered(_whole(state)))


def _whole(state: RunState) -> Iterator[Part]:
    yield heading("asked for")
    yield shown(state.goal, "bold")
    because = f" ({state.because})" if state.because and not state.status.over else ""
    yield lines([heading("where it stands"), shown(f"{standing(state)}{because}")])
    if state.error:
        yield lines([heading("why it failed"), shown(state.error, "$error")])
    if state.answer:
        said = "answer" if state.status.over else "said so far"
        yield heading("would say, though nothing was done" if state.rehearses else said)
        yield Prose(state.answer)
    yield from report_of(state)
    yield from _not_done(state)
    yield from _ahead(ahead_of(state))
    yield from reviews(state)
    yield lines([heading("cost"), shown(_cost(state))])


def report_of(state: RunState) -> Iterator[Part]:
    """What was done, each line as code found it; in a rehearsal, what would be."""
    if state.rehearses:
        yield from _rehearsal(state)
    done = [one for one in lines_of(state) if one.mark in _DONE]
    if done:
        yield lines([heading("what was done"), *(_line(one) for one in done)])


def reviews(state: RunState) -> Iterator[Part]:
    """What the reviewer said of each revision, or why there was no review."""
    if state.reviews:
        said = (shown_line(in_words(one), _REVIEWS[one.verdict]) for one in state.reviews)
        yield lines([heading("review"), *said])


_REVIEWS = {"approve": "", "revise": "$warning", "none": "$quiet"}
_DONE = ("verified", "unverified", "failed", "undone")
_LOST = ("denied", "taken back", "unknown")
_SIGNS = {mark: words.mark_of_call(mark).sign for mark in _LOST}


def _line(line: Line) -> Content:
    """What the receipt says, and whether it was found so; never the model's word."""
    mark = words.CHECKED.get(line.mark, words.CHECKED["unverified"])
    said = [shown(f"{place(line.step, line.item)}: {line.summary}"), Content(f"  {line.mark}")]
    if line.detail and line.mark != "verified":
        said.append(joined(": ", shown(line.detail)))
    return joined((f"{mark.sign} ", TONES[mark.tone]), *said)


def _not_done(state: RunState) -> Iterator[Part]:
    """What was denied or taken back, and what may have happened."""
    lost = [one for one in lines_of(state) if one.mark in _LOST]
    if lost:
        said = (f"{_SIGNS[one.mark]} {place(one.step, one.item)} {one.describe()}" for one in lost)
        yield lines([heading("what was not done"), *(shown(one, "$warning") for one in said)])


def _ahead(ahead: Ahead) -> Iterator[Part]:
    """What an open run has looked at, what waits for the person, and what would come."""
    for title, sign, tone, matters in (
        ("what was looked at", words.DONE.sign, "$success", ahead.looked),
        ("what waits for you", words.NEEDS.sign, "$warning", ahead.waiting),
        ("what would come", words.PENDING.sign, "$quiet", ahead.coming),
    ):
        if matters:
            yield lines([heading(title), *(_matter(one, sign, tone) for one in matters)])


def _matter(one: Matter, sign: str, tone: str) -> Content:
    said = shown(f"{place(one.step, one.item)}: {one.summary}")
    return joined(
        (f"{sign} ", tone), said, shown(f"  {one.detail}" if one.detail else "", "$quiet")
    )


def _rehearsal(state: RunState) -> Iterator[Part]:
    """What would be changed, sent and run, each with its preview, and what it would be asked."""
    every = state.calls_in_order()
    calls = [one.rehearsal for one in every if one.rehearsal is not None]
    over = state.status.over
    if not calls:
        said = "nothing would be changed, sent or run" if over else "nothing so far"
        yield lines([heading("what would happen"), shown(said)])
    for effect, would in _WOULD.items():
        mine = [one for one in calls if one.effect is effect]
        if mine:
            yield heading(f"{would}: {words.count(len(mine), 'call')}")
        for one in mine:
            where = place(one.step, one.item)
            yield joined(("~ ", "$success"), shown_line(f"{where}  {one.tool}", "bold"))
            yield from arguments(one.args, one.labels)
            yield from rehearsed(one)
            yield Content("")
    for one in (one for one in every if one.status is CallStatus.DENIED):
        yield shown(
            f"- {place(one.step, one.item)} {one.tool} would be denied: {one.error}", "$error"
        )
    yield lines([heading("what the rehearsal cost"), shown(_cost(state))])


def rehearsed(call: StepRehearsed) -> Iterator[Part]:
    """What a rehearsed call would do, and what would have been said of it."""
    said = _DECISIONS.get(call.decision, "")
    because = f" because {call.because}" if call.because else ""
    if said:
        yield shown(f"{said}{because}", "$quiet")
    if call.preview:
        yield from preview(call.preview, call.preview_kind)


def checked(checking: Checking) -> Content:
    """What code found when it looked again."""
    mark = words.CHECKED[checking.verdict]
    detail = f": {checking.detail}" if checking.detail else ""
    return joined((f"{mark.sign} ", TONES[mark.tone]), shown(f"{mark.word}{detail}"))


def undone(call: CallState) -> Iterator[Part]:
    """By which run what the call changed was put back, and what was left alone."""
    yield shown(f"undone by run {call.undone}", "$warning")
    yield from (shown(f"left alone: {path}", "$warning") for path in call.left)


def _cost(state: RunState) -> str:
    spent = state.spent
    if not spent.calls:
        return "no model was called"
    return f"{words.cost(spent.cost, priced=spent.priced)} in {words.count(spent.calls, 'call')}"
