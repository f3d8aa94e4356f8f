"""Going back over what calls kept: what is put back, and what is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from butler_tui.core.calls import CallState, CallStatus
from butler_tui.core.errors import ToolError
from butler_tui.core.going_back import go_back
from butler_tui.core.undoing import ABSENT, Entry, FolderTime, Kept, after_of

FOLDER = Entry("folder")


def file(text: str) -> Entry:
    return Entry("file", sha256=text, bytes=len(text))


def kept(path: str, before: Entry, after: Entry | None, step: str = "s") -> Kept:
    return Kept(path, step, (), before, after)


@dataclass
class Played:
    """A world that is a dict of paths."""

    there: dict[str, Entry]
    dropped: set[str] = field(default_factory=set)

    def look(self, path: str) -> Entry:
        if path.startswith("/out"):
            raise ToolError("outside", f"{path} lies outside.")
        return self.there.get(path, ABSENT)

    def inside(self, path: str) -> Sequence[str]:
        return [one for one in self.there if one.rpartition("/")[0] == path]

    def modified(self, path: str) -> int:
        return self.there[path].modified

    def holds(self, sha256: str) -> bool:
        return sha256 not in self.dropped


def test_each_path_is_put_back_once_to_what_was_first() -> None:
    steps = [
        kept("/a", file("2"), file("3"), "third"),
        kept("/a", file("1"), file("2"), "second"),
        kept("/a", ABSENT, file("1"), "first"),
    ]
    going = go_back(steps, Played({"/a": file("3")}))
    [one] = going.restores
    assert (one.path, one.now, one.to) == ("/a", file("3"), ABSENT)
    assert list(going.calls) == [("third", ()), ("second", ()), ("first", ())]
    assert going.left == []


def test_what_changed_between_two_steps_is_where_it_ends() -> None:
    """Somebody changed the file after the first step and before the second."""
    steps = [
        kept("/a", file("mine"), file("2"), "second"),
        kept("/a", ABSENT, file("1"), "first"),
    ]
    going = go_back(steps, Played({"/a": file("2")}))
    assert [one.to for one in going.restores] == [file("mine")]
    assert [(one.step, one.because) for one in going.left] == [("first", "it has changed since")]
    assert list(going.calls) == [("second", ())]


def test_a_folder_goes_when_all_in_it_goes() -> None:
    steps = [kept("/x/n", ABSENT, file("1")), kept("/x", ABSENT, FOLDER)]
    going = go_back(steps, Played({"/x": FOLDER, "/x/n": file("1")}))
    assert {one.path for one in going.restores} == {"/x", "/x/n"}
    going = go_back(steps, Played({"/x": FOLDER, "/x/n": file("1"), "/x/mine": file("m")}))
    assert {one.path for one in going.restores} == {"/x/n"}
    assert [one.because for one in going.left] == ["it is not empty"]
    going = go_back(steps, Played({"/x": FOLDER, "/x/n": file("mine")}))
    assert [one.because for one in going.left] == ["it has changed since", "it is not empty"]


def test_a_folder_that_two_calls_saw_missing_goes() -> None:
    """Side by side, the second kept the missing folder after the first had written into it."""
    steps = [
        kept("/x/2", ABSENT, file("2"), "second"),
        kept("/x", ABSENT, FOLDER, "second"),
        kept("/x/1", ABSENT, file("1"), "first"),
        kept("/x", ABSENT, FOLDER, "first"),
    ]
    there = {"/x": FOLDER, "/x/1": file("1"), "/x/2": file("2")}
    going = go_back(steps, Played(there))
    assert {one.path for one in going.restores} == {"/x", "/x/1", "/x/2"}
    assert going.left == []
    going = go_back(steps[:2], Played(there))
    assert [one.path for one in going.restores] == ["/x/2"]
    assert [(one.path, one.step) for one in going.left] == [("/x", "second")]
    assert going.calls == {("second", ()): ["/x/2"]}


def test_a_folder_in_the_place_of_a_file_stays_when_it_is_not_empty() -> None:
    steps = [kept("/n", ABSENT, FOLDER, "made"), kept("/n", file("1"), ABSENT, "deleted")]
    going = go_back(steps, Played({"/n": FOLDER}))
    assert [one.to for one in going.restores] == [file("1")]
    going = go_back(steps, Played({"/n": FOLDER, "/n/mine": file("m")}))
    assert going.restores == []
    assert {one.step for one in going.left} == {"made", "deleted"}
    assert going.calls == {}


def test_an_attempt_that_was_repeated_leaves_what_was_first() -> None:
    """The first attempt wrote the file and was not seen to finish; the second wrote it again."""
    steps = [kept("/a", file("new"), file("new")), kept("/a", file("old"), file("new"))]
    going = go_back(steps, Played({"/a": file("new")}))
    assert [one.to for one in going.restores] == [file("old")]
    # The first attempt got nowhere, and the person changed the file before the second.
    steps = [kept("/a", file("mine"), file("new")), kept("/a", file("old"), file("new"))]
    going = go_back(steps, Played({"/a": file("new")}))
    assert [one.to for one in going.restores] == [file("mine")]
    assert going.left == []


def test_without_a_receipt_nothing_that_is_there_is_touched() -> None:
    steps = [
        kept("/gone", file("1"), None),
        kept("/there", file("1"), None),
        kept("/same", file("1"), None),
        kept("/new", ABSENT, None),
    ]
    world = Played({"/there": file("?"), "/same": file("1"), "/new": file("?")})
    going = go_back(steps, world)
    assert [one.path for one in going.restores] == ["/gone"]
    assert [one.path for one in going.same] == ["/same"]
    assert [one.path for one in going.left] == ["/there", "/new"]


def test_what_may_not_be_used_or_is_no_longer_kept_is_named() -> None:
    steps = [kept("/out/a", file("1"), file("2")), kept("/b", file("1"), file("2"))]
    going = go_back(steps, Played({"/b": file("2")}, dropped={"1"}))
    assert going.restores == []
    assert [one.because for one in going.left] == [
        "/out/a lies outside",
        "what was there is no longer kept",
    ]


def test_the_same_content_gets_its_time_and_permissions_back() -> None:
    old = Entry("file", sha256="1", mode=0o600, modified=5)
    going = go_back([kept("/a", old, file("1"))], Played({"/a": file("1")}))
    assert [one.to for one in going.restores] == [old]


def test_a_folder_has_its_time_again_unless_somebody_else_changed_it() -> None:
    def step(path: str, step: str, before: int, after: int) -> Kept:
        return Kept(path, step, (), ABSENT, file("1"), FolderTime("/x", before, after))

    steps = [step("/x/b", "second", 2, 3), step("/x/a", "first", 1, 2)]
    there = {"/x": Entry("folder", modified=3), "/x/a": file("1"), "/x/b": file("1")}
    assert go_back(steps, Played(there)).times == {"/x": 1}
    assert go_back(steps[1:], Played(there)).times == {}
    assert go_back(steps[:1], Played(there)).times == {"/x": 2}
    assert go_back(steps, Played({**there, "/x": Entry("folder", modified=4)})).times == {}
    assert go_back(steps, Played({**there, "/x/a": file("mine")})).times == {}


def call(facts: dict[str, object]) -> CallState:
    return CallState("s", (), CallStatus.DONE, receipt={"summary": "", "facts": facts})


def test_receipts_tell_what_a_call_left() -> None:
    files = call({"files": [{"path": "/w/a", "sha256": "1"}, {"path": "/w/b", "sha256": None}]})
    assert after_of("/w/a", ABSENT, files, "/w") == Entry("file", sha256="1")
    assert after_of("/w/b", file("0"), files, "/w") == ABSENT
    assert after_of("/w/x", ABSENT, files, "/w") == FOLDER
    assert after_of("/w/c", file("0"), files, "/w") is None
    own = call({"path": "notes/a.md", "sha256": "7"})
    assert after_of("/w/notes/a.md", ABSENT, own, "/w") == Entry("file", sha256="7")
    assert after_of("/w/a", ABSENT, CallState("s", (), CallStatus.UNKNOWN), "/w") is None
    link = call({"entries": [{"path": "/w/l", "kind": "link", "target": "t"}]})
    assert after_of("/w/l", ABSENT, link, "/w") == Entry("link", target="t")
