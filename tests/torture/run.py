"""Kills Butler at random moments, many times over: nothing may be lost, nothing done twice.

    python tests/torture/run.py --kills 200

Each run is a plan of forty steps with every effect; it is killed, resumed, killed again, and then
let end. It prints what it found, and ends with 1 when something was lost, doubled or unsound. A
seed gives the same plan and the same choices; the moments are as the machine makes them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from forty_steps import forty_steps
from judging import doubled, lost, unsound
from ledger import ledger_server
from torment import PROJECT, Torment

KILLS_A_RUN = 8


@dataclass
class Figures:
    """What all runs together came to; `unsound` and the rest are sentences."""

    runs: int = 0
    kills: int = 0
    starts: int = 0
    asked: int = 0
    told: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """True when nothing was lost, doubled or unsound."""
        return not (self.lost or self.doubled or self.unsound)

    def add(self, one: Torment, seed: int) -> None:
        """Count one run."""
        self.runs += 1
        self.kills += one.kills
        self.starts += one.starts
        self.asked += one.asked
        self.told += one.told
        self.lost += [f"seed {seed}: {what}" for what in lost(one)]
        self.doubled += [f"seed {seed}: {what}" for what in doubled(one)]
        self.unsound += [f"seed {seed}: {what}" for what in unsound(one)]

    def __str__(self) -> str:
        counts = (
            f"runs {self.runs}, kills {self.kills}, lost {len(self.lost)}, "
            f"doubled {len(self.doubled)}, asked {self.asked}, unsound {len(self.unsound)} "
            f"(processes {self.starts}, rivals told {self.told})"
        )
        return "\n".join([*self.unsound, *self.lost, *self.doubled, counts])


async def tormented(place: Path, seed: int, most_kills: int, environ: Mapping[str, str]) -> Torment:
    """One run below `place`, killed as chance has it and then brought to its end."""
    home, folder = place / "home", place / "folder"
    for one in (home, folder):
        one.mkdir(parents=True, mode=0o700)
    chance = random.Random(seed)
    with ledger_server(seed) as ledger:
        steps = forty_steps(folder, ledger, chance)
        (home / "config.toml").write_text(
            f'[network]\nallow = ["{ledger.origin}"]\n[limits]\nparallel_steps = 4\n'
        )
        environ = {**environ, "HOME": str(place), "BUTLER_HOME": str(home)}
        one = Torment(home, steps, chance, most_kills, environ)
        await one.carry_out()
        return one


def environment() -> dict[str, str]:
    """What the killed processes run in: this checkout, and no key of the person's."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "LANG": "C.UTF-8",
    }


async def many(kills: int, first: int, at_once: int, keep: bool) -> Figures:
    """Torment runs, `at_once` side by side, until there were so many kills."""
    figures, seeds, begun = Figures(), iter(range(first, 1_000_000)), time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="butler-torture-"))

    async def work() -> None:
        while figures.kills < kills:
            seed = next(seeds)
            one = await tormented(place / str(seed), seed, KILLS_A_RUN, environment())
            before = figures.well
            figures.add(one, seed)
            seconds = time.monotonic() - begun
            print(
                f"{seconds:6.0f} s  seed {seed}: {one.kills} kills, {one.asked} asked", flush=True
            )
            if not keep or (before and figures.well):
                shutil.rmtree(place / str(seed))

    await asyncio.gather(*(work() for _ in range(at_once)))
    return figures


def main() -> int:
    """The script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--at-once", type=int, default=2, help="runs side by side")
    parser.add_argument("--keep", action="store_true", help="leave what was not well behind")
    asked = parser.parse_args()
    figures = asyncio.run(many(asked.kills, asked.seed, asked.at_once, asked.keep))
    print(figures)
    return 0 if figures.well else 1


if __name__ == "__main__":
    sys.exit(main())
