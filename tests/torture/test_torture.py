"""The torture, shortened: kills at random moments, and a power loss at any write."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from power_loss import cut, half_copied, journal_under_way, kept_of
from run import many

KILLS = 10


@pytest.mark.timeout(300)
async def test_runs_that_are_killed_lose_and_double_nothing() -> None:
    figures = await many(KILLS, first=random.randrange(1, 100_000), at_once=1, keep=False)
    assert figures.kills >= KILLS
    assert figures.well, str(figures)


@pytest.mark.timeout(120)
async def test_a_power_loss_leaves_a_whole_beginning_of_the_journal(tmp_path: Path) -> None:
    chance = random.Random(7)
    files, after = await journal_under_way(tmp_path / "run")
    counts: list[int] = []
    broken = [*cut(files, 24, chance), *half_copied(files, after, 8, chance)]
    for number, one in enumerate([*broken, files]):
        home = tmp_path / f"home{number}"
        home.mkdir(mode=0o700)
        kept, wrong = await kept_of(one, home)
        assert wrong == [], f"after {len(one.log)} bytes of the log"
        counts.append(kept)
    cuts = counts[:24]
    assert cuts == sorted(cuts) and cuts[0] < cuts[-1]
    assert counts[24:] == [len(files.events)] * 9


async def test_a_journal_that_lost_an_event_is_seen(tmp_path: Path) -> None:
    files, _ = await journal_under_way(tmp_path / "run")
    (tmp_path / "home").mkdir(mode=0o700)
    other = replace(files, events=files.events[1:])
    _, wrong = await kept_of(other, tmp_path / "home")
    assert wrong
