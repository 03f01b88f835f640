"""Conversion functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/conversion-functions
"""

from __future__ import annotations

import math
import re

from spl.errors import SplSyntaxError
from spl.functions.registry import (
    EvalValue,
    Literal,
    as_number,
    as_text,
    each_value,
    eval_function,
)
from spl.values import Number, number_text, to_number

_MAX_DIGITS = 300
_DIGITS = re.compile(r"[+-]?[0-9A-Za-z]+", re.ASCII)


@eval_function("tonumber", arguments=(1, 2))
@each_value
def tonumber(value: EvalValue, base: EvalValue = 10) -> EvalValue:
    """`tonumber(<text>, <base>)`: null for a field that spells no number, an error for a literal.

    `base` is 2 to 36.
    """
    radix = as_number(base)
    if radix is None or radix != int(radix) or not 2 <= radix <= 36:
        raise SplSyntaxError(f"tonumber() takes a base from 2 to 36, found {as_text(base)}")
    if value is None or isinstance(value, (int, float)):
        return None if isinstance(value, bool) or (value is None) else value
    text = as_text(value) or ""
    number = to_number(text) if radix == 10 else _in_base(text, int(radix))
    if number is None and isinstance(value, Literal):
        raise SplSyntaxError(f'tonumber(): "{text}" is no number')
    return number


def _in_base(text: str, base: int) -> int | None:
    if len(text) > _MAX_DIGITS or not _DIGITS.fullmatch(text):
        return None
    try:
        return int(text, base)
    except ValueError:
        return None


@eval_function("tostring", arguments=(1, 2))
def tostring(value: EvalValue, form: EvalValue = None) -> EvalValue:
    """`tostring(<value>, <format>)`: as text; a number as "hex", "commas" or "duration"."""
    if value is None or isinstance(value, (bool, list)) or form is None:
        return as_text(value)
    number, wanted = as_number(value), as_text(form)
    if wanted not in _FORMATS:
        raise SplSyntaxError(f'tostring() takes "hex", "commas" or "duration", found "{wanted}"')
    if number is None or not math.isfinite(number):
        return as_text(value)
    return _FORMATS[wanted](number)


def _hex(number: Number) -> str:
    whole = int(number)
    return f"{'-' if whole < 0 else ''}0x{abs(whole):X}"


def _commas(number: Number) -> str:
    return f"{number:,.2f}" if isinstance(number, float) else f"{number:,}"


def _duration(number: Number) -> str:
    sign = "-" if number < 0 else ""
    micros = round(abs(number) * 1_000_000)
    seconds, rest = divmod(micros, 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    fraction = f".{rest:06}" if rest else ""
    return f"{sign}{number_text(days) + '+' if days else ''}{clock}{fraction}"


_FORMATS = {"hex": _hex, "commas": _commas, "duration": _duration}
