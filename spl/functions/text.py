"""Text functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/text-functions
Only `lower` and `upper` are documented for multivalues; of the others a multivalue yields null.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from urllib.parse import unquote

from spl.fields import at_path
from spl.functions.registry import (
    EvalValue,
    as_number,
    each_value,
    eval_function,
    from_list,
    one_text,
)
from spl.keeping import kept_of_short
from spl.pcre import TimeLimit, compile_pattern, constant_pattern

_BLANKS = " \t"
_MAX_OFFSET = 2**40


@eval_function("len", "length", arguments=1)
def len_(value: EvalValue) -> EvalValue:
    """`len(<str>)`: how many characters, not bytes, it has."""
    text = one_text(value)
    return None if text is None else len(text)


@eval_function("lower", arguments=1)
@each_value
def lower(value: EvalValue) -> EvalValue:
    """`lower(<str>)`."""
    text = one_text(value)
    return None if text is None else text.lower()


@eval_function("upper", arguments=1)
@each_value
def upper(value: EvalValue) -> EvalValue:
    """`upper(<str>)`."""
    text = one_text(value)
    return None if text is None else text.upper()


@eval_function("trim", arguments=(1, 2))
def trim(value: EvalValue, characters: EvalValue = _BLANKS) -> EvalValue:
    """`trim(<str>, <trim_chars>)`: without these characters, or spaces and tabs, at both ends."""
    return rtrim(ltrim(value, characters), characters)


@eval_function("ltrim", arguments=(1, 2))
def ltrim(value: EvalValue, characters: EvalValue = _BLANKS) -> EvalValue:
    """`ltrim(<str>, <trim_chars>)`: without these characters, or spaces and tabs, at its start."""
    text, trimmed = one_text(value), one_text(characters)
    return None if text is None or trimmed is None else text.lstrip(trimmed)


@eval_function("rtrim", arguments=(1, 2))
def rtrim(value: EvalValue, characters: EvalValue = _BLANKS) -> EvalValue:
    """`rtrim(<str>, <trim_chars>)`: without these characters, or spaces and tabs, at its end."""
    text, trimmed = one_text(value), one_text(characters)
    return None if text is None or trimmed is None else text.rstrip(trimmed)


@eval_function("replace", arguments=3, timed=True, verify=constant_pattern(1))
def replace(
    limit: TimeLimit, value: EvalValue, pattern: EvalValue, replacement: EvalValue
) -> EvalValue:
    r"""`replace(<str>, <regex>, <replacement>)`: every match; `\1` is the first group."""
    text, wanted, by = one_text(value), one_text(pattern), one_text(replacement)
    if text is None or wanted is None or by is None:
        return None
    # A Literal is equal to a text, but no number.
    return _replace(str(text), wanted, by, limit.of(compile_pattern(wanted)))


@kept_of_short(2_000, 300)  # what is long, such as a URI, seldom comes again
def _replace(text: str, pattern: str, replacement: str, seconds: float | None) -> str:
    compiled = compile_pattern(pattern)
    parts = _replacement(replacement)

    def substitute(found: re.Match[str]) -> str:
        return "".join(_part(part, found, compiled.groups) for part in parts)

    result: str = compiled.sub(substitute, text, timeout=seconds)
    return result


@lru_cache(maxsize=1_000)
def _replacement(text: str) -> tuple[str | int, ...]:
    r"""Split a replacement into texts and the numbers of groups, `\0` to `\99`."""
    parts = re.split(r"\\([0-9]{1,2}|\\)", text)
    return tuple(
        int(part) if index % 2 and part != "\\" else part for index, part in enumerate(parts)
    )


def _part(part: str | int, found: re.Match[str], groups: int) -> str:
    if isinstance(part, str):
        return part
    return found.group(part) or "" if part <= groups else ""


@eval_function("substr", arguments=(2, 3))
def substr(value: EvalValue, start: EvalValue, length: EvalValue = _MAX_OFFSET) -> EvalValue:
    """`substr(<str>, <start>, <length>)`: the first character is 1, the last is -1.

    As in SQLite, a length counts from a start that lies before the text, also from 0, and a
    negative length is of the characters before the start.
    """
    text, first, count = one_text(value), _offset(start), _offset(length)
    if text is None or first is None or count is None:
        return None
    begin = first + len(text) if first < 0 else first - 1
    end = begin + count
    begin, end = min(begin, end), max(begin, end)
    return text[max(begin, 0) : max(end, 0)]


def _offset(value: EvalValue) -> int | None:
    number = as_number(value)
    if number is None or math.isnan(number):
        return None
    return int(max(-_MAX_OFFSET, min(_MAX_OFFSET, number)))


@eval_function("spath", arguments=2)
def spath(value: EvalValue, path: EvalValue) -> EvalValue:
    """`spath(<value>, <path>)`: the values at a path of JSON text. XML is not read."""
    text, wanted = one_text(value), one_text(path)
    if text is None or wanted is None:
        return None
    return from_list(at_path(text, wanted))


@eval_function("urldecode", arguments=1)
def urldecode(value: EvalValue) -> EvalValue:
    """`urldecode(<url>)`: `%2F` and its like decoded. A `+` stays (not documented)."""
    text = one_text(value)
    return None if text is None else unquote(text)
