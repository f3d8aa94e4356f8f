"""Writing, summarising, asking and answering, as a plan's steps reach them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolResult
from butler_tui.tools.conversation import answer, ask_user
from butler_tui.tools.extractive import summary
from butler_tui.tools.prose import passages, sentences
from butler_tui.tools.text import fill_text, join_text, summarise_text, write_text

README = """\
---
title: Owl
---
# Owl [![build](https://ci.example/badge.svg)](https://ci.example)

![logo](logo.png)

**Owl** is a small library that reads [sensor](https://example.org/s) logs, e.g. from weather
stations, and draws them in the terminal. It has no dependencies.

| Option | Meaning |
|--------|---------|
| `-v`   | Owl talks. A lot. |

## Installation

```console
$ pip install owl  # Owl is installed. Owl is great. Owl draws logs.
```

See the documentation for more about sensor logs:

- Owl reads sensor logs as CSV and as Parquet
- Night mode

Owl draws sensor logs as lines, bars or points, and it follows a growing file. Bug reports are
welcome. The licence is MIT.
"""

GERMAN = (
    "Der Hof liegt z. B. am 3. Oktober im Schatten, d.h. bis ca. 10 Uhr. Dr. Müller misst das "
    "bzgl. der Bäume usw. genau! „Stimmt das?“ Nr. 7 bleibt hell."
)


async def test_writes_text_from_the_inputs_as_they_are(context: Any) -> None:
    context.model_answer = "Take the first."
    result = await write_text.run(context, "Choose", [{"name": "A"}, None, 2.5])
    assert isinstance(result, ToolResult)
    assert result.output.text == "Take the first."
    assert context.written == [("Choose", [{"name": "A"}, None, 2.5], None)]


async def test_a_schema_decides_the_shape_of_what_is_written(context: Any) -> None:
    context.model_answer = {"name": "A", "stars": 4}
    result = await write_text.run(context, "Choose", [], {"name": "text", "stars": "number"})
    assert result.output == {"name": "A", "stars": 4}
    assert context.written[0][2] == {"name": "text", "stars": "number"}
    assert write_text.shaped_by == "schema"


async def test_text_where_fields_were_asked_is_an_error_worth_another_try(context: Any) -> None:
    context.model_answer = "just words"
    with pytest.raises(ToolError) as raised:
        await write_text.run(context, "Choose", [], {"name": "text"})
    assert (raised.value.code, raised.value.transient) == ("bad_answer", True)


@pytest.mark.parametrize(
    "arguments", [{"instructions": " "}, {"instructions": "x", "inputs": "y", "schema": {}}]
)
async def test_an_empty_order_is_refused_before_a_model_is_asked(
    context: Any, arguments: dict[str, Any]
) -> None:
    context.model_answer = "never"
    with pytest.raises(ToolError, match=r"say what to write|fields"):
        await write_text.run(context, **arguments)
    assert context.written == []


async def test_without_a_model_nothing_is_written(context: Any) -> None:
    with pytest.raises(ToolError, match="No model"):
        await write_text.run(context, "Choose", [])


async def test_a_model_summarises_in_the_number_of_sentences_asked_for(context: Any) -> None:
    context.model_answer = "An owl."
    assert (await summarise_text.run(context, README, 2)).text == "An owl."
    instructions, inputs, _ = context.written[0]
    assert "2 sentences" in instructions
    assert inputs == README


async def test_without_a_model_a_readme_is_summed_up_by_its_own_sentences(context: Any) -> None:
    text = (await summarise_text.run(context, README, 3)).text
    assert text.startswith(
        "Owl is a small library that reads sensor logs, e.g. from weather stations, and draws "
        "them in the terminal."
    )
    assert "Owl draws sensor logs as lines, bars or points" in text
    for noise in ("badge", "logo", "pip install", "Installation", "title", "|", "talks", "See the"):
        assert noise not in text
    assert len(sentences(text)) == 3


async def test_other_errors_of_the_model_are_not_papered_over(context: Any) -> None:
    class Unreachable(type(context)):
        async def write(self, *_: Any) -> str:
            raise ToolError("model_unreachable", "The model does not answer.", transient=True)

    broken = Unreachable(context.folder, context.folders)
    with pytest.raises(ToolError, match="does not answer"):
        await summarise_text.run(broken, README)


async def test_an_empty_text_cannot_be_summarised(context: Any) -> None:
    with pytest.raises(ToolError, match="empty"):
        await summarise_text.run(context, " \n ")


def test_a_text_without_prose_is_summed_up_by_its_lines() -> None:
    assert summary("# Only a heading\n\n| a | b |\n|---|---|", 5) == "Only a heading. a | b."


def test_a_short_text_is_its_own_summary() -> None:
    text = "The first sentence stands here. The second one follows it closely."
    assert summary(text, 5) == text


def test_short_sentences_are_told_where_there_is_room() -> None:
    garden = "Tomatoes need water. Beans need shade. Carrots need sand."
    year = "The winter was long. Spring came late. We planted peas."
    assert summary(f"{garden}\n\n{year}", 8) == f"{garden} {year}"
    assert summary(f"{garden}\n\n{year}", 1) == "The winter was long."
    assert summary(f"{year} Yes. Why so late?", 8) == year


def test_nearly_the_same_is_said_once_and_another_number_is_another_thing() -> None:
    first = "The committee approved the new budget for the city library on Monday."
    again = "On Monday the committee approved the new budget for the city library again."
    assert summary(f"{first}\n\n{again}", 5) in (first, again)
    for other in (first.replace("approved", "never approved"), "Room 12 costs 30 euros a night."):
        near = other.replace("12", "13")
        text = f"{first if 'never' in other else near}\n\n{other}"
        assert len(sentences(summary(text, 5))) == 2


def test_nothing_is_said_twice() -> None:
    line = "The river rises in spring and floods the lower fields."
    assert summary(f"{line}\n\n{line}\n\nThe mill was built much later, in 1822.", 3) == (
        f"{line} The mill was built much later, in 1822."
    )


def test_german_abbreviations_ordinals_and_quotes_do_not_part_a_sentence() -> None:
    assert sentences(GERMAN) == [
        "Der Hof liegt z. B. am 3. Oktober im Schatten, d.h. bis ca. 10 Uhr.",
        "Dr. Müller misst das bzgl. der Bäume usw. genau!",
        "„Stimmt das?“",
        "Nr. 7 bleibt hell.",
    ]


def test_english_abbreviations_initials_versions_and_code_do_not_part_a_sentence() -> None:
    text = (
        "J. R. Smith wrote `a. B. c` for v3.11, i.e. Linux (see Fig. 2). It costs 5. Then it runs "
        "with lists, trees, etc. Nothing else... and more. Really?! Yes."
    )
    assert sentences(text) == [
        "J. R. Smith wrote `a. B. c` for v3.11, i.e. Linux (see Fig. 2).",
        "It costs 5.",
        "Then it runs with lists, trees, etc.",
        "Nothing else... and more.",
        "Really?!",
        "Yes.",
    ]


def test_passages_are_paragraphs_and_list_items_without_markup() -> None:
    text = (
        "Title\n=====\n\nOne *two* __three__,\nborn on the\n12. of May.\n\n"
        "1. first `x*y*z`\n   goes on\n2. second\n\n    code here\n\n> quoted <b>bold</b>\n"
    )
    assert [(one.text, one.is_item) for one in passages(text)] == [
        ("One two three, born on the 12. of May.", False),
        ("first `x*y*z` goes on", True),
        ("second", True),
        ("code here", True),
        ("quoted bold", False),
    ]


@given(st.text(max_size=300), st.integers(1, 10))
@settings(max_examples=150, deadline=None)
def test_every_text_has_a_summary_no_longer_than_asked(text: str, most: int) -> None:
    made = summary(text, most)
    assert made or not any(char.isalnum() for char in text)
    words = " ".join(" ".join(sentences(one.text)) for one in passages(text))
    assert len(made) <= max(len(words), len(text)) + 2 * most


@given(st.text(alphabet='ab .!?"„“)(`zB1A\n', max_size=200))
@settings(max_examples=150, deadline=None)
def test_sentences_lose_nothing(text: str) -> None:
    line = " ".join(text.split())
    assert " ".join(sentences(line)) == line


@pytest.mark.parametrize(
    "part", ["[", "[a](", "**a ", "`", "<a ", "<!--", ". A", "(", "![", "1. a\n"]
)
def test_hostile_markup_takes_no_more_than_linear_time(part: str) -> None:
    started = time.perf_counter()
    summary(part * 20_000, 5)
    assert time.perf_counter() - started < 5


async def test_the_person_answers_in_words(context: Any) -> None:
    context.person_answer = "the second"
    result = await ask_user.run(context, "Which one?", ["the first", "the second"])
    assert result.output == {"text": "the second"}
    assert ask_user.answered
    assert ask_user.timeout == 0


async def test_the_person_fills_in_fields(context: Any) -> None:
    context.person_answer = {"street": "Am Hof 3", "floor": 2}
    fields = {"street": "text", "floor": "whole number", "bell": "text"}
    result = await ask_user.run(context, "Where to?", None, fields)
    assert result.output == {
        "text": "street: Am Hof 3\nfloor: 2",
        "street": "Am Hof 3",
        "floor": 2,
        "bell": None,
    }


async def test_words_for_a_single_field_fill_it_and_for_several_are_refused(context: Any) -> None:
    context.person_answer = "Am Hof 3"
    result = await ask_user.run(context, "Where to?", None, {"street": "text"})
    assert result.output["street"] == "Am Hof 3"
    with pytest.raises(ToolError, match="street, floor"):
        await ask_user.run(context, "Where to?", None, {"street": "text", "floor": "text"})


async def test_an_empty_question_is_not_put_to_the_person(context: Any) -> None:
    with pytest.raises(ToolError, match="empty"):
        await ask_user.run(context, "  ")


async def test_an_answer_is_the_text_it_was_given(context: Any) -> None:
    assert (await answer.run(context, "Done: [link](x)")).text == "Done: [link](x)"
    assert answer.effect is None
    assert answer.labels_of_inputs


async def test_texts_are_joined_as_they_stand_without_what_failed(context: Any) -> None:
    joined = await join_text.run(context, ["a\n", None, 2, {"b": 1}, ""], "; ")
    assert joined.text == 'a\n; 2; {"b": 1}; '
    assert (await join_text.run(context, ["a", "b"])).text == "a\n\nb"
    assert (await join_text.run(context, [])).text == ""
    assert join_text.labels_of_inputs


async def test_a_text_is_filled_from_each_row(context: Context) -> None:
    rows = [{"Name": "Anna", "seat": 4, "x": None}, {"Name": "{seat}", "seat": 5, "x": "y"}]
    made = await fill_text.run(context, "Dear { name }, {seat}{x}. {", rows)
    assert [one.text for one in made.filled] == ["Dear Anna, 4. {", "Dear {seat}, 5y. {"]
    assert made.filled[0].row == rows[0]
    with pytest.raises(ToolError, match=r"no such column; it has Name, seat, x"):
        await fill_text.run(context, "{name.upper}", rows)
