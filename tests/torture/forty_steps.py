"""A plan of forty steps that mixes every effect, and how to see in the world what each one did."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ledger import Ledger

Seen = Callable[[], int]
"""How often the effect is there: 0, 1, or more."""


@dataclass
class FortySteps:
    """The plan's text, and for each step with an effect how often it happened."""

    folder: Path
    ledger: Ledger
    lines: list[str] = field(default_factory=lambda: ["# Forty steps"])
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The plan."""
        return "\n".join(self.lines) + "\n"


def forty_steps(folder: Path, ledger: Ledger, chance: random.Random) -> FortySteps:
    """Furnish the folder and write a plan over it, in an order that chance decides."""
    made = FortySteps(folder, ledger)
    for name in ("ran", "moved"):
        (folder / name).mkdir()
    slots = "".join(f"[slot {number}]\n" for number in range(4))
    (folder / "doc.txt").write_text(slots)
    (folder / "log.txt").write_text("begun\n")
    (folder / "table.csv").write_text("name,count\na,1\nb,2\n")
    calls = [*_changes(made), *_sends(made), *_commands(made), *_reads(made)]
    chance.shuffle(calls)
    names: list[str] = []
    asked = [_asked(names, number) for number in (1, 2)]
    for number, call in enumerate([*asked, *calls], 1):
        name = f"s{number:02}"
        text, seen = call(name)
        if names and chance.random() < 0.6:
            text = f"{text[:-1]}, after=[{chance.choice(names)}])"
        made.lines.append(f"{name} = {text}")
        if seen is not None:
            made.seen[name] = seen
        names.append(name)
    made.lines.append(f'answer(f"{{s01.text}} and {{s02.text}}", after=[{", ".join(names[2:])}])')
    return made


Call = Callable[[str], tuple[str, Seen | None]]
"""Given a step's name: the call's text, and how to see its effect."""


def _asked(names: list[str], number: int) -> Call:
    return lambda name: (f'ask_user("Which one is number {number}?")', None)


def _changes(made: FortySteps) -> list[Call]:
    folder = made.folder

    def times(file: str, part: str) -> int:
        path = folder / file
        return path.read_text().count(part) if path.exists() else 0

    def append(name: str) -> tuple[str, Seen]:
        text = f'write_file("log.txt", "line {name}.\\n", append=True)'
        return text, lambda: times("log.txt", f"line {name}.\n")

    def write(name: str) -> tuple[str, Seen]:
        text = f'write_file("new-{name}.txt", f"{name}: {{s01.text}}")'
        return text, lambda: times(f"new-{name}.txt", name)

    def edit(slot: int) -> Call:
        return lambda name: (
            f'edit_file("doc.txt", "[slot {slot}]", "<done {slot}> [slot {slot}]")',
            lambda: times("doc.txt", f"<done {slot}>"),
        )

    def move(name: str) -> tuple[str, Seen]:
        source, target = folder / f"move-{name}.txt", folder / f"moved/{name}.txt"
        source.write_text(f"to be moved by {name}")
        text = f'move_file("{source.name}", "moved/{name}.txt")'
        return text, lambda: int(target.exists() and not source.exists())

    def copy(name: str) -> tuple[str, Seen]:
        source, target = folder / f"copy-{name}.txt", folder / f"copied/{name}.txt"
        source.write_text(f"to be copied by {name}")
        text = f'copy_file("{source.name}", "copied/{name}.txt")'
        return text, lambda: int(target.exists() and target.read_text() == source.read_text())

    def delete(name: str) -> tuple[str, Seen]:
        path = folder / f"old-{name}.txt"
        path.write_text(f"to be deleted by {name}")
        return f'delete_file("{path.name}")', lambda: int(not path.exists())

    def table(name: str) -> tuple[str, Seen]:
        text = f'write_table("new-{name}.csv", [{{"step": "{name}"}}])'
        return text, lambda: times(f"new-{name}.csv", name)

    def cell(name: str) -> tuple[str, Seen]:
        text = f"""edit_table("table.csv", cells=[{{"cell": "B2", "value": "by {name}"}}])"""
        return text, lambda: times("table.csv", f"by {name}")

    return [
        *[append] * 5,
        *[write] * 2,
        *[edit(slot) for slot in range(4)],
        *[move] * 3,
        *[copy] * 2,
        *[delete] * 2,
        table,
        cell,
    ]


def _sends(made: FortySteps) -> list[Call]:
    def post(name: str) -> tuple[str, Seen]:
        text = f'http_request("POST", "{made.ledger.origin}/{name}", body={{"step": "{name}"}})'
        return text, lambda: made.ledger.count(f"/{name}")

    return [post] * 7


def _commands(made: FortySteps) -> list[Call]:
    def command(name: str) -> tuple[str, Seen]:
        script = f"sleep 0.05; echo {name}. >> {name}.txt; sleep 0.05"
        text = f'run_command(["sh", "-c", "{script}"], folder="ran")'
        path = made.folder / f"ran/{name}.txt"
        return text, lambda: path.read_text().count(f"{name}.") if path.exists() else 0

    def python(name: str) -> tuple[str, Seen]:
        return 'run_python("sum(range(10))")', lambda: 1

    return [*[command] * 3, python]


def _reads(made: FortySteps) -> list[Call]:
    return [
        lambda name: ('read_file("doc.txt")', None),
        lambda name: ('list_files(".", "*.txt")', None),
        lambda name: ('read_file("table.csv")', None),
        lambda name: (f'http_request("GET", "{made.ledger.origin}/page")', None),
        lambda name: (f'http_request("GET", "{made.ledger.origin}/page")', None),
    ]
