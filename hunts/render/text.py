"""Text that an attacker may have written, made safe to show: to a terminal, a browser, a sheet."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hunts.model import Value

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def visible(text: str) -> str:
    r"""`text` with every character that hides, moves or repaints written as its escape.

    An escape sequence reads `\x1b[31m`, a right-to-left override `\u202e`, a newline `\n`.
    """
    if text.isascii() and text.isprintable():
        return text
    return str(_hidden().sub(lambda match: match[0].encode("unicode_escape").decode(), text))


@cache
def _hidden() -> Any:
    """Return the pattern of a character that is not shown as it is.

    Controls, bidi and other invisible formats, surrogates, private and unassigned characters,
    every separator but the space, and marks stacked so high that they cover their neighbours.
    """
    import regex

    return regex.compile(r"[[\p{C}\p{Z}]--[ ]]|(?<=\p{M}{4})\p{M}", regex.VERSION1)


def well_formed(text: str) -> str:
    """`text` as Unicode that every encoding takes: a lone surrogate becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def shorten(text: str, length: int) -> str:
    """At most `length` characters of `text`, with an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def values(value: Value | None) -> list[str]:
    """The values of one cell: none for a null field, one for plain text."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def is_number(text: str) -> bool:
    """Whether `text` is a plain decimal number, as a spreadsheet reads one."""
    return _NUMBER.fullmatch(text) is not None


def grouped(number: float) -> str:
    """A number for people: `51,000`, `10.89`; a whole float has no decimals."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{grouped(number)} {noun}" + ("" if number == 1 else "s")
