"""Which recipe a goal in a person's own words fits, and with which values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.labels import Json
from butler_tui.planning.recipes import Recipes

RECIPES = Recipes.load(None)


def matched(goal: str) -> tuple[str, dict[str, Json]] | None:
    match = RECIPES.match(goal)
    return None if match is None else (match.recipe.name, dict(match.parameters))


@pytest.mark.parametrize(
    "goal",
    [
        "Summarise notes.md and save it to out.md",
        "SUMMARISE notes.md AND SAVE IT TO out.md",
        "Please could you summarize the file notes.md and then save the result in out.md, thanks!",
        "hey Butler, sum up notes.md, then store it as out.md please",
        "I'd like you to summarise notes.md and write it to out.md.",
        "I need a summary of notes.md and save it to out.md",
        "write a summary of notes.md to out.md",
        "sumarise `notes.md` and savve it to 'out.md'",
        'Give me the gist of "notes.md" and save the summary to “out.md”',
        "summarise the file called notes.md and save it to the file out.md",
    ],
)
def test_the_same_wish_in_other_words_is_the_same(goal: str) -> None:
    assert matched(goal) == (
        "summarise-file-to-file",
        {"path": "notes.md", "sentences": 5, "save_to": "out.md"},
    )


@pytest.mark.parametrize(
    ("goal", "name", "values"),
    [
        ("summarise notes.md in three sentences", "summarise-file", {"sentences": 3}),
        ("summarise README", "summarise-file", {"path": "README"}),
        ("summarise ./notes.org", "summarise-file", {"path": "./notes.org"}),
        ('summarise "my old notes.md"', "summarise-file", {"path": "my old notes.md"}),
        (r"summarise my\ old\ notes.md", "summarise-file", {"path": "my old notes.md"}),
        (r"summarise C:\me\notes.md", "summarise-file", {"path": r"C:\me\notes.md"}),
        ("summarise thesis.PDF", "summarise-document", {"path": "thesis.PDF"}),
        ("summarise notes/", "summarise-folder", {"folder": "notes/"}),
        ("summarise the notes folder", "summarise-folder", {"folder": "notes"}),
        ("summarise this folder", "summarise-folder", {"folder": "."}),
        ("summarise the files in ~/x", "summarise-folder", {"folder": "~/x"}),
        ("summarise example.org", "summarise-page", {"url": "https://example.org"}),
        ("summarise HTTP://a.b/c?d=(e)", "summarise-page", {"url": "HTTP://a.b/c?d=(e)"}),
        ("summarise www.a.museum/b", "summarise-page", {"url": "https://www.a.museum/b"}),
        ("clean up my Downloads folder", "tidy-folder", {"folder": "~/Downloads"}),
        ("tidy ./Downloads", "tidy-folder", {"folder": "./Downloads"}),
        ("organise dl", "tidy-folder", {"folder": "dl"}),
        ("please tidy up dl by kind", "tidy-folder", {"folder": "dl"}),
        ("tidy files in photos", "tidy-folder", {"folder": "photos"}),
        ("organize the notes folder", "tidy-folder", {"folder": "notes"}),
        ("tidy this folder by type", "tidy-folder", {"folder": "."}),
        ("find files named *.md", "find-files-by-name", {"name": "*.md", "folder": "."}),
        ("list all files called 'a b'", "find-files-by-name", {"name": "a b"}),
        ("which files mention Anna's mail", "find-files-with-text", {"text": "Anna's mail"}),
        ("find TODO in src/", "find-files-with-text", {"text": "TODO", "folder": "src/"}),
        ('search for "a and send b" in x/', "find-files-with-text", {"text": "a and send b"}),
        ("search the web for C++?", "search-web", {"query": "C++"}),
        ("look for cats and dogs online", "search-web", {"query": "cats and dogs"}),
        (
            "search the web for how to save money and save the results",
            "search-web-to-file",
            {"query": "how to save money", "save_to": "results.md"},
        ),
        ("download a.de/x.zip", "download-file", {"url": "https://a.de/x.zip", "save_to": "x.zip"}),
        ("download a.de/%2e%2e/..%2fx%00", "download-file", {"save_to": "x"}),
        ("download https://a.de", "download-file", {"save_to": "download"}),
        ("download https://a.de/.bashrc", "download-file", {"save_to": "bashrc"}),
        ("get a.de/x.pdf and save it as y.pdf", "download-file", {"save_to": "y.pdf"}),
        ("get a.de/x and save it as y.md", "save-page", {"save_to": "y.md"}),
        ("what changed between a.txt and b.txt?", "compare-files", {"other": "b.txt"}),
        ("sum amount per shop of s.xlsx", "total-by-group", {"column": "amount", "group": "shop"}),
        ("plot the column weight from x.csv", "draw-column", {"column": "weight"}),
        ("what is in the spreadsheet x.xlsx", "describe-table", {"path": "x.xlsx"}),
        (
            "rename the files in photos/ named *.jpg with prefix a-",
            "rename-files-with-prefix",
            {"folder": "photos/", "pattern": "*.jpg", "prefix": "a-"},
        ),
    ],
)
def test_a_goal_finds_its_recipe_and_values(goal: str, name: str, values: dict) -> None:
    found = matched(goal)
    assert found is not None
    assert found[0] == name
    assert values.items() <= found[1].items()


@pytest.mark.parametrize(
    "goal",
    [
        "",
        "?",
        "summarise",
        "summarise NATO",
        "summarise photosynthesis for my exam",
        "summarise notes.md in French",
        "summarise notes.md and mail it to Bob",
        "summarise notes.md but leave out the dates",
        "summarise a.md b.md",
        "do not summarise notes.md",
        "search the web for cats and email them to Bob",
        "find files containing invoice, then delete them",
        "delete notes.md",
        "tidy up my life",
        "organise dinner",
        "organise a party",
        "clean kitchen",
        "arrange flowers",
        "tidy notes.txt",
        "tidy everything",
        "summarise notes",
        "summarise dl",
        "summarise bob@example.org",
        "download the news",
        'total a"b by c in x.csv',
        "rename the files in a/ by adding the prefix ../",
        "what is the capital of France?",
        "summarise notes.md " * 500,
        "summarise " + "a " * 900,
    ],
)
def test_a_goal_that_says_more_or_something_else_fits_none(goal: str) -> None:
    assert matched(goal) is None


def test_the_persons_own_recipe_wins_a_tie_and_needs_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir(mode=0o700)
    head = '+++\ntitle = "Mine"\nexamples = ["x"]\nphrasings = ["{}"]\n{}{}+++\nanswer("x")\n'
    path = '[parameters.p]\ntype = "path"\n[parameters.sentences]\ntype = "whole"\ndefault = 5\n'
    for name, text in (
        ("zz", head.format("summarise {p}", "", path)),
        ("poem", head.format("write a poem", 'needs = "model"\n', "")),
    ):
        (folder / f"{name}.recipe").write_text(text)
        (folder / f"{name}.recipe").chmod(0o600)
    recipes = Recipes.load(folder)
    assert not recipes.broken
    tied = recipes.match("summarise notes.md")
    assert tied is not None
    assert tied.recipe.name == "zz"
    assert recipes.match("write a poem") is not None
    assert recipes.match("write a poem", model=False) is None


def test_the_nearest_recipes_come_nearest_first() -> None:
    near = RECIPES.nearest("compare these two texts in French")
    assert len(near) == 3
    assert near[0].name == "compare-files"
    assert len(RECIPES.nearest("anything", 5)) == 5


def test_no_fit_names_the_nearest_with_an_example_and_how_to_add_a_model() -> None:
    said = RECIPES.no_fit("Compare the weather in Rome with Oslo")
    assert "  compare-files: compare old.md with new.md\n" in said
    assert "summarise" not in said
    for way in ("butler run --model", "BUTLER_MODEL", "[model] in config.toml"):
        assert way in said
    assert "nearest" not in Recipes().no_fit("anything")


@pytest.mark.parametrize("goal", ["Book me a flight to Rome", "what is 2+2", "turn on the lights"])
def test_no_recipe_is_called_near_that_speaks_of_something_else(goal: str) -> None:
    said = RECIPES.no_fit(goal)
    assert "nearest" not in said
    assert "`butler recipes` lists them all." in said


VERBS = (
    "summarise",
    "save",
    "find",
    "compare",
    "describe",
    "total",
    "by",
    "for",
    "and",
    "in",
    "to",
)
SMALL = ("by", "for", "and", "in", "to", "the")
NOUNS = ("file", "folder", "web", "column", "notes.md", "a.csv", "a/", '"x y"', "https://a.de", "3")
MARKS = (",", "?", "'", "\\ ", "\u202e", ".")
WORDS = st.sampled_from((*VERBS, *SMALL, *NOUNS, *MARKS))


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=80))
def test_whatever_the_goal_a_match_has_every_parameter_in_its_type(goal: str) -> None:
    match = RECIPES.match(goal)
    if match is not None:
        assert match.recipe.filled(match.parameters) == match.parameters
        assert set(match.parameters) == {one.name for one in match.recipe.parameters}
