"""The card of a held call and of a question: what is said before anything happens. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from butler_tui.core.events import ApprovalRequested, QuestionAsked
from butler_tui.core.labels import Labels, text_of
from butler_tui.tui.deck import Asked
from butler_tui.tui.describe import Part, gathered
from butler_tui.tui.text import joined, lines, shown, shown_line
from butler_tui.tui.values import arguments, preview

if TYPE_CHECKING:
    from butler_tui.core.rules import Rule

_EFFECTS = {
    "observe": "looks at this machine",
    "fetch": "fetches from outside",
    "change": "changes this machine",
    "send": "sends something out",
    "execute": "runs something",
}
_SHORT = 60


def place_of(asked: ApprovalRequested | QuestionAsked) -> str:
    """The step that asks, with its element."""
    return asked.step + "".join(f"[{number}]" for number in asked.item)


def head_of(asked: ApprovalRequested, count: int = 1) -> Content:
    """Which tool, what it does to the world, whether it keeps what was there, why it is asked."""
    said = [asked.effect.value if asked.effect is not None else "no effect"]
    said.append("what it replaces is kept" if asked.undoable else "cannot be taken back")
    style = "$quiet" if asked.undoable else "$warning"
    times = f" · {count} calls" if count > 1 else ""
    step = asked.step if count > 1 else place_of(asked)
    first = joined(
        shown_line(asked.tool, "bold"),
        (times, "bold"),
        "  ",
        (" · ".join(said), style),
        "  ",
        shown_line(f"step {step}", "$quiet"),
    )
    return lines([first, shown(f"asked because {asked.because or 'nothing allows it'}", "$quiet")])


def body_of(asks: Sequence[Asked]) -> tuple[Part, ...]:
    """The head, the exact arguments in full with their sources, and what the tool would do.

    Several calls stand one below the other, each with all of that.
    """
    return gathered(_body(asks))


def _body(asks: Sequence[Asked]) -> Iterator[Part]:
    first = asks[0]
    if isinstance(first, QuestionAsked):
        yield shown_line(f"step {place_of(first)} asks", "$quiet")
        yield Content("")
        yield shown(first.question, "bold")
        return
    yield head_of(first, len(asks))
    for one in asks:
        if isinstance(one, ApprovalRequested):
            yield Content("")
            if len(asks) > 1:
                yield shown_line(place_of(one), "bold")
            yield from _call(one)


def _call(asked: ApprovalRequested) -> Iterator[Part]:
    short = {name: value for name, value in asked.args.items() if _is_short(text_of(value))}
    long = {name: value for name, value in asked.args.items() if name not in short}
    yield from arguments(short, asked.labels)
    yield from _led_to(asked)
    if asked.preview:
        yield joined("\n", ("what it would do", "$quiet"))
        yield from preview(asked.preview, asked.preview_kind)
    if long:
        yield Content("")
        yield from arguments(long, asked.labels)


def _led_to(asked: ApprovalRequested) -> Iterator[Part]:
    """Where a path really leads, when it does not say so itself."""
    for name, value in asked.args.items():
        place = asked.seen.get(name)
        if place is not None and isinstance(value, str) and place != value:
            yield joined(shown_line(f"{name} is ", "$quiet"), shown(place))


def _is_short(text: str) -> bool:
    return len(text) <= _SHORT and "\n" not in text


def why_of(asked: ApprovalRequested, mode: str) -> tuple[Part, ...]:
    """Everything that led to the question, in words."""
    return gathered(_why(asked, mode))


def _why(asked: ApprovalRequested, mode: str) -> Iterator[Part]:
    yield Content.styled("why this is asked", "bold")
    yield shown(f"Butler asked because {asked.because or 'nothing allows it'}.")
    if asked.effect is not None:
        yield shown(
            f"Its effect is {asked.effect.value}: it {_EFFECTS[asked.effect.value]}. "
            f"The mode of this run is {mode}."
        )
    for name in asked.args:
        label = Labels.load(asked.labels.get(name, {})).overall()
        for source in sorted(label.sources, key=repr):
            style = "$warning" if source.untrusted else ""
            yield shown(f"- {name}: {source.describe()}", style)
    yield Content("")
    yield Content.styled("what you can say", "bold")
    yield Content(
        "y allows this one call.\n"
        "r allows such calls until this run is over.\n"
        "A shows the rule that would allow such calls always; nothing is kept before you say y.\n"
        "e lets you change the arguments first.\n"
        "n denies it; Butler does not try the same again in this run."
    )


def rule_of(rule: Rule, asked: ApprovalRequested) -> tuple[Part, ...]:
    """The exact rule that *always* would keep, and what it lets pass."""
    return gathered(_rule(rule, asked))


def _rule(rule: Rule, asked: ApprovalRequested) -> Iterator[Part]:
    yield Content.styled("this rule would be kept in rules.toml", "bold")
    yield Content("")
    yield shown_line(f"{'tool':<10}{rule.tool}")
    for name, glob in rule.args.items():
        globs = [glob] if isinstance(glob, str) else glob
        yield joined(shown_line(f"{name:<10}", "$primary"), shown(" or ".join(globs)))
    yield shown_line(f"{'decision':<10}{rule.decision}")
    if rule.because:
        yield shown_line(f"{'because':<10}{rule.because}")
    yield Content("")
    free = [name for name in asked.args if name not in rule.args]
    if free:
        yield shown(f"It allows any {', '.join(free)}.", "$warning")
    yield Content("y keeps the rule and allows this call. Esc goes back.")
