"""Informational functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/informational-functions
"""

from __future__ import annotations

from spl.functions.registry import EvalValue, as_number, eval_function


@eval_function("isnull", arguments=1, boolean=True)
def isnull(value: EvalValue) -> EvalValue:
    """`isnull(<value>)`."""
    return value is None


@eval_function("isnotnull", arguments=1, boolean=True)
def isnotnull(value: EvalValue) -> EvalValue:
    """`isnotnull(<value>)`."""
    return value is not None


@eval_function("ismv", arguments=1, boolean=True)
def ismv(value: EvalValue) -> EvalValue:
    """`ismv(<value>)`: true for more than one value."""
    return isinstance(value, list)


@eval_function("isnum", arguments=1, boolean=True)
def isnum(value: EvalValue) -> EvalValue:
    """`isnum(<value>)`: true for a number, and for a field whose text is one."""
    return as_number(value) is not None


@eval_function("isint", arguments=1, boolean=True)
def isint(value: EvalValue) -> EvalValue:
    """`isint(<value>)`: true for a whole number, and for a field whose text is one."""
    return isinstance(as_number(value), int)


@eval_function("isstr", arguments=1, boolean=True)
def isstr(value: EvalValue) -> EvalValue:
    """`isstr(<value>)`: true for text that is no number."""
    return isinstance(value, str) and as_number(value) is None


@eval_function("isbool", arguments=1, boolean=True)
def isbool(value: EvalValue) -> EvalValue:
    """`isbool(<value>)`: true for a Boolean, which no field can hold."""
    return isinstance(value, bool)


@eval_function("typeof", arguments=1)
def typeof(value: EvalValue) -> EvalValue:
    """`typeof(<value>)`: Number, String, Boolean, Multivalue, or Invalid for null."""
    if value is None:
        return "Invalid"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, list):
        return "Multivalue"
    return "String" if as_number(value) is None else "Number"
