"""`butler memory` lists what was remembered and where it came from, and forgets it."""

from __future__ import annotations

from command_line import CommandLine


def test_facts_are_listed_found_and_forgotten(butler: CommandLine) -> None:
    plan = butler.plan('remember("Anna eats no nuts")\nremember("The car is red")\n')
    assert butler("run", "--plan", plan, "--yes").code == 0
    listed = butler("memory", "list", "nuts", "--json")
    assert listed.code == 0
    assert '"fact": "Anna eats no nuts"' in listed.out
    identity = listed.out.split('"id": "')[1].split('"')[0]
    assert "Forgotten: Anna eats no nuts" in butler("memory", "forget", identity).err
    left = butler("memory")
    assert "The car is red" in left.out
    assert "nuts" not in left.out
    again = butler("memory", "forget", identity)
    assert again.code == 2
    assert "There is no fact" in again.err
