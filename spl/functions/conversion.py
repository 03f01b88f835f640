"""Conversion functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/conversion-functions
"""

from __future__ import annotations

import math
import re
from ipaddress import IPv4Address

from spl.errors import SplSyntaxError
from spl.functions.json_functions import (
    infer_json,
    json_array_to_mv,
    read_json,
    write_json,
)
from spl.functions.printf import format_text
from spl.functions.registry import (
    EvalValue,
    Literal,
    as_number,
    as_text,
    eval_function,
    is_true,
    one_text,
)
from spl.values import Number, to_number

_MAX_DIGITS = 300
_MAX_NUMBER = 10**_MAX_DIGITS
_MAX_BITS = 2**53 - 1
_DIGITS = re.compile(r"[+-]?[0-9A-Za-z]+", re.ASCII)


@eval_function("ipmask", arguments=2)
def ipmask(mask: EvalValue, address: EvalValue) -> EvalValue:
    """`ipmask(<mask>, <ip>)`: the bits of an IPv4 address under a mask; null for other texts."""
    bits, masked = one_text(mask), one_text(address)
    if bits is None or masked is None:
        return None
    try:
        return str(IPv4Address(int(IPv4Address(bits)) & int(IPv4Address(masked))))
    except ValueError:
        return None


@eval_function("printf", arguments=(1, None))
def printf(form: EvalValue, *values: EvalValue) -> EvalValue:
    """`printf(<format>, <arguments>)`: C's sprintf.

    Null where an argument is missing, null or, for a number's specifier, no number (not
    documented). Raises SplSyntaxError for a specifier that Splunk does not have.
    """
    text = one_text(form)
    return None if text is None else format_text(text, values)


@eval_function("toarray", arguments=1)
def toarray(value: EvalValue) -> EvalValue:
    """`toarray(<value>)`: a JSON array of a multivalue, or of a text that spells one."""
    if isinstance(value, list):
        return write_json([infer_json(text) for text in value])
    parsed = read_json(value)
    return write_json(parsed) if isinstance(parsed, list) else None


@eval_function("tobool", arguments=1, boolean=True)
def tobool(value: EvalValue) -> EvalValue:
    """`tobool(<value>)`: of `true`, `True`, `false`, `False` and numbers; null for all else."""
    if value in ("true", "True"):
        return True
    return False if value in ("false", "False") else is_true(value)


@eval_function("todouble", arguments=(1, 2))
def todouble(value: EvalValue, base: EvalValue = 10) -> EvalValue:
    """`todouble(<value>, <base>)`: a text as number, or null."""
    number = _to_number(value, base)
    if number is None:
        return None
    try:
        return float(number)
    except OverflowError:
        return math.inf


@eval_function("toint", arguments=(1, 2))
def toint(value: EvalValue, base: EvalValue = 10) -> EvalValue:
    """`toint(<value>, <base>)`: a text or number rounded down, or null."""
    number = _to_number(value, base)
    return None if number is None or not math.isfinite(number) else math.floor(number)


@eval_function("tomv", arguments=1)
def tomv(value: EvalValue) -> EvalValue:
    """`tomv(<value>)`: the members of a JSON array, texts in quotes; null for other texts."""
    return value if isinstance(value, list) else json_array_to_mv(value, True)


@eval_function("tonumber", arguments=(1, 2))
def tonumber(value: EvalValue, base: EvalValue = 10) -> EvalValue:
    """`tonumber(<str>, <base>)`: null for a field that spells no number.

    Raises SplSyntaxError for such a literal, and for a base other than 2 to 36.
    """
    number = _to_number(value, base)
    if number is None and isinstance(value, Literal):
        raise SplSyntaxError(f'tonumber(): "{value}" is no number')
    return number


def _to_number(value: EvalValue, base: EvalValue) -> Number | None:
    radix = as_number(base)
    if radix is None or not 2 <= radix <= 36 or radix != int(radix):
        raise SplSyntaxError(f"expected a base from 2 to 36, found {as_text(base) or 'null'}")
    if isinstance(value, str):
        return to_number(value) if radix == 10 else _in_base(value, int(radix))
    return as_number(value)


def _in_base(text: str, base: int) -> int | None:
    if len(text) > _MAX_DIGITS or not _DIGITS.fullmatch(text):
        return None
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if abs(number) < _MAX_NUMBER else None


@eval_function("toobject", arguments=1)
def toobject(value: EvalValue) -> EvalValue:
    """`toobject(<value>)`: a text that spells a JSON object, as one; null for other texts."""
    parsed = read_json(value)
    return write_json(parsed) if isinstance(parsed, dict) else None


@eval_function("tostring", arguments=(1, 2))
def tostring(value: EvalValue, form: EvalValue = None) -> EvalValue:
    """`tostring(<value>, <format>)`: as text; a number as "binary", "hex", "commas", "duration".

    What is no number stays as it is. Raises SplSyntaxError for another format.
    """
    if isinstance(value, list):
        return value
    text, wanted, number = as_text(value), one_text(form), as_number(value)
    if wanted is not None and wanted not in _FORMATS:
        known = ", ".join(f'"{name}"' for name in _FORMATS)
        raise SplSyntaxError(f'tostring() takes one of {known}, found "{wanted}"')
    if text is None or wanted is None or number is None or not math.isfinite(number):
        return None if text is None else Literal(text)
    written = _FORMATS[wanted](number)
    return None if written is None else Literal(written)


def _binary(number: Number) -> str | None:
    return f"{int(number):b}" if 0 <= number <= _MAX_BITS else None


def _hex(number: Number) -> str:
    return f"{'-' if number < 0 else ''}0x{abs(int(number)):X}"


def _commas(number: Number) -> str:
    return f"{number:,.2f}" if isinstance(number, float) else f"{number:,}"


def _duration(number: Number) -> str:
    """Write `days+HH:MM:SS.ffffff`; days and fraction where there are some (not documented)."""
    seconds, micros = divmod(round(abs(number) * 1_000_000), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    sign = "-" if number < 0 else ""
    return f"{sign}{f'{days}+' if days else ''}{clock}{f'.{micros:06}' if micros else ''}"


_FORMATS = {"binary": _binary, "hex": _hex, "commas": _commas, "duration": _duration}
