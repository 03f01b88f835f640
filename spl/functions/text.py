"""Text functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/text-functions
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from spl.fields import extract, parse_json
from spl.functions.registry import (
    EvalValue,
    as_number,
    as_text,
    each_value,
    eval_function,
    from_list,
)
from spl.pcre import compile_pattern, constant_pattern

_BLANKS = " \t\n\r\f\v"


@eval_function("len", arguments=1)
@each_value
def len_(value: EvalValue) -> EvalValue:
    """`len(<text>)`: how many characters it has."""
    text = as_text(value)
    return None if text is None else len(text)


@eval_function("lower", arguments=1)
@each_value
def lower(value: EvalValue) -> EvalValue:
    """`lower(<text>)`."""
    text = as_text(value)
    return None if text is None else text.lower()


@eval_function("upper", arguments=1)
@each_value
def upper(value: EvalValue) -> EvalValue:
    """`upper(<text>)`."""
    text = as_text(value)
    return None if text is None else text.upper()


def _trim(value: EvalValue, characters: EvalValue, *, left: bool, right: bool) -> EvalValue:
    text, chars = as_text(value), as_text(characters)
    if text is None or chars is None:
        return None
    text = text.lstrip(chars) if left else text
    return text.rstrip(chars) if right else text


@eval_function("trim", arguments=(1, 2))
@each_value
def trim(value: EvalValue, characters: EvalValue = _BLANKS) -> EvalValue:
    """`trim(<text>, <characters>)`: without the given characters, or blanks, at both ends."""
    return _trim(value, characters, left=True, right=True)


@eval_function("ltrim", arguments=(1, 2))
@each_value
def ltrim(value: EvalValue, characters: EvalValue = _BLANKS) -> EvalValue:
    """`ltrim(<text>, <characters>)`: without the given characters, or blanks, at its start."""
    return _trim(value, characters, left=True, right=False)


@eval_function("rtrim", arguments=(1, 2))
@each_value
def rtrim(value: EvalValue, characters: EvalValue = _BLANKS) -> EvalValue:
    """`rtrim(<text>, <characters>)`: without the given characters, or blanks, at its end."""
    return _trim(value, characters, left=False, right=True)


@eval_function("replace", arguments=3, verify=constant_pattern(1))
@each_value
def replace(value: EvalValue, pattern: EvalValue, replacement: EvalValue) -> EvalValue:
    r"""`replace(<text>, <regex>, <replacement>)`: all matches; `\1` is the first group."""
    text, wanted, by = as_text(value), as_text(pattern), as_text(replacement)
    if text is None or wanted is None or by is None:
        return None
    compiled = compile_pattern(wanted)
    parts = _replacement(by)
    groups = compiled.groups

    def substitute(found: re.Match[str]) -> str:
        return "".join(
            part if isinstance(part, str) else (found.group(part) or "") if part <= groups else ""
            for part in parts
        )

    result: str = compiled.sub(substitute, text)
    return result


@lru_cache(maxsize=1_000)
def _replacement(text: str) -> tuple[str | int, ...]:
    r"""Split a replacement into texts and the numbers of groups, `\0` to `\9…`."""
    parts = re.split(r"\\(\d{1,2}|.)", text, flags=re.DOTALL)
    return tuple(
        int(part) if index % 2 and part.isdecimal() else part for index, part in enumerate(parts)
    )


@eval_function("substr", arguments=(2, 3))
@each_value
def substr(value: EvalValue, start: EvalValue, length: EvalValue = None) -> EvalValue:
    """`substr(<text>, <start>, <length>)`: from character `start`, the first being 1.

    A negative start counts from the end. Start 0 is not documented: it is the first character.
    """
    text, first = as_text(value), as_number(start)
    if text is None or first is None or first != first:
        return None
    limits = len(text)
    begin = max(-limits, min(int(max(-1e9, min(1e9, first))), limits + 1))
    begin = limits + begin if begin < 0 else max(begin - 1, 0)
    if length is None:
        return text[begin:]
    count = as_number(length)
    if count is None or count != count:
        return None
    return text[begin : begin + int(max(0, min(count, limits)))]


@eval_function("split", arguments=2)
def split(value: EvalValue, delimiter: EvalValue) -> EvalValue:
    """`split(<text>, <delimiter>)`: a multivalue; an empty delimiter splits into characters."""
    text, by = as_text(value), as_text(delimiter)
    if text is None or by is None:
        return None
    return from_list(text.split(by) if by else list(text))


@eval_function("spath", arguments=2)
def spath(value: EvalValue, path: EvalValue) -> EvalValue:
    """`spath(<text>, <path>)`: the values at a path of JSON text."""
    text, wanted = as_text(value), as_text(path)
    if text is None or wanted is None:
        return None
    return from_list(extract(parse_json(text), wanted)[0])


@eval_function("urldecode", arguments=1)
@each_value
def urldecode(value: EvalValue) -> EvalValue:
    """`urldecode(<text>)`: `%2F` and its like decoded."""
    text = as_text(value)
    return None if text is None else unquote(text)
