"""Multivalue functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/multivalue-eval-functions
`mv_to_json_array` is with the JSON functions.
"""

from __future__ import annotations

import math
import re
from collections import ChainMap
from collections.abc import Callable, Sequence

from spl.errors import SplError, SplSyntaxError
from spl.functions.registry import (
    Compiled,
    Environment,
    EvalValue,
    as_list,
    as_number,
    as_text,
    eval_function,
    from_list,
    is_true,
    one_text,
)
from spl.lang.eval_expression import EvalExpression, Field, walk
from spl.pcre import TimeLimit, compile_pattern, constant_pattern
from spl.relative_time import parse_modifier, shift
from spl.values import Number, Row

_MAX_INDEX = 2**40
_MAX_RANGE = 1_000_000
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_SUBSEARCH = re.compile(r"\[[^\[\]]*\]")


@eval_function("commands", arguments=1)
def commands(value: EvalValue) -> EvalValue:
    """`commands(<value>)`: the names of the commands in the text of a search.

    Those of subsearches are left out (not documented).
    """
    text = one_text(value)
    if text is None:
        return None
    text = _QUOTED.sub('""', text)
    while (shorter := _SUBSEARCH.sub("", text)) != text:
        text = shorter
    first, *later = text.split("|")
    names = [stage.split(maxsplit=1)[0] for stage in later if stage.strip()]
    # Where no pipe leads, the search command is implied.
    return from_list((["search"] if first.strip() else []) + names)


@eval_function("mvappend", arguments=(1, None))
def mvappend(*values: EvalValue) -> EvalValue:
    """`mvappend(<values>)`: all values in a row, nulls left out."""
    return from_list([str(one) for value in values for one in as_list(value)])


@eval_function("mvcount", arguments=1)
def mvcount(value: EvalValue) -> EvalValue:
    """`mvcount(<mv>)`: how many values there are; null for none."""
    return len(as_list(value)) or None


@eval_function("mvdedup", arguments=1)
def mvdedup(value: EvalValue) -> EvalValue:
    """`mvdedup(<mv>)`: the first of equal values stays."""
    return from_list(list(dict.fromkeys(as_list(value))))


@eval_function("mvfilter", arguments=1, form=True)
def mvfilter(
    _: Environment, expressions: Sequence[EvalExpression], arguments: Sequence[Compiled]
) -> Compiled:
    """`mvfilter(<predicate>)`: the values of its one field for which the predicate is true."""
    field = _only_field("mvfilter", expressions[0])
    predicate = arguments[0]

    def run(row: Row) -> EvalValue:
        values = as_list(row.get(field))
        return from_list(
            [value for value in values if is_true(predicate(_with(row, field, value)))]
        )

    return run


@eval_function("mvfind", arguments=2, timed=True, verify=constant_pattern(1))
def mvfind(limit: TimeLimit, value: EvalValue, pattern: EvalValue) -> EvalValue:
    """`mvfind(<mv>, <regex>)`: the index of the first value that matches, or null."""
    wanted = one_text(pattern)
    if wanted is None:
        return None
    compiled = compile_pattern(wanted)
    for index, text in enumerate(as_list(value)):
        if compiled.search(text, timeout=limit.of(compiled)):
            return index
    return None


@eval_function("mvindex", arguments=(2, 3))
def mvindex(value: EvalValue, *limits: EvalValue) -> EvalValue:
    """`mvindex(<mv>, <start>, <end>)`: from 0, negative from the end, the end included.

    Null where the start is out of range; an end beyond the last value is the last (not documented).
    """
    values = as_list(value)
    indexes = [_index(limit, len(values)) for limit in limits]
    start, end = indexes[0], indexes[-1]
    if start is None or end is None or not 0 <= start <= end or start >= len(values):
        return None
    return from_list(values[start : end + 1])


def _index(value: EvalValue, length: int) -> int | None:
    number = as_number(value)
    if number is None or math.isnan(number):
        return None
    index = int(max(-_MAX_INDEX, min(_MAX_INDEX, number)))
    return index + length if index < 0 else index


