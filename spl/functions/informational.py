"""Informational functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/informational-functions
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spl.fields import has_field
from spl.functions.json_functions import read_json
from spl.functions.registry import (
    Compiled,
    Environment,
    EvalValue,
    JsonBoolean,
    as_number,
    eval_function,
)
from spl.lang.eval_expression import EvalExpression, Field
from spl.values import Row


@eval_function("isnull", arguments=1, boolean=True, form=True)
def isnull(_: Environment, given: Sequence[EvalExpression], values: Sequence[Compiled]) -> Compiled:
    """`isnull(<value>)`."""
    there = _is_there(given[0], values[0])
    return lambda row: not there(row)


@eval_function("isnotnull", arguments=1, boolean=True, form=True)
def isnotnull(
    _: Environment, given: Sequence[EvalExpression], values: Sequence[Compiled]
) -> Compiled:
    """`isnotnull(<value>)`."""
    return _is_there(given[0], values[0])


def _is_there(expression: EvalExpression, value: Compiled) -> Callable[[Row], bool]:
    if isinstance(expression, Field):
        return lambda row: has_field(row, expression.name)
    return lambda row: value(row) is not None


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
    """`isint(<value>)`: true for a number without decimal point, and for a field that is one."""
    return isinstance(as_number(value), int)


@eval_function("isdouble", arguments=1, boolean=True)
def isdouble(value: EvalValue) -> EvalValue:
    """`isdouble(<value>)`: true for a number with a decimal point, and for a field that is one."""
    return isinstance(as_number(value), float)


@eval_function("isstr", arguments=1, boolean=True)
def isstr(value: EvalValue) -> EvalValue:
    """`isstr(<value>)`: true for text that is no number."""
    return _type(value) == "String"


@eval_function("isbool", arguments=1, boolean=True)
def isbool(value: EvalValue) -> EvalValue:
    """`isbool(<value>)`: true for a Boolean, which no field can hold."""
    return _type(value) == "Bool"


@eval_function("isarray", arguments=1, boolean=True)
def isarray(value: EvalValue) -> EvalValue:
    """`isarray(<value>)`: true for the text of a JSON array."""
    return isinstance(read_json(value), list)


@eval_function("isobject", arguments=1, boolean=True)
def isobject(value: EvalValue) -> EvalValue:
    """`isobject(<value>)`: true for the text of a JSON object."""
    return isinstance(read_json(value), dict)


@eval_function("typeof", arguments=1)
def typeof(value: EvalValue) -> EvalValue:
    """`typeof(<value>)`: Number, String, Bool, or Invalid for null.

    Multivalue is not documented.
    """
    return _type(value)


def _type(value: EvalValue) -> str:
    if value is None:
        return "Invalid"
    if isinstance(value, (bool, JsonBoolean)):
        return "Bool"
    if isinstance(value, list):
        return "Multivalue"
    return "String" if as_number(value) is None else "Number"
