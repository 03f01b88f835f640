"""Hostile text must not move, hide or repaint what is shown, and must not be lost."""

from __future__ import annotations

import pytest

from hunts.render.text import grouped, is_number, shorten, visible, well_formed

from .sample import HOSTILE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kubectl/v1.28.4 (linux/amd64)", "kubectl/v1.28.4 (linux/amd64)"),
        ("São Paulo 東京 Ελλάδα שלום", "São Paulo 東京 Ελλάδα שלום"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("\x1b]8;;https://a\x1b\\x\x07", r"\x1b]8;;https://a\x1b\x\x07"),
        ("a\x00b\x7f", r"a\x00b\x7f"),
        ("a\tb\r\nc", r"a\tb\r\nc"),
        ("kubectl\u202egnp.exe", r"kubectl\u202egnp.exe"),
        ("\u2066x\u2069\u200f\u200d\ufeff", r"\u2066x\u2069\u200f\u200d\ufeff"),
        ("one\u2028two\u00a0three", r"one\u2028two\xa0three"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("bad\ud800end", r"bad\ud800end"),
        ("Tiê\u0301\u0323ng", "Tiê\u0301\u0323ng"),
        ("a" + "\u0335" * 6, "a" + "\u0335" * 4 + r"\u0335\u0335"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_what_hides_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_visible_text_is_printable_and_is_shown_once(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("bad\ud800end", "bad\ufffdend"), ("\udcff", "\ufffd"), ("\ud83d\ude00", "😀"), ("é", "é")],
)
def test_text_becomes_well_formed(text: str, expected: str) -> None:
    assert well_formed(text) == expected


@pytest.mark.parametrize("text", ["0", "-5", "+1.5", "10.89", ".5", "1e9", "-2.5E-3"])
def test_numbers(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "-", "1_000", "nan", "inf", "-1+2", "1 ", "٣", "0x10"])
def test_not_numbers(text: str) -> None:
    assert not is_number(text)


def test_numbers_for_people() -> None:
    assert [grouped(n) for n in (0, 51204, 49.0, 10.89)] == ["0", "51,204", "49", "10.89"]


def test_shortened_text_keeps_its_length() -> None:
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcde…"