@eval_function("mvjoin", arguments=2)
def mvjoin(value: EvalValue, delimiter: EvalValue) -> EvalValue:
    """`mvjoin(<mv>, <delim>)`: all values in one text."""
    between = one_text(delimiter)
    return None if value is None or between is None else between.join(as_list(value))


@eval_function("mvmap", arguments=2, form=True)
def mvmap(
    _: Environment, expressions: Sequence[EvalExpression], arguments: Sequence[Compiled]
) -> Compiled:
    """`mvmap(<mv>, <expression>)`: the expression for each value; nulls are left out.

    In the expression the field that `<mv>` names, or uses, is the single value.
    """
    field = _only_field("mvmap", expressions[0])
    multivalue, expression = arguments

    def run(row: Row) -> EvalValue:
        results = [expression(_with(row, field, value)) for value in as_list(multivalue(row))]
        return from_list([str(text) for result in results for text in as_list(result)])

    return run


def _only_field(function: str, expression: EvalExpression) -> str:
    fields = {part.name for part in walk(expression) if isinstance(part, Field)}
    if len(fields) != 1:
        found = ", ".join(sorted(fields)) or "none"
        raise SplSyntaxError(f"{function}() works on one field at a time, found {found}")
    return fields.pop()


def _with(row: Row, field: str, value: str) -> Row:
    return ChainMap({field: value}, row)


@eval_function("mvrange", arguments=(2, 3), needs_environment=True)
def mvrange(
    environment: Environment, start: EvalValue, end: EvalValue, step: EvalValue = 1
) -> EvalValue:
    """`mvrange(<start>, <end>, <step>)`: the end is left out; a step may be a span such as "7d".

    Spans of days and more follow the calendar of the user's time zone. Raises SplError for more
    than 1,000,000 values.
    """
    first, limit, size = as_number(start), as_number(end), as_number(step)
    if first is None or limit is None or not math.isfinite(first) or not math.isfinite(limit):
        return None
    if size is not None:
        return _range(first, limit, size)
    span = one_text(step)
    if span is None:
        return None
    parse_modifier(span)
    try:
        return _collect(first, lambda time: shift(span, time, environment.timezone), limit)
    except ValueError:
        return None


def _range(first: Number, limit: Number, size: Number) -> EvalValue:
    if not size or not math.isfinite(size) or not math.isfinite(limit - first):
        return None
    count = math.ceil((limit - first) / size)
    if count > _MAX_RANGE:
        raise SplError(f"mvrange() makes at most {_MAX_RANGE:,} values")
    return from_list([as_text(first + index * size) or "" for index in range(count)])


def _collect(first: Number, following: Callable[[float], float], limit: Number) -> EvalValue:
    values: list[str] = []
    time: float = first
    while time < limit:
        values.append(as_text(time) or "")
        if len(values) > _MAX_RANGE:
            raise SplError(f"mvrange() makes at most {_MAX_RANGE:,} values")
        before, time = time, following(time)
        if time <= before:
            return None
    return from_list(values)


@eval_function("mvreverse", arguments=1)
def mvreverse(value: EvalValue) -> EvalValue:
    """`mvreverse(<value>)`: the last value first."""
    return from_list(as_list(value)[::-1])


@eval_function("mvsort", arguments=1)
def mvsort(value: EvalValue) -> EvalValue:
    """`mvsort(<mv>)`: in lexicographic order."""
    return from_list(sorted(as_list(value)))


@eval_function("mvzip", arguments=(2, 3))
def mvzip(left: EvalValue, right: EvalValue, delimiter: EvalValue = ",") -> EvalValue:
    """`mvzip(<mv_left>, <mv_right>, <delim>)`: first with first and so on, as long as both last."""
    between = one_text(delimiter)
    if between is None:
        return None
    pairs = zip(as_list(left), as_list(right), strict=False)
    return from_list([f"{one}{between}{other}" for one, other in pairs])


@eval_function("split", arguments=2)
def split(value: EvalValue, delimiter: EvalValue) -> EvalValue:
    """`split(<str>, <delim>)`: a multivalue; an empty delimiter splits into characters."""
    text, between = one_text(value), one_text(delimiter)
    if text is None or between is None:
        return None
    return from_list(text.split(between) if between else list(text))
