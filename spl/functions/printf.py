"""Texts made by a format, as C's sprintf makes them.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/conversion-functions
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from spl.errors import SplSyntaxError
from spl.functions.registry import EvalValue, as_number, one_text
from spl.values import Number, to_number

_SPECIFIER = re.compile(r"%([-+ 0#']*)(\d+|\*)?(?:\.(\d+|\*)?)?(.)?", re.DOTALL | re.ASCII)
_PRECISION = re.compile(r"\.(\d+|\*)?.?\Z", re.DOTALL | re.ASCII)
_MAX_WIDTH = 10_000
_INTEGERS = {"d": "d", "i": "d", "u": "d", "o": "o", "x": "x", "X": "X", "p": "X"}
_FLOATS = "aAeEfFgG"
_UNSIGNED = "uoxXp"

Part = str | tuple[str, str | None, str | None, str]
"""Text, or a specifier: flags, width, precision (None where not given), conversion."""


def format_text(form: str, values: Sequence[EvalValue]) -> str | None:
    """Return `form` with its specifiers replaced; None where a value does not fit.

    Raises SplSyntaxError for an unknown specifier or a width of more than 10,000.
    """
    arguments = iter(values)
    written: list[str] = []
    for part in _parts(form):
        if isinstance(part, str):
            written.append(part)
            continue
        flags, width, precision, conversion = part
        columns, digits = _size(width, arguments), _size(precision, arguments)
        value = next(arguments, None)
        if value is None or (columns is None and width) or (digits is None and precision):
            return None
        if columns is not None and columns < 0:
            flags, columns = flags + "-", -columns
        text = _convert(flags, columns or 0, digits, conversion, value)
        if text is None:
            return None
        written.append(text)
    return "".join(written)


@lru_cache(maxsize=500)
def _parts(form: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    position = 0
    for found in _SPECIFIER.finditer(form):
        flags, width, precision, conversion = found.groups()
        parts.append(form[position : found.start()])
        position = found.end()
        if conversion == "%":
            parts.append("%")
        elif conversion and (conversion in _INTEGERS or conversion in _FLOATS + "csz"):
            if precision is None and _PRECISION.search(found.group()):
                precision = "0"
            parts.append((flags, width, precision, conversion))
        else:
            raise SplSyntaxError(f"printf() has no specifier '{found.group()}'")
    parts.append(form[position:])
    return tuple(parts)


def _size(size: str | None, arguments: Iterator[EvalValue]) -> int | None:
    if size is None:
        return None
    number = to_number(size) if size != "*" else as_number(next(arguments, None))
    if number is None or not math.isfinite(number):
        return None
    if abs(number) > _MAX_WIDTH:
        raise SplSyntaxError(f"printf() takes a width and a precision of at most {_MAX_WIDTH:,}")
    return int(number)


def _convert(
    flags: str, width: int, precision: int | None, conversion: str, value: EvalValue
) -> str | None:
    """Write one value; a negative precision is none."""
    precision = None if precision is not None and precision < 0 else precision
    if conversion in "csz":
        text = _character(value) if conversion == "c" else one_text(value)
        if text is None:
            return None
        text = text if precision is None else text[:precision]
        return text.ljust(width) if "-" in flags else text.rjust(width)
    spelled = one_text(value)
    number = None if spelled is None or isinstance(value, bool) else to_number(spelled)
    if isinstance(value, float):
        number = value
    if number is None:
        return None
    if conversion in _INTEGERS:
        if not math.isfinite(number):
            return None
        body = _integer(int(number), flags, precision, conversion)
        zeros = "0" in flags and precision is None
    else:
        body = _float(number, flags, precision, conversion)
        zeros = "0" in flags and math.isfinite(number)
    sign = "-" if number < 0 and conversion not in _UNSIGNED else ""
    if not sign and conversion not in _UNSIGNED:
        sign = "+" if "+" in flags else " " if " " in flags else ""
    prefix = body[:2] if body[:2] in ("0x", "0X") else ""
    digits = body[len(prefix) :]
    if "-" in flags:
        return f"{sign}{prefix}{digits}".ljust(width)
    if zeros:
        return sign + prefix + digits.rjust(width - len(sign + prefix), "0")
    return f"{sign}{prefix}{digits}".rjust(width)


def _character(value: EvalValue) -> str | None:
    number = as_number(value)
    if number is None:
        text = one_text(value)
        return text[:1] if text is not None else None
    return chr(int(number)) if 0 <= number <= 0x10FFFF else None


def _integer(number: int, flags: str, precision: int | None, conversion: str) -> str:
    if conversion in _UNSIGNED and number < 0:
        number &= 2**64 - 1
    digits = format(abs(number), _INTEGERS[conversion])
    if precision is not None:
        digits = digits.rjust(precision, "0") if number or precision else ""
    if "'" in flags and conversion in "diu":
        digits = _grouped(digits)
    if "#" in flags:
        if conversion == "o" and not digits.startswith("0"):
            return "0" + digits
        if conversion in "xXp" and number:
            return ("0x" if conversion == "x" else "0X") + digits
    return digits


def _float(number: Number, flags: str, precision: int | None, conversion: str) -> str:
    size = abs(float(number))
    if not math.isfinite(size):
        return str(size).upper() if conversion.isupper() else str(size)
    if conversion in "aA":
        written = _hexadecimal(size, precision)
        return written.upper() if conversion == "A" else written
    alternative = "#" if "#" in flags else ""
    written = format(size, f"{alternative}.{6 if precision is None else precision}{conversion}")
    return _grouped(written) if "'" in flags and conversion in "fF" else written


def _grouped(digits: str) -> str:
    whole, point, fraction = digits.partition(".")
    return re.sub(r"(?<=\d)(?=(?:\d{3})+\Z)", ",", whole) + point + fraction


def _hexadecimal(size: float, precision: int | None) -> str:
    """Write `0x1.8p+1`; the digits after the point are those needed where no precision is given."""
    if not size:
        return "0x0" + ("." + "0" * precision if precision else "") + "p+0"
    mantissa, exponent = math.frexp(size)
    digits = 13 if precision is None else min(precision, 13)
    # The mantissa has 53 bits: one before the point, four for each digit after it.
    scaled = round(mantissa * 2 ** (1 + 4 * digits))
    exponent -= 1
    if scaled >> (4 * digits) > 1:
        scaled >>= 1
        exponent += 1
    fraction = format(scaled & (16**digits - 1), f"0{digits}x") if digits else ""
    fraction = fraction.rstrip("0") if precision is None else fraction.ljust(precision, "0")
    return f"0x1{'.' if fraction else ''}{fraction}p{exponent:+d}"
