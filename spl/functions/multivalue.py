"""Multivalue functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/multivalue-eval-functions
"""

from __future__ import annotations

from spl.functions.registry import (
    EvalValue,
    as_list,
    as_number,
    as_text,
    eval_function,
    from_list,
)
from spl.pcre import compile_pattern, constant_pattern


@eval_function("mvcount", arguments=1)
def mvcount(value: EvalValue) -> EvalValue:
    """`mvcount(<mv>)`: how many values there are; null for none."""
    return len(as_list(value)) or None


@eval_function("mvappend", arguments=(1, None))
def mvappend(*values: EvalValue) -> EvalValue:
    """`mvappend(<values>)`: all values in a row, nulls left out."""
    return from_list([one for value in values for one in as_list(value)])


@eval_function("mvindex", arguments=(2, 3))
def mvindex(value: EvalValue, start: EvalValue, end: EvalValue = None) -> EvalValue:
    """`mvindex(<mv>, <start>, <end>)`: from 0, negative from the end, the end included."""
    values = as_list(value)
    first = as_number(start)
    last = first if end is None else as_number(end)
    if not values or first is None or last is None or first != first or last != last:
        return None
    low, high = (int(max(-1e9, min(1e9, limit))) for limit in (first, last))
    low, high = (limit + len(values) if limit < 0 else limit for limit in (low, high))
    if low < 0 or low >= len(values) or high < low:
        return None
    return from_list(values[low : high + 1])


@eval_function("mvjoin", arguments=2)
def mvjoin(value: EvalValue, delimiter: EvalValue) -> EvalValue:
    """`mvjoin(<mv>, <delimiter>)`."""
    by = as_text(delimiter)
    return None if value is None or by is None else by.join(as_list(value))


@eval_function("mvdedup", arguments=1)
def mvdedup(value: EvalValue) -> EvalValue:
    """`mvdedup(<mv>)`: the first of equal values stays."""
    return from_list(list(dict.fromkeys(as_list(value))))


@eval_function("mvsort", arguments=1)
def mvsort(value: EvalValue) -> EvalValue:
    """`mvsort(<mv>)`: in lexicographic order."""
    return from_list(sorted(as_list(value)))


@eval_function("mvfind", arguments=2, verify=constant_pattern(1))
def mvfind(value: EvalValue, pattern: EvalValue) -> EvalValue:
    """`mvfind(<mv>, <regex>)`: the index of the first value that matches, or null."""
    wanted = as_text(pattern)
    if wanted is None:
        return None
    compiled = compile_pattern(wanted)
    found = (index for index, text in enumerate(as_list(value)) if compiled.search(text))
    return next(found, None)
