"""The values of Splunk's fields: text, or a list of text; numbers appear in expressions only."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, MutableMapping
from typing import Self

Value = str | list[str]
"""A field's value. A list has at least two members; null is an absent field."""
Row = MutableMapping[str, Value]
"""An event or a result."""
Number = int | float

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MAX_DIGITS = 300


class Exact(float):
    """A number that is written with all its digits."""

    __slots__ = ()


class Rounded(float):
    """A number that is written with so many significant digits, and is exact to calculate with."""

    __slots__ = ("figures",)
    figures: int

    def __new__(cls, number: float, figures: int) -> Self:
        rounded = super().__new__(cls, number)
        rounded.figures = figures
        return rounded


def to_number(text: str) -> Number | None:
    """Return the number that `text` spells, or None.

    Surrounding blanks do not spell a number, nor do `inf`, `nan` and digits of other scripts
    (Splunk, Search Reference, tonumber).
    """
    if len(text) > _MAX_DIGITS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return None


def number_text(number: Number) -> str:
    """Write a number as Splunk does: no `.0`, no exponent for whole numbers."""
    if isinstance(number, int):
        return str(number)
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if isinstance(number, Rounded):
        number = float(format(number, f".{number.figures}g"))
    if number == int(number) and abs(number) < 1e17:
        return str(int(number))
    return format(number, "" if isinstance(number, Exact) else ".15g")


class DelimitedList(list[str]):
    """A multivalue that knows how `nomv` joins it (stats and mvcombine, delim=)."""

    def __init__(self, values: Iterable[str], delimiter: str) -> None:
        super().__init__(values)
        self.delimiter = delimiter


def joined(value: Value, delimiter: str = "\n") -> str:
    """The values as one text: by the multivalue's own delimiter, or else by `delimiter`."""
    if isinstance(value, str):
        return value
    return (value.delimiter if isinstance(value, DelimitedList) else delimiter).join(value)


def values_of(value: Value | None) -> list[str]:
    """All values of a field: none for null, one for text."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def to_value(values: Iterable[str]) -> Value | None:
    """The field value that holds `values`: None for none, text for one."""
    members = list(values)
    if len(members) == 1:
        return members[0]
    return members or None
