# ruff: noqa: RUF001  (look-alike letters are what is tested)
"""Letters that are not what they seem are found, and ordinary text holds none."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.lookalike_lines import LONGEST_NAME, warnings
from butler_tui.core.lookalike_table import LOOKS_LIKE
from butler_tui.core.lookalikes import explained, suspects

DISGUISED = {
    "a Latin word with one Cyrillic letter": ("pаypal", ["а"], "a"),
    "a Cyrillic word with one Latin letter": ("раураl", list("раура"), "paypa"),
    "Greek among Latin": ("goοgle.com", ["ο"], "o"),
    "Armenian among Latin": ("faceboօk", ["օ"], "o"),
    "Cherokee among Latin": ("ᎪMAZON", ["Ꭺ"], "A"),
    "a Latin letter in a Russian word": ("cкачать", ["c"], "с"),
    "Cyrillic and Greek in one word": ("ρай", ["ρ"], "p"),
    "a whole word before a Latin ending": ("раура.com", list("раура"), "paypa"),
    "a whole host in Cyrillic": ("https://аррӏе.com/login", list("аррӏе"), "apple"),
    "a whole name that stands alone": ("сору", list("сору"), "copy"),
    "one letter as a part of a name": ("а-team.com", ["а"], "a"),
    "a letter among digits": ("1О0", ["О"], "O"),
    "full width": ("ｐaypal", ["ｐ"], "p"),
    "bold from mathematics": ("𝗽𝗮𝘆", list("𝗽𝗮𝘆"), "pay"),
    "Roman numeral": ("ⅿicrosoft.com", ["ⅿ"], "m"),
    "Arabic digit among ASCII": ("1٢3", ["٢"], "2"),
    "rare Latin letter": ("pɑypal", ["ɑ"], "a"),
    "dotless i in a host": ("paypaı.com", ["ı"], "i"),
    "a dash in a host": ("my‐bank.com", ["‐"], "-"),
    "full-width dot": ("example．com", ["．"], "."),
    "ideographic dot in an address": ("https://example。com/路", ["。"], "."),
    "one-dot leader": ("notes․txt", ["․"], "."),
    "division slash": ("https://good.com∕evil.org", ["∕"], "/"),
    "fraction slash": ("docs⁄notes", ["⁄"], "/"),
    "full-width at": ("anna＠example.org", ["＠"], "@"),
    "a blank that is none": ("rm\u2800-rf", ["\u2800"], " "),
    "a mark on an ASCII letter": ("a\u0338dmin", ["a\u0338"], "a"),
    "a twin of one letter": ("caf\u0065\u0301", ["e\u0301"], "é"),
    "punycode": ("https://xn--80ak6aa92e.com", ["xn--80ak6aa92e"], "apple"),
    "punycode of a mixed name": ("xn--pple-43d.com", ["xn--pple-43d"], "apple"),
    "punycode that is none": ("xn--99999999999", ["xn--99999999999"], ""),
}

ORDINARY = [
    "Größe, Straße, ändern: 3×5 m², 20 °C, ½ l, „Ja“ – E‑Mail an anna@müller.de",
    "naïve café, l'été, œuvre; 1ᵉʳ mai, « oui » à 5 €",
    "Zażółć gęślą jaźń 12; łódź.pl",
    "Привет, мир! А и Б сидели. Роса, рос, хор; 2х2, IT-отдел, д. 5а",
    "Καλημέρα κόσμε, ναι και όχι; 3 πράγματα, το νησί",
    "你好，世界！我用Python。Java也行，版本：3．5（新）",
    "日本語のテスト１２３、ＪＲ東日本。Pythonノート",
    "한국어 API를 쓴다",
    "مرحبا بالعالم ١٢٣، نعم",
    "שלום עולם 12",
    "हिन्दी पाठ १२३",
    "Ünlü ılık çay, Tiếng Việt rất đẹp",
    "👍🏽 1️⃣ ❤️ 👨‍👩‍👧 ℹ️ 🇩🇪 Ⓜ️",
    "3∶1, 1⁄2, 10 µm, 5 kΩ, TNFα, σx, Δt, −5",
    "https://xn--mnchen-3ya.de/ https://россия.рф/ роса.рф Документы/роса.txt",
    "plain ASCII, nothing else: /home/me/notes.txt?x=1",
]


@pytest.mark.parametrize("kind", DISGUISED)
def test_a_disguise_is_seen_through(kind):
    text, letters, like = DISGUISED[kind]
    found = suspects(text)
    assert [one.letter for one in found] == letters
    assert "".join(one.like for one in found) == like
    assert all(text.startswith(one.letter, one.place) for one in found)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_holds_nothing_suspect(text):
    assert suspects(text) == ()
    assert list(warnings("text", text)) == []


def test_each_suspect_is_marked_where_it_stands():
    assert explained("pаy") == "pа⟨CYRILLIC SMALL LETTER A⟩y"
    assert explained("pay") == "pay"


def test_the_warning_names_the_letter_what_it_is_and_where():
    assert list(warnings("url", "https://pаypаl.com")) == [
        "url holds letters that look like others: а (CYRILLIC SMALL LETTER A, like a) at 10 and 13"
    ]


def test_every_text_in_an_argument_is_looked_at_keys_too():
    value = {
        "to": ["anna@example.org", "bоb@example.org"],
        "ｘ-key": 1,
        "deep": [{"a": ["ехес.sh"]}],
    }
    said = [line.split(" holds ")[0] for line in warnings("mail", value)]
    assert sorted(said) == ["mail, a key,", "mail.deep[0].a[0]", "mail.to[1]"]


BLANKS = {
    "no-break": ("notes\u00a0final.md", "⟨U+00A0⟩ (NO-BREAK SPACE, like a blank) at 6"),
    "narrow no-break": ("a\u202fb.md", "⟨U+202F⟩ (NARROW NO-BREAK SPACE, like a blank) at 2"),
    "figure": ("a\u2007b", "⟨U+2007⟩ (FIGURE SPACE, like a blank) at 2"),
    "thin": ("a\u2009b", "⟨U+2009⟩ (THIN SPACE, like a blank) at 2"),
    "wide": ("a\u3000b", "⟨U+3000⟩ (IDEOGRAPHIC SPACE, like a blank) at 2"),
    "braille": ("a\u2800b", "⟨U+2800⟩ (BRAILLE PATTERN BLANK, like a blank) at 2"),
    "tab": ("a\tb", "⟨U+0009⟩ (TAB, like a blank) at 2"),
    "at the end": ("notes.md ", "⟨U+0020⟩ (SPACE AT THE END) at 9"),
    "at the beginning": (" notes.md", "⟨U+0020⟩ (SPACE AT THE BEGINNING) at 1"),
}


@pytest.mark.parametrize("kind", BLANKS)
@pytest.mark.parametrize("name", ["path", "to", "argv", "url"])
def test_a_blank_in_a_name_that_is_none_is_shown(kind, name):
    text, said = BLANKS[kind]
    value = [text] if name == "argv" else text
    (line,) = warnings(name, value)
    assert line.endswith(f"holds letters that look like others: {said}")


def test_a_text_that_reads_as_a_file_s_name_is_one_whatever_its_argument():
    assert len(list(warnings("attachment", "notes\u00a0final.md"))) == 1


@pytest.mark.parametrize("text", ["5\u00a0€", "oui\u202f!", "1\u00a0000.50", "Il dit\u00a0: a.md"])
def test_blanks_of_good_typography_are_ordinary_in_a_sentence(text):
    assert list(warnings("text", text)) == []


@pytest.mark.parametrize("text", ["my notes.md", "議事録　2026.md", "/home/me/a b/c.txt"])
def test_ordinary_blanks_in_a_name_are_ordinary(text):
    assert list(warnings("path", text)) == []


def test_in_prose_only_words_of_mixed_scripts_count():
    prose = "сору and раура are words\n" + "x" * LONGEST_NAME
    assert list(warnings("content", prose)) == []
    assert len(list(warnings("content", prose + " pаypal"))) == 1


def test_what_a_warning_leaves_out_it_says():
    many = " ".join(f"x{letter}y" for letter in "аеорсухԁ")
    (line,) = warnings("text", many)
    assert line.endswith("and 2 other letters")
    (line,) = warnings("text", "pа " * 9)
    assert line.endswith("at 2 and 5 and 8 and 6 more places")
    assert len(list(warnings("all", ["pа"] * 100))) == 21


def test_a_hostile_name_stays_on_its_line():
    (line,) = warnings("a", {"x\n\x1b[2J": "pа"})
    assert "\n" not in line and "\x1b" not in line


@pytest.mark.parametrize(
    "text", ["Привет роса " * 80_000, "а" * 1_000_000, "a\u0301" * 500_000, "xn--" * 250_000]
)
def test_a_warning_for_a_long_text_does_not_take_long(text):
    began = time.process_time()
    list(warnings("content", text))
    assert time.process_time() - began < 5


SCRIPTS = {
    "Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Polish": "aąbcćdeęfghijklłmnńoóprsśtuwyzźż",
}


@given(
    st.sampled_from(sorted(SCRIPTS)).flatmap(
        lambda script: st.lists(
            st.text(SCRIPTS[script], min_size=1, max_size=12), min_size=1, max_size=8
        ).map(lambda words: (script, words))
    )
)
def test_text_of_one_script_is_ordinary_once_a_letter_says_which(given_words):
    script, words = given_words
    plain = {"Russian": "ж", "Greek": "ξ", "Polish": "z"}[script]
    assert suspects(", ".join([*words, plain + "!", "12"])) == ()


@given(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=10),
    st.sampled_from([one for one in LOOKS_LIKE if unicodedata.name(one).startswith("CYRILLIC")]),
    st.data(),
)
def test_a_cyrillic_letter_in_a_latin_word_is_always_found(word, letter, data):
    place = data.draw(st.integers(0, len(word)))
    found = suspects(f"ask {word[:place]}{letter}{word[place:]} now")
    assert [(one.place, one.letter, one.mixes) for one in found] == [(4 + place, letter, True)]


@given(st.text())
def test_any_text_is_judged_and_explained_without_losing_a_character(text):
    found = suspects(text)
    assert [one.place for one in found] == sorted({one.place for one in found})
    assert all(text.startswith(one.letter, one.place) for one in found)
    shown = explained(text)
    for one in found:
        shown = shown.replace(f"⟨{one.name}⟩", "", 1)
    assert shown == text or "⟨" in text
