"""Text from outside, cleaned."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import clean, count, duration, is_plain, listed

ANYTHING = st.text(st.characters(), max_size=300)  # surrogates included


@given(ANYTHING)
def test_clean_text_holds_nothing_that_moves_a_terminal(text: str) -> None:
    plain = clean(text)
    assert all(unicodedata.category(c)[0] != "C" for c in plain)
    assert len(plain.splitlines()) <= 1
    assert is_plain(plain)
    plain.encode("utf-8")


@given(ANYTHING, st.integers(1, 50))
def test_clean_text_is_short_and_clean_already(text: str, limit: int) -> None:
    plain = clean(text, limit)
    assert len(plain) <= limit
    assert clean(plain, limit) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\x1b[31mb\x07", "a[31mb"),
        ("one\r\ntwo\u2028three\x85four", "one two three four"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\ue000\ud800x\u200b", "x"),
        ("\x9b31mC1", "31mC1"),
        ("naïve 日本 🦭", "naïve 日本 🦭"),
        ("", ""),
    ],
)
def test_clean(text: str, plain: str) -> None:
    assert clean(text) == plain


def test_long_text_says_that_it_goes_on() -> None:
    assert clean("x" * 20, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("text", ["\n", "a\tb", "\u202e", "\x00", "\ud800", "\u2029"])
def test_not_plain(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (("a", "b"), "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(words: list[str] | tuple[str, ...], text: str) -> None:
    assert listed(words) == text


def test_listed_with_another_last_word() -> None:
    assert listed(["a", "b"], "or") == "a or b"


@pytest.mark.parametrize(
    ("number", "noun", "plural", "text"),
    [(1, "subnet", "", "1 subnet"), (0, "subnet", "", "0 subnets"), (1200, "entry", "entries", "1,200 entries")],
)
def test_count(number: int, noun: str, plural: str, text: str) -> None:
    assert count(number, noun, plural) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (8.9, "8 s"), (60, "1 min 00 s"), (125, "2 min 05 s"), (3600, "1 h 00 min"), (3780, "1 h 03 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
